/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * One record in the system's log for each grant and each refusal.
 *
 * Goes to the journal with fields, to syslog where there is no journal, and
 * nowhere where there is neither. Never waits, and what a log does never changes the
 * answer. What the writer knows comes first; words that somebody else chose come
 * last and in quotes, so that none of them looks like another field.
 *
 * The helper records what it gave, the judge what it refused.
 */
#ifndef VMGRANT_WIRE_RECORD_RECORD_H
#define VMGRANT_WIRE_RECORD_RECORD_H

#include <sys/types.h>

#include "wire/refusal/refusal.h"

struct record {
	enum reply_code code; /* REPLY_GRANTED makes it the record of a grant */
	uid_t uid;            /* who asked */
	pid_t pid;            /* who started the helper */
	const char *action;   /* polkit's name for it: "org.vmgrant.tap", or "none" */
	const char *given;    /* what was opened or made, NULL if nothing was */

	/* Words of others: any bytes. NULL or "" where there is nothing to say. */
	const char *user, *object, *device, *rule, *sentence;
};

/*
 * Make the socket before anything is judged: a caller who allows this process too few
 * descriptors must not get something without a record. Returns an fd or -errno.
 */
int record_open(void);

/* log_fd is replaced when it has no room left. */
void record_send(int *log_fd, const struct record *record);

#endif
