/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What vmgrant-helper and vmgrant-authorize agree on. Pure data.
 *
 * Yes is the token on standard output, nothing else there, and exit status 0.
 * No is any other ending; the exit statuses below only choose the sentence, and
 * what stands on standard output then is polkit's own word on it.
 */
#ifndef VMGRANT_WIRE_ASKER_H
#define VMGRANT_WIRE_ASKER_H

#define ASKER_TOKEN "vmgrant-authorize 1: authorised\n"

#define ASKER_TEXT_MAX 200 /* bytes of polkit's own word */

/*
 * How long the asker waits for polkit; the helper ends it soon after. Rules may run
 * programs and look up directories; QEMU's guest stands still meanwhile.
 */
#define ASKER_ANSWER_TIMEOUT_S 14
/* A dialog, a password, a second try. */
#define ASKER_PROMPT_TIMEOUT_S (5 * 60)

enum asker_status {
	ASKER_AUTHORISED = 0,
	ASKER_DENIED = 10,        /* polkit said no */
	ASKER_CHALLENGE = 11,     /* polkit wants somebody to authenticate */
	ASKER_DISMISSED = 12,     /* the dialog was closed */
	ASKER_NO_POLKIT = 13,     /* no system bus, or no polkit on it */
	ASKER_NO_ACTION = 14,     /* polkit does not know the action */
	ASKER_NOT_OWNER = 15,     /* polkit does not let the account ask */
	ASKER_POLKIT_ERROR = 16,  /* any other error of polkit's */
	ASKER_USAGE = 17,         /* called with wrong arguments */
};

#endif
