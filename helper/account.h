/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The service account: who the helper is when it is nobody else.
 */
#ifndef VMGRANT_HELPER_ACCOUNT_H
#define VMGRANT_HELPER_ACCOUNT_H

#include <sys/types.h>

#include "wire/refusal/refusal.h"

struct account {
	uid_t uid;
	gid_t gid;
};

/*
 * Find it in /etc/passwd, or where image-based systems keep system accounts. Not by the
 * name service: its modules would be loaded into a process that holds capabilities.
 * Refuses an account that is root's or the caller's.
 */
enum reply_code account_find(uid_t caller, struct account *account_out, struct refusal *why);

#endif
