/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Opening a file past folders that a guest may write, in process 1 of the namespaces.
 */
#ifndef VMGRANT_CLIENT_CONFINE_REACH_H
#define VMGRANT_CLIENT_CONFINE_REACH_H

#include "client/confine/confine.h"

/* confine_open() where ids of the host have no number, so that only known folders count. */
int reach_known(const struct confine *confine, const char *path, int flags);

#endif
