/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The language that the command speaks. Only the command has one: the helper, its judge, the
 * asker, the service and the library are English and load nothing.
 */
#ifndef VMGRANT_CLIENT_TEXT_LANGUAGE_H
#define VMGRANT_CLIENT_TEXT_LANGUAGE_H

#include <stddef.h>

/*
 * That of the environment, if there is a catalog for it, else English. Numbers and times
 * stay those of C. What a closed root folder would keep away is loaded here.
 */
void language_choose(void);

/*
 * English from here on, system errors and programs that are started too: what follows is for
 * programs.
 */
void language_stay_english(void);

/* How many columns of a terminal so many bytes take: those that are no text, one each. */
size_t language_columns(const char *text, size_t length);

/*
 * The width for printf's %-*s under which text takes so many columns on a terminal: printf
 * counts bytes.
 */
int language_field(const char *text, int columns);

/*
 * text_clean() for a line that may be of a catalog: its letters stay. Control characters,
 * broken bytes and what is not seen (marks of direction, for one) become '?' as ever.
 */
void language_clean(char *line);

/* Print the lines of text, so cleaned and with blanks for tabs, on standard output. */
void language_print_lines(const char *text);

#endif
