/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Make a port of ours again what it was made to be. Needs CAP_NET_ADMIN.
 *
 * A port is off its bridge and down until it has all of its limits; where one of them
 * cannot be had it stays off: a guest without a network is better off than the others
 * would be with one that may do more than its rule says.
 */
#ifndef VMGRANT_CLIENT_COMMAND_REATTACH_PUT_BACK_H
#define VMGRANT_CLIENT_COMMAND_REATTACH_PUT_BACK_H

#include "client/command/machine/ports.h"

/* What comes of it. */
enum put_back {
	PUT_BACK_NOTHING = 0, /* it is in place, or somebody's hand is respected */
	PUT_BACK_DONE,
	PUT_BACK_REFUSED, /* it stays off */
};

struct putting {
	struct netlink *netlink;
	int is_dry;  /* 1: say what would be done */
	char *why;   /* of a refusal: "why: what to do"; freed by the caller */
};

enum put_back port_put_back(struct putting *putting, const struct port *port);

#endif
