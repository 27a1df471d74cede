/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The judge's orders, performed one after the other until it says how to end.
 */
#ifndef VMGRANT_HELPER_SERVE_H
#define VMGRANT_HELPER_SERVE_H

#include "helper/account.h"
#include "helper/ask.h"
#include "helper/auditor.h"
#include "helper/node/memlock.h"
#include "helper/peer.h"
#include "helper/port/port.h"
#include "helper/time-limit.h"
#include "helper/turn.h"
#include "helper/walk.h"
#include "wire/orders/orders.h"
#include "wire/process/door.h"
#include "wire/process/fd-pass.h"
#include "wire/refusal/refusal.h"

/* All that the helper knows, and all that it holds. */
struct service {
	struct door door;
	struct account account;
	struct peer peer;
	pid_t judge;
	int orders;   /* the socket to the judge */
	int log;
	struct auditor auditor;
	struct port_maker ports;
	struct walk walk;
	struct turn turn, connection;
	struct child asker; /* zeroed: none runs */
	struct memlock memlock;
	struct time_limit limit;
	struct time_limit life; /* of a client of the service */
	int is_without_disks; /* 1: ORDER_RIGHT_DISKS was given up */

	/* The order under way, what goes back to the judge, and the fds that go with it. */
	struct order order;
	struct answer answer;
	struct fd_list files;
	int is_over; /* there is no answer: the helper leaves with success */
};

/*
 * Serve until the judge orders an end, breaks a rule, or is gone. Returns the exit
 * status, with the sentence of a refusal in *why.
 */
enum reply_code serve(struct service *service, struct refusal *why);

#endif
