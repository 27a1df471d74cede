/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * From what somebody asked for to the list of changes that make it so. Plans only read.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_PLAN_PLAN_H
#define VMGRANT_CLIENT_COMMAND_SETUP_PLAN_PLAN_H

#include "client/command/setup/change/changes.h"
#include "client/command/setup/network/manager.h"
#include "client/text/text.h"

/* What somebody asked for, by options or answers. */
struct setup {
	struct words users, groups;
	char *bridge;
	char *uplink;      /* the card that becomes its port; NULL: none, or not said */
	int is_no_uplink;  /* 1: none, said so */
	int is_bridge_new; /* 1: it is not there yet */
	const char *manager_word;
	const struct setup_manager *manager; /* of a new bridge */
	int is_no_polkit;
	int is_dry, is_json, is_yes;
	unsigned timeout_s;  /* until an uplink's change is rolled back; 0: never */
	struct words people; /* the users, and the members of the groups */
};

/*
 * Add what has to be changed; nothing is changed yet. Returns VMGRANT_GRANTED, or another
 * code after printing why.
 */
int plan_bridge(const struct setup *setup, struct setup_changes *changes);
int plan_policy(const struct setup *setup, struct setup_changes *changes);
int plan_libvirt(const struct setup *setup, struct setup_changes *changes);
int plan_apparmor(const struct setup *setup, struct setup_changes *changes);

#endif
