/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One record in the system's log for each grant and each refusal.
 *
 * Goes to the journal with fields, to syslog where there is no journal, and
 * nowhere where there is neither. Never waits, and what a log does never changes the answer.
 */
#ifndef VMGRANT_HELPER_RECORD_H
#define VMGRANT_HELPER_RECORD_H

#include "judge/policy/acl.h"
#include "judge/caller.h"
#include "wire/refusal.h"
#include "judge/request.h"

/* The way to the log: a socket without an address, kept for the records of a connection. */
struct record_log {
	int fd; /* -1: not made yet; the first record makes it then */
};

#define RECORD_LOG_CLOSED \
	{                 \
		-1        \
	}

/*
 * Make the socket before anything is judged: a caller who allows this process too few
 * descriptors must not get something without a record.
 */
enum reply_code record_open(struct record_log *log, struct refusal *why);

/*
 * log      kept open for the next record; the end of the process closes it
 * request  NULL when a connection was refused before anything was asked
 * device   the concrete device in printable ASCII, "": see the request
 * rule     the rule that decided, NULL where none did
 * why      the refusal; its code REPLY_GRANTED makes it the record of a grant
 */
void record_outcome(struct record_log *log, const struct request *request, const char *device,
		    const struct caller *caller, const struct acl_rule *rule,
		    const struct refusal *why);

#endif
