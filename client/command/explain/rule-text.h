/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The line of a rule as it stands in its file: in memory it was parsed to pieces.
 */
#ifndef VMGRANT_CLIENT_COMMAND_EXPLAIN_RULE_TEXT_H
#define VMGRANT_CLIENT_COMMAND_EXPLAIN_RULE_TEXT_H

#include "judge/policy/acl.h"

#define RULE_TEXT_SIZE (2u * ACL_LINE_MAX)

/* Read it again, escaped. Returns 0, or -1 with text "" if the file has changed or is closed. */
int rule_text(const struct acl_rule *rule, char text[RULE_TEXT_SIZE]);

#endif
