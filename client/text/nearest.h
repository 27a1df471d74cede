/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The word that somebody probably meant.
 */
#ifndef VMGRANT_CLIENT_TEXT_NEAREST_H
#define VMGRANT_CLIENT_TEXT_NEAREST_H

#include <stddef.h>

/*
 * The candidate that takes the fewest typing errors (a letter missing, added, wrong, or
 * two swapped) to become word, or NULL if none is near. Upper and lower case are the same.
 */
const char *nearest_word(const char *word, const char *const candidates[], size_t count);

#endif
