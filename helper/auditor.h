/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The process that writes into the kernel's audit log.
 *
 * That takes CAP_AUDIT_WRITE, and the kernel may let a writer wait for a minute, whom no signal
 * reaches, while nobody reads the log. So neither helper nor judge has that capability: before its
 * privileges shrink the helper forks this process, which has that one permitted and all ids the
 * account's, so that no caller can stop or end it. What comes to it are events of a fixed size
 * (wire/record/audit.h), by one socket from the helper and by another from the judge, from whom it takes
 * refusals alone. Who asked it knows itself. It ends when both are gone and all is written.
 */
#ifndef VMGRANT_HELPER_AUDITOR_H
#define VMGRANT_HELPER_AUDITOR_H

#include <sys/types.h>

#include "helper/account.h"

struct auditor {
	int helper_end; /* to it, -1: there is none */
	int judge_end;  /* for the judge to inherit, and for the helper to close then */
};

/*
 * Fork it, in phase 0 and before there is a second thread. Without CAP_AUDIT_WRITE there is none,
 * and nothing is written. uid is who asked. Returns 0 or a negative errno: who lets too few
 * processes run must not get something without a record.
 */
int auditor_start(const struct account *account, uid_t uid, struct auditor *auditor_out);

#endif
