/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * PCI devices by VFIO: the parts of the kind's row.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_VFIO_VFIO_H
#define VMGRANT_CLIENT_COMMAND_KIND_VFIO_VFIO_H

#include "client/command/check/check.h"
#include "client/command/list/list.h"
#include "client/command/run/run.h"
#include "judge/policy/acl.h"

extern const struct run_kind run_vfio;

int list_vfio(struct list *list);
void check_vfio(struct check *check);

/* explain-vfio.c: as struct command_kind says. */
char *explain_vfio_complete(const char *object);
void *explain_vfio_look(struct acl_object *object, const struct acl *acl);

#endif
