/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Reply codes: why a request was granted or refused. Pure data, no privilege.
 *
 * One list serves the exit status of vmgrant-helper, the replies of the wire
 * protocol and the manual. A number is never reused for something else.
 */
#ifndef VMGRANT_WIRE_REFUSAL_REPLY_H
#define VMGRANT_WIRE_REFUSAL_REPLY_H

enum reply_code {
	REPLY_GRANTED = 0,
	REPLY_INTERNAL = 1,          /* the machine failed: memory, kernel, a system call */
	REPLY_USAGE = 2,             /* the command line or the request is wrong */
	REPLY_NO_PRIVILEGE = 3,      /* not setuid root here: no_new_privs, nosuid, namespace */
	REPLY_INSTALLATION = 4,      /* something of the installation is missing or unsafe */
	REPLY_CHANNEL = 5,           /* the socket for the reply is not usable or not the caller's */
	REPLY_POLICY = 6,            /* the ACL cannot be trusted or has an error */
	REPLY_DENIED = 7,            /* no ACL rule allows it, or one forbids it */
	REPLY_POLKIT_DENIED = 8,     /* polkit said no */
	REPLY_POLKIT_CHALLENGE = 9,  /* polkit wants a password and nobody could be asked */
	REPLY_POLKIT_DISMISSED = 10, /* the person closed polkit's dialog */
	REPLY_POLKIT_FAILED = 11,    /* polkit could not be asked or gave no answer in time */
	REPLY_QUOTA = 12,            /* the rule's quota is used up */
	REPLY_OBJECT = 13,           /* allowed, but not there, busy, or not what was named */
	REPLY_UNSUPPORTED = 14,      /* the rule demands what this request cannot have */
};
#define REPLY_LAST REPLY_UNSUPPORTED

#endif
