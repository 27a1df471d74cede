/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* May the caller have the disk that a request names? Needs no privilege. */
#ifndef VMGRANT_JUDGE_KIND_DISK_JUDGE_H
#define VMGRANT_JUDGE_KIND_DISK_JUDGE_H

#include "judge/kind/kind.h"

/* Judge it by the ACL and by what it is: matter->disk has been looked for. */
enum reply_code disk_judge(struct matter *matter, struct refusal *why);

/* That nothing this process sees uses it, loop devices among them. */
enum reply_code disk_check_unused(const struct matter *matter, struct refusal *why);

#endif
