/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What vmgrant-helper and vmgrant-authorize agree on. Pure.
 *
 * The asker is started without arguments. While it connects to polkit, whoever started
 * it finds out what to ask; then the question is written to the asker's standard
 * input, whole and once, in lines of this order, each ended by a newline:
 *
 *     vmgrant-authorize 1: question
 *     action=org.vmgrant.tap
 *     pid=1234                       the subject, as the asker's own /proc shows it
 *     start-time=567890              field 22 of /proc/PID/stat
 *     uid=1000                       the subject's real uid
 *     interactive=no                 or yes: polkit may ask the person
 *     pidfd=no                       or yes: the asker's descriptor 3 leads to the subject
 *     detail=bridge=br0              none to eight of them, KEY=VALUE
 *     end
 *
 * Values are printable ASCII, numbers decimal without leading zeros. Behind the last
 * line nothing follows. Whatever is not this is no question, and gets no answer.
 *
 * Yes is the token on standard output, nothing else there, and exit status 0.
 * No is any other ending; the exit statuses below only choose the sentence, and
 * what stands on standard output then is polkit's own word on it.
 */
#ifndef VMGRANT_WIRE_ASKER_ASKER_H
#define VMGRANT_WIRE_ASKER_ASKER_H

#include <stddef.h>
#include <stdint.h>

#define ASKER_TOKEN "vmgrant-authorize 1: authorised\n"

#define ASKER_TEXT_MAX 200 /* bytes of polkit's own word */

#define ASKER_ACTION_SIZE 64
#define ASKER_DETAILS_MAX 8
#define ASKER_DETAIL_SIZE 192
/* Bytes of a whole question; it fits into an empty pipe. */
#define ASKER_QUESTION_MAX 2048
/* The subject's pidfd in the asker. */
#define ASKER_PIDFD 3

/*
 * How long the asker waits for polkit; the helper ends it soon after. Rules may run
 * programs and look up directories; QEMU's guest stands still meanwhile.
 */
#define ASKER_ANSWER_TIMEOUT_S 14
/* A dialog, a password, a second try. */
#define ASKER_PROMPT_TIMEOUT_S (5 * 60)
/* From its start until it has the whole question; longer than a request may take. */
#define ASKER_QUESTION_TIMEOUT_S 60

enum asker_status {
	ASKER_AUTHORISED = 0,
	ASKER_DENIED = 10,        /* polkit said no */
	ASKER_CHALLENGE = 11,     /* polkit wants somebody to authenticate */
	ASKER_DISMISSED = 12,     /* the dialog was closed */
	ASKER_NO_POLKIT = 13,     /* no system bus, or no polkit on it */
	ASKER_NO_ACTION = 14,     /* polkit does not know the action */
	ASKER_NOT_OWNER = 15,     /* polkit does not let the account ask */
	ASKER_POLKIT_ERROR = 16,  /* any other error of polkit's */
	ASKER_USAGE = 17,         /* called with wrong arguments, or without a question */
};

enum asker_interaction {
	ASKER_MUST_NOT_PROMPT = 0,
	ASKER_MAY_PROMPT = 1,
};

enum asker_subject {
	ASKER_SUBJECT_BY_PID = 0,   /* pid and start time name the process */
	ASKER_SUBJECT_BY_PIDFD = 1, /* ASKER_PIDFD does, for a polkit that can take it */
};

struct asker_question {
	char action[ASKER_ACTION_SIZE];
	uint32_t pid; /* 1 to INT32_MAX */
	uint64_t start_time; /* 1 to INT64_MAX */
	uint32_t uid; /* not UINT32_MAX */
	enum asker_interaction interaction;
	enum asker_subject subject;
	char details[ASKER_DETAILS_MAX][ASKER_DETAIL_SIZE]; /* "KEY=VALUE", KEY not empty */
	size_t detail_count;
};

/*
 * Write a question as text. size is ASKER_QUESTION_MAX at least, which is always
 * enough. Returns the length, without an end by NUL; 0 if a field is not what it may be.
 */
size_t asker_encode_question(const struct asker_question *question, char *text, size_t size);

/* Read one. Returns 0; -1 if the bytes are anything but one whole question. */
int asker_decode_question(const char *text, size_t length, struct asker_question *question_out);

#endif
