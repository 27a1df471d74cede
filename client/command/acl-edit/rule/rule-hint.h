/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What somebody probably meant whose words make no rule.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_RULE_RULE_HINT_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_RULE_RULE_HINT_H

#include "judge/policy/acl.h"

/*
 * The error as a sentence, with the word that is missing where it is plain: "user" before
 * a user's name, the kind before a bridge's. For the caller to free.
 *
 * text  the line, "allow br0 user alice"
 */
char *rule_hint(const char *text, const struct acl_error *error);

#endif
