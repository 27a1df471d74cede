/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Whether two paths lead to one file.
 */
#ifndef VMGRANT_CLIENT_TEXT_SAME_FILE_H
#define VMGRANT_CLIENT_TEXT_SAME_FILE_H

/* 1 if both are there and are the same file, also by links. */
int same_file(const char *one, const char *other);

#endif
