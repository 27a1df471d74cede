/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The process that makes network namespaces for sealed ports where user namespaces are forbidden.
 *
 * A network namespace without a user namespace of its own takes CAP_SYS_ADMIN, which is nearly
 * root. So the helper does not keep it: before its privileges shrink it forks this process, which
 * has that and CAP_NET_ADMIN permitted, all ids the account's, and a seccomp filter
 * (maker-calls.txt) that leaves of CAP_SYS_ADMIN the one call. What comes to it are orders of
 * the helper's, eight bytes and a socket each; for each it forks a builder (inside/builder.h),
 * which drops CAP_SYS_ADMIN as soon as it has its namespace.
 *
 * Such a namespace belongs to the initial user namespace: nobody but root can enter or change it.
 */
#ifndef VMGRANT_HELPER_PORT_MAKER_H
#define VMGRANT_HELPER_PORT_MAKER_H

#include <sys/types.h>

#include "helper/account.h"
#include "wire/orders/orders.h"

struct maker {
	pid_t child; /* 0: none */
	int channel; /* to it, -1: none */
};

/*
 * 1 if a sysctl forbids user namespaces to this process: user.max_user_namespaces,
 * kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns.
 */
int maker_is_needed(void);

/*
 * Fork it, in phase 0 and before there is a second thread. Without CAP_SYS_ADMIN there is none,
 * and ports fail as if none were needed. Returns 0 or a negative errno.
 */
int maker_start(const struct account *account, struct maker *maker_out);

/* Let it start a builder for that order, on this end of a socket. Returns 0 or a negative errno. */
int maker_order(const struct maker *maker, const struct order_port *order, int channel);

/* What that process does first: go behind its filter, for good. 0, or -1 with errno. */
int maker_enter_filter(void);

/* End it, for good. Ports that are being built go with their channel. */
void maker_stop(struct maker *maker);

#endif
