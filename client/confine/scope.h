/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A control group of its own for a program that is shut in: a scope of the person's systemd, as
 * systemd-run --user --scope makes it.
 */
#ifndef VMGRANT_CLIENT_CONFINE_SCOPE_H
#define VMGRANT_CLIENT_CONFINE_SCOPE_H

#include <sys/types.h>

#include "client/confine/confine.h"

/*
 * Put pid, a child that has not been waited for, and all that it will start into a scope. It
 * still has the person's id: systemd moves nobody else's processes for a person.
 *
 * Returns 0, or -1 if the program may not go on without, and has said why.
 */
int confine_scope_enter(const struct confine *confine, pid_t pid);

#endif
