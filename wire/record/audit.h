/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What goes into the kernel's audit log: AUDIT_VIRT_RESOURCE, in the words that libvirt uses,
 * so that ausearch and auvirt understand it.
 *
 * Helper and judge send events of a fixed size to the process that may write there
 * (helper/auditor.h). Like every record it never waits and never changes an answer.
 */
#ifndef VMGRANT_WIRE_RECORD_AUDIT_H
#define VMGRANT_WIRE_RECORD_AUDIT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/record/record.h"

#define AUDIT_ACTION_SIZE 32u
#define AUDIT_MAC_SIZE 18u
#define AUDIT_USER_SIZE 64u
#define AUDIT_WORDS_SIZE 160u

/* Every byte written as two, and the words of the form. */
#define AUDIT_TEXT_SIZE 2048u

/* Strings are printable ASCII and filled with NUL, "" where there is nothing to say. */
struct audit_event {
	uint32_t code; /* enum reply_code */
	char action[AUDIT_ACTION_SIZE];
	char mac[AUDIT_MAC_SIZE];      /* the only address that the port passes */
	char given[AUDIT_WORDS_SIZE];  /* what was opened or made */
	char user[AUDIT_USER_SIZE];
	char object[AUDIT_WORDS_SIZE]; /* what the request named: a word for its kind, and the name */
};

/*
 * Send the event of this record. audit_fd is borrowed; -1 where nobody may write audit
 * records. A queue that is full loses it.
 */
void audit_send(int audit_fd, const struct record *record, const char *mac);

/* 1 if it is an event: length, ends of strings, code. */
int audit_check(const struct audit_event *event, size_t length);

/*
 * The message. uid is who asked, by the kernel's number. Values that somebody chose are
 * written as libaudit's audit_encode_nv_string() does, or in hexadecimal: no byte of theirs
 * looks like another field, or like the end of the message. Pure.
 *
 * Returns the length.
 */
size_t audit_format(const struct audit_event *event, uid_t uid, char text_out[AUDIT_TEXT_SIZE]);

#endif
