/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The person whom a rule names.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_RULE_RULE_PERSON_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_RULE_RULE_PERSON_H

#include "client/command/common/person.h"
#include "judge/policy/acl.h"

/* 1 if the rule names one user who is known. To be released in both cases. */
int rule_person_find(const struct acl_rule *rule, struct person *person);

#endif
