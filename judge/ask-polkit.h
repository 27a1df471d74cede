/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The question to polkit, put by the separate program vmgrant-authorize.
 *
 * D-Bus stays out of the setuid program: the helper starts the asker with the
 * service account's uids, no capability, and an exact environment.
 * The account owns the actions (org.freedesktop.policykit.owner), which lets it
 * ask about other people and pass details.
 */
#ifndef VMGRANT_JUDGE_ASK_POLKIT_H
#define VMGRANT_JUDGE_ASK_POLKIT_H

#include "judge/caller.h"
#include "judge/orders.h"
#include "judge/request.h"
#include "wire/refusal/refusal.h"

#define POLKIT_DETAILS_MAX 8
#define POLKIT_DETAIL_SIZE 192

struct polkit_question {
	const char *action;      /* "org.vmgrant.tap" */
	const char *object; /* for sentences: "bridge br0" */
	/* Details for rules and dialogs, "KEY=VALUE" in printable ASCII. */
	char details[POLKIT_DETAILS_MAX][POLKIT_DETAIL_SIZE];
	size_t detail_count;
	enum request_interaction interaction;
	const struct caller *caller;
};

/* Add a detail; key is a word of ours, value is escaped and, at some length, cut with "...". */
void polkit_question_add(struct polkit_question *question, const char *key, const char *value);

/*
 * Ask; the subject is the helper with the caller's uid, which the kernel
 * vouches for. Waits a bounded time: seconds, or minutes if polkit may ask the
 * person.
 *
 * Granted only if the asker wrote exactly its token and left with 0. Everything
 * else is a refusal with the reason in it.
 */
enum reply_code ask_polkit(const struct polkit_question *question, struct orders *orders,
			   struct refusal *why);

#endif
