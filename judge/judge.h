/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The process that decides: all that the helper knows of this folder.
 *
 * It runs as the service account with no capability, behind its sandbox, and reads
 * what others wrote: command line, requests, policy, names, devices, polkit's answer.
 * What it decides it has done by the helper, with the orders of wire/orders/orders.h.
 */
#ifndef VMGRANT_JUDGE_JUDGE_H
#define VMGRANT_JUDGE_JUDGE_H

#include <stddef.h>
#include <sys/types.h>

#include "wire/refusal/refusal.h"

struct judge_start {
	int argc;
	char *const *argv;
	uid_t caller;        /* the helper's real uid, or the service's client's */
	const gid_t *groups; /* the real gid first; NULL of a service's client: asked for later */
	size_t group_count;
	pid_t parent;     /* who started the helper, or the service's client, for records */
	int is_service;   /* 1: the client cannot read how the helper ends */
	const struct refusal *refused; /* what the client is to be told whatever it asks, or NULL */
	unsigned rights;  /* enum order_right: what the helper can raise */
	int client;       /* the socket of the requests, -1: none was named */
	int audit;        /* the socket for refusals that the kernel's audit log gets, or -1 */
	int orders;       /* the socket to the helper; -1: none has power here, nothing can be given */
};

/* The whole of it. Returns the exit status. */
int judge_run(const struct judge_start *start);

#endif
