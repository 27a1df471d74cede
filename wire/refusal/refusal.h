/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The answer "no": a reply code and one sentence for the person.
 *
 * Every stage of a request returns an enum reply_code. When that is not
 * REPLY_GRANTED, the stage has filled the struct refusal it was given; only
 * the outermost layer writes it anywhere.
 */
#ifndef VMGRANT_WIRE_REFUSAL_REFUSAL_H
#define VMGRANT_WIRE_REFUSAL_REFUSAL_H

#include "wire/refusal/reply.h"

#define REFUSAL_SENTENCE_MAX 512

struct refusal {
	enum reply_code code;
	char sentence[REFUSAL_SENTENCE_MAX]; /* "OBJECT: WHAT: WHY: WHAT TO DO", no newline */
};

/*
 * Fill *why and return code, so that a stage ends with `return refuse(...)`.
 * The sentence is escaped as a whole: no byte of an argument reaches a
 * terminal or a log raw.
 */
enum reply_code refuse(struct refusal *why, enum reply_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * A node that its mode does not close (EPERM, where that gives EACCES) is closed by the control
 * group that a service manager or a container has made.
 *
 * allowed    what DeviceAllow= has to name, the node or a kind of device
 */
enum reply_code refuse_closed_device(struct refusal *why, enum reply_code code, const char *object,
				     const char *path, const char *allowed);

/*
 * The file on which a user's requests take turns cannot be used. A unit with ProtectSystem=strict
 * makes it read-only, and has no other privilege taken away by that.
 *
 * error  errno of opening or locking it
 */
enum reply_code refuse_lock_file(struct refusal *why, const char *object, int error);

/*
 * Say it on stderr, as the program's last word. Never blocks on a stderr that nobody reads,
 * and a reader that has gone does not replace the exit status by a signal.
 */
void refusal_print(const struct refusal *why);

#endif
