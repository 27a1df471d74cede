/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A connection profile of NetworkManager, as nmcli --terse --escape no prints it: a line
 * NAME:VALUE for each property, in words that no language changes. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_NM_PROFILE_H
#define VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_NM_PROFILE_H

#include "client/text/text.h"

/* The value of a property, to be freed; NULL: it is not there, or empty. */
char *nm_profile_value(const char *text, const char *name);

/* 1 if the profile has anything of that setting, such as "802-1x". */
int nm_profile_has(const char *text, const char *setting);

/*
 * The first property that is not as in every new profile, and whose name begins with none of
 * those known, ended by NULL: to be freed; NULL: there is none.
 */
char *nm_profile_other(const char *text, const char *const known[]);

/*
 * Add NAME VALUE, as nmcli takes them, for each property whose name begins with one of those
 * wanted, ended by NULL, and that is not as in every new profile.
 */
void nm_profile_carry(struct words *words, const char *text, const char *const wanted[]);

#endif
