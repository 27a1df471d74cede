/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Untrusted bytes made fit for a terminal, a log or a dialog. Pure.
 */
#ifndef VMGRANT_WIRE_REFUSAL_ESCAPE_H
#define VMGRANT_WIRE_REFUSAL_ESCAPE_H

#include <stddef.h>

/*
 * Copy bytes to text so that only printable ASCII remains: everything else and
 * the backslash become \xHH. What does not fit is cut at a whole character and
 * "..." says so. text is always ended by NUL; size is at least 8.
 * Returns text.
 */
char *escape_bytes(char *text, size_t size, const char *bytes, size_t length);

/* The same for a string. NULL gives "". */
char *escape_string(char *text, size_t size, const char *string);

/*
 * The same for a text whose parts may be escaped already: the backslash stays,
 * so that nothing is escaped twice.
 */
char *escape_sentence(char *text, size_t size, const char *sentence);

#endif
