/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What the name of a disk means that vmgrant explain is about. */
#ifndef VMGRANT_CLIENT_COMMAND_EXPLAIN_EXPLAIN_DISK_H
#define VMGRANT_CLIENT_COMMAND_EXPLAIN_EXPLAIN_DISK_H

#include "judge/kind/disk/named.h"

/*
 * Let the object, if it is a disk that is there, have the names by which the rules of this
 * policy mean it; else it has the one that was given. named: to be released.
 */
void explain_disk_find(struct acl_object *object, const struct acl *acl, struct disk_named *named);

#endif
