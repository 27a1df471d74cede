/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Why the setuid bit gave no power.
 */
#ifndef VMGRANT_JUDGE_POWERLESS_H
#define VMGRANT_JUDGE_POWERLESS_H

#include "wire/refusal/refusal.h"

/* One of the usual reasons: no_new_privs, a user namespace, a nosuid mount, a file mode. */
enum reply_code refuse_powerless(struct refusal *why);

#endif
