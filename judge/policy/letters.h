/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Letters of people's names beyond ASCII: which bytes are one that can be seen. Pure.
 */
#ifndef VMGRANT_JUDGE_POLICY_LETTERS_H
#define VMGRANT_JUDGE_POLICY_LETTERS_H

#include <stddef.h>

/*
 * How many bytes the UTF-8 character has that a text begins with: 2 to 4. 0 if it is
 * not well-formed UTF-8, not the shortest form, ASCII, or a character that is not seen
 * for what it is: a control or formatting character, a space, one that changes the
 * direction of the text, a surrogate, or none at all.
 */
size_t acl_letter_length(const char *text, size_t length);

#endif
