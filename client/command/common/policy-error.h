/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * An error in a policy, for a person to read.
 */
#ifndef VMGRANT_CLIENT_COMMAND_COMMON_POLICY_ERROR_H
#define VMGRANT_CLIENT_COMMAND_COMMON_POLICY_ERROR_H

#include "judge/policy/acl.h"

/*
 * "FILE: line L, column C: WORD: MESSAGE", and behind it the word that was probably meant,
 * where the message lists those that there are. For the caller to free.
 */
char *policy_error_text(const struct acl_error *error);

#endif
