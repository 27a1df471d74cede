/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Disks: the parts of the kind's row.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_DISK_DISK_H
#define VMGRANT_CLIENT_COMMAND_KIND_DISK_DISK_H

#include "client/command/attach/attach.h"
#include "client/command/check/check.h"
#include "client/command/list/list.h"
#include "client/command/run/run.h"
#include "judge/policy/acl.h"

extern const struct run_kind run_disk;
extern const struct attach_kind attach_disk;

int list_disks(struct list *list);
void check_disk(struct check *check);

/* explain-disk.c: as struct command_kind says. */
void *explain_disk_look(struct acl_object *object, const struct acl *acl);
void explain_disk_forget(void *memory);

#endif
