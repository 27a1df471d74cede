/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What vmgrant log knows of a record in the journal. Its words are those of whoever wrote it, which
 * anybody can: none is a terminal's until it is cleaned.
 */
#ifndef VMGRANT_CLIENT_COMMAND_LOG_LOG_H
#define VMGRANT_CLIENT_COMMAND_LOG_LOG_H

#include <stddef.h>
#include <sys/types.h>

enum log_held {
	LOG_GONE = 0,
	LOG_HELD,
	LOG_UNKNOWN, /* it takes root to see */
};

struct log_record {
	long long time_us; /* since 1970 */
	long long uid, pid, code;
	int is_grant;
	int is_signed; /* journald says that the helper wrote it */
	/* Cleaned, "" where there is nothing. */
	char *action, *given, *user, *object, *device, *rule, *why;
	enum log_held held; /* of a grant */
};

struct log {
	struct log_record *records; /* oldest first */
	size_t count;
};

/* Read what journalctl has. since: a time in its words, or NULL. Returns an exit status. */
int log_read(struct log *log_out, const char *since);

/* Fill in what of it is still held. */
void log_find_held(struct log *log);

void log_release(struct log *log);

#endif
