/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant setup: from a fresh machine to a guest with a network card, for named people.
 *
 * Runs as root, and only for what it changes. Rules that the files here keep:
 *
 *   - everything is planned, and shown, before anything is changed;
 *   - a change is recorded before it is made, so that it can be undone whatever happens;
 *   - the work is done by the tools that people would use, whose commands are what is shown;
 *   - a network card is touched only while a timer of systemd's waits to undo it.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_SETUP_H
#define VMGRANT_CLIENT_COMMAND_SETUP_SETUP_H

#include "client/command/setup/changes.h"
#include "client/command/setup/manager.h"
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

/* Ask on the terminal, if there is one, for what no option said. */
void setup_ask(struct setup *setup);

/* "y" or "yes" on the terminal. wait_ms: how long; -1: as long as it takes. */
int setup_ask_yes(const char *question, int wait_ms);

/* Check what was asked for. Returns VMGRANT_GRANTED, or another code after printing why. */
int setup_check(struct setup *setup);

/* Add what has to be changed; nothing is changed yet. Returns likewise. */
int plan_bridge(const struct setup *setup, struct setup_changes *changes);
int plan_policy(const struct setup *setup, struct setup_changes *changes);
int plan_libvirt(const struct setup *setup, struct setup_changes *changes);
int plan_apparmor(const struct setup *setup, struct setup_changes *changes);

/* vmgrant check for each person; the worst exit status. array: of findings; NULL: print. */
int setup_finish(const struct setup *setup, json_object *array);

/* --undo, --confirm, and --roll-back of the timer. */
int setup_undo(const struct setup *setup);
int setup_confirm(void);
int setup_roll_back(void);

#endif
