/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A file of ifupdown's, in the language of interfaces(5), with a card's lines as its bridge's.
 * Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_INTERFACES_TEXT_H
#define VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_INTERFACES_TEXT_H

#include "client/command/setup/network/manager.h"

/* How many "iface" lines of that interface there are. */
unsigned interfaces_text_count(const char *text, const char *name);

/* 1 if any line but a comment has that interface as a word, or as the beginning of one: eth0.5 */
int interfaces_text_names(const char *text, const char *name);

/* The next file name or pattern behind "source" or "source-directory", to be freed; NULL: none
 * left. *rest begins as the text. */
char *interfaces_text_source(const char **rest, int *is_directory_out);

/* The lines of a bridge between guests only, to be freed. */
char *interfaces_text_guests(const struct bridge_plan *plan);

/*
 * The whole text, in which the card's addresses are the bridge's, to be freed. NULL and a reason
 * if something in it cannot be carried over.
 */
char *interfaces_text_move(const char *text, const struct bridge_plan *plan, const char **why_out);

#endif
