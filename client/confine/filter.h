/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * System calls that no program which is shut in needs, and QEMU does not make.
 */
#ifndef VMGRANT_CLIENT_CONFINE_FILTER_H
#define VMGRANT_CLIENT_CONFINE_FILTER_H

/* What of sockets is left. */
enum confine_sockets {
	CONFINE_SOCKETS_IP = 0, /* and those of the Unix domain */
	CONFINE_SOCKETS_UNIX,   /* alone: there is no network namespace to keep the rest in */
};

/* no_new_privs is set. Returns 0 or -1, and has said why. */
int confine_filter_enter(enum confine_sockets sockets);

#endif
