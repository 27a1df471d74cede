/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A path that still leads there from another working folder.
 */
#ifndef VMGRANT_CLIENT_COMMAND_COMMON_WHOLE_PATH_H
#define VMGRANT_CLIENT_COMMAND_COMMON_WHOLE_PATH_H

/* "disk.img" as "/home/alice/disk.img", to be freed. Links and ".." stay as they are. */
char *whole_path(const char *path);

#endif
