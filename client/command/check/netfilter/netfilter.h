/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What vmgrant check's looks at packet filters share: check-netfilter.c, check-firewalld.c. */
#ifndef VMGRANT_CLIENT_COMMAND_CHECK_NETFILTER_NETFILTER_H
#define VMGRANT_CLIENT_COMMAND_CHECK_NETFILTER_NETFILTER_H

#include "client/command/check/check.h"
#include "client/command/machine/capture.h"

/* firewalld answers by D-Bus, from Python. */
#define NETFILTER_TIMEOUT_MS 20000

/* Run a program with up to three arguments, NULL for those that it has not. */
void netfilter_run(struct capture *capture, const char *program, const char *first,
		   const char *second, const char *third);

/* 1 if firewalld's daemon runs. */
int netfilter_has_firewalld(const struct check *check);

/* As root, while br_netfilter is on: does the zone of each bridge let through what crosses it? */
void netfilter_check_firewalld(struct check *check, const struct words *bridges);

/* Which protocols br_netfilter shows to the filters of IP, where only a bridge is crossed. */
struct netfilter_calls {
	int has_ip, has_ip6;
};

/* As root: chains that administrators have made with nft. */
void netfilter_check_nftables(struct check *check, const struct words *bridges,
			      const struct netfilter_calls *calls);

#endif
