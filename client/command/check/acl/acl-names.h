/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a rule names and this machine does not have.
 */
#ifndef VMGRANT_CLIENT_COMMAND_CHECK_ACL_ACL_NAMES_H
#define VMGRANT_CLIENT_COMMAND_CHECK_ACL_ACL_NAMES_H

#include "client/text/text.h"
#include "judge/policy/acl.h"

/*
 * Add "there is no bridge br7: did you mean br0?" and the like, printable. No error:
 * bridges come and go, and a rule may outlive its account. But it is also how a typo looks.
 */
void acl_names_missing(const struct acl_rule *rule, struct words *missing);

#endif
