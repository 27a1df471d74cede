/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The names in a folder, to the last one.
 */
#ifndef VMGRANT_WIRE_PROCESS_DIRECTORY_H
#define VMGRANT_WIRE_PROCESS_DIRECTORY_H

#include <dirent.h>

/*
 * The next name of an open list, without those that begin with a dot. NULL at the end,
 * with errno 0, or with that of an error.
 *
 * readdir() takes ENOENT for the end of a list, and a list that ends early would look
 * like a short one: so at the end the kernel is asked once more.
 */
const char *directory_next(DIR *list);

#endif
