/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Software that configures the network of a host, and how each makes a bridge: the recipes
 * of doc/bridges.md. A test compares the two.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_MANAGER_H
#define VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_MANAGER_H

#include "client/command/setup/change/changes.h"

/* The bridge that is to be made. */
struct bridge_plan {
	const char *bridge;
	const char *card; /* becomes its port, its addresses the bridge's; NULL: none does */
	char mac[18];     /* of the bridge, fixed: the card's, or one made of the machine's id */
};

struct setup_manager {
	const char *word; /* of --manager */
	const char *name;
	/* 1 if it has configured that card; NULL: if it is at work on this machine. */
	int (*manages)(const char *card);
	/*
	 * Add what makes the bridge, which waits for nothing: neither address nor carrier.
	 * Returns VMGRANT_GRANTED, or another code after printing why it cannot be.
	 */
	int (*plan)(const struct bridge_plan *plan, struct setup_changes *changes);
};

/*
 * Returns the exit status after printing that netplan has made a card's configuration: file. A
 * bridge beside it would work until somebody changes netplan's own files, which count no longer.
 */
int manager_refuse_netplan(const struct bridge_plan *plan, const char *file);

extern const struct setup_manager manager_networkd, manager_networkmanager, manager_ifupdown,
	manager_ip;

/* The managers, in the order in which they are asked; ended by NULL. */
extern const struct setup_manager *const setup_managers[];

/* The one of that word; NULL: none. */
const struct setup_manager *manager_named(const char *word);

/*
 * The one that has configured the card. For a bridge without (NULL): the one that has configured
 * what leads to this machine's own network, or else one that is at work.
 */
const struct setup_manager *manager_of(const char *card);

#endif
