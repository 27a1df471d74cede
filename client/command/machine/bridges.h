/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The bridges of this network namespace, as sysfs shows them.
 */
#ifndef VMGRANT_CLIENT_COMMAND_MACHINE_BRIDGES_H
#define VMGRANT_CLIENT_COMMAND_MACHINE_BRIDGES_H

#include "client/text/text.h"

/* Their names, sorted. Returns 0 or -errno. */
int bridges_find(struct words *names_out);

/* 1 for one that a container engine made for itself: it has addresses and rules of its own. */
int bridge_is_for_containers(const char *bridge);

#endif
