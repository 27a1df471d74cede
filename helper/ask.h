/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The asker: a program of its own that puts one question to polkit.
 *
 * The helper starts it and tells how it ended; what is asked and answered passes
 * between judge and asker alone. It has the service account's ids, no capability, and
 * an exact environment, and ends with the helper.
 */
#ifndef VMGRANT_HELPER_ASK_H
#define VMGRANT_HELPER_ASK_H

#include "helper/account.h"
#include "helper/peer.h"
#include "wire/orders/orders.h"
#include "wire/process/child.h"
#include "wire/process/fd-pass.h"

/*
 * Start one, about the peer if it has a pidfd, else about this process, whose real uid is
 * the caller's.
 *
 * files_out  for the judge, and the caller's to close: its end of a SOCK_STREAM socketpair, whose
 *            other end is the asker's standard input and output; and /proc/PID/stat of the subject
 *
 * Returns 0 or -errno: -EALREADY while another one runs.
 */
int ask_start(struct child *asker, const struct account *account, const struct peer *peer,
	      struct answer_ask *answer_out, struct fd_list *files_out);

/*
 * Wait for its end until end_ms by clock_now_ms(), then kill it. Returns its exit status, -1 if it
 * did not end by itself in time, or -2 if a signal ended it.
 */
int ask_finish(struct child *asker, long long end_ms);

#endif
