/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Who asks, and by which rules: the same for all requests of a connection; and the way
 * of one request:
 *
 *   find -> ACL -> polkit -> policy still the same -> quota -> order -> record
 */
#ifndef VMGRANT_JUDGE_SESSION_H
#define VMGRANT_JUDGE_SESSION_H

#include "judge/caller.h"
#include "judge/handover.h"
#include "judge/judge.h"
#include "judge/kind/bridge/links.h"
#include "judge/orders.h"
#include "judge/pace.h"
#include "judge/policy/installed.h"
#include "judge/request.h"
#include "wire/refusal/refusal.h"

struct session {
	struct caller caller;
	struct policy policy;
	struct policy_hidden hidden; /* files of it */
	struct names_memory names; /* of a connection; what a drop-in asks, it asks once */
	struct orders orders;
	struct links links;
	int client; /* the socket of the requests */
	unsigned rights; /* enum order_right: what the helper can raise */
	int is_confined; /* 1: in its sandbox */
	int is_service;  /* 1: its refusals have a pace */
	struct pace pace;
	int log;
	int audit; /* -1: no refusal goes there */
};

/* What the socket of a door has to be. */
enum channel_kind {
	CHANNEL_STREAM = 1, /* drop-in: SOCK_STREAM */
	CHANNEL_MESSAGES,   /* native: SOCK_SEQPACKET */
};

/*
 * From a process just forked to one that may judge requests. Whatever it returns, the
 * session can record.
 */
enum reply_code session_open(const struct judge_start *start, enum channel_kind channel,
			     struct session *session, struct refusal *why);

/*
 * Judge one request and have it performed. A refusal is recorded here, a grant by the
 * helper.
 *
 * handover_out  what the client is told and given with a yes; released by
 *               handover_close()
 */
enum reply_code session_answer(struct session *session, const struct request *request,
			       struct handover *handover_out, struct refusal *why);

/* Record a refusal. request is NULL where none was read. */
void session_record(struct session *session, const struct request *request, const char *device,
		    const struct acl_rule *rule, const struct refusal *why);

#endif
