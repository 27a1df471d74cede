/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Marks of what a person reads, for xgettext and for the catalogs that it fills. What a program
 * reads (JSON, names of options, lines of files, commands) has no mark and is the same in
 * every language. po/POTFILES lists the files with marks.
 */
#ifndef VMGRANT_CLIENT_TEXT_MESSAGE_H
#define VMGRANT_CLIENT_TEXT_MESSAGE_H

/* _(): in the person's language. N_(): for a table; who prints it says _(table[i].text). */
#if ENABLE_NLS
#include <libintl.h>
#define _(text) gettext(text)
#else
#define _(text) (text)
#define ngettext(one, many, number) ((number) == 1 ? (one) : (many))
#endif
#define N_(text) text

#endif
