/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Landlock for a program that is shut in: only the named files.
 */
#ifndef VMGRANT_CLIENT_CONFINE_LANDLOCK_H
#define VMGRANT_CLIENT_CONFINE_LANDLOCK_H

#include "client/confine/confine.h"

/* Whose /proc and /tmp there are. */
enum confine_root {
	CONFINE_ROOT_OF_HOST = 0, /* none of it is the program's */
	CONFINE_ROOT_OWN,
};

/*
 * no_new_privs is set. Returns 0 or -1, and has said why.
 *
 * fds  of the places, -1 for what is not there: what they are open on is allowed, whatever has
 *      their paths by now
 */
int confine_landlock_enter(const struct confine *confine, const int *fds, enum confine_root root);

#endif
