/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A text as words. Pure.
 */
#ifndef VMGRANT_CLIENT_TEXT_SPLIT_H
#define VMGRANT_CLIENT_TEXT_SPLIT_H

#include "client/text/text.h"

/*
 * Split as a shell does: at blanks and line ends; '...', "..." and a backslash keep them; a word
 * that begins with '#' is a comment up to the end of its line. Nothing is expanded: $, `, * and ~
 * stand for themselves.
 *
 * Returns NULL and adds to words, or returns what is wrong and adds nothing.
 */
const char *words_split(struct words *words, const char *text);

#endif
