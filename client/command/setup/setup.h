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

#include <json-c/json.h>

#include "client/command/setup/change/record.h"
#include "client/command/setup/plan/plan.h"

/* Ask on the terminal, if there is one, for what no option said. */
void setup_ask(struct setup *setup);

/* "y" or "yes" on the terminal. wait_ms: how long; -1: as long as it takes. */
int setup_ask_yes(const char *question, int wait_ms);

/* Check what was asked for. Returns VMGRANT_GRANTED, or another code after printing why. */
int setup_check(struct setup *setup);

/* vmgrant check for each person; the worst exit status. array: of findings; NULL: print. */
int setup_finish(const struct setup *setup, json_object *array);

/* --undo, --confirm, and --roll-back of the timer, which tries again later where it fails. */
int setup_undo(const struct setup *setup);
int setup_confirm(void);
int setup_roll_back(enum record_wait wait);

#endif
