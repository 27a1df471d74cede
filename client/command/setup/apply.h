/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Making what was planned.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_APPLY_H
#define VMGRANT_CLIENT_COMMAND_SETUP_APPLY_H

#include "client/command/setup/setup.h"

/*
 * Make the changes, those of the network first. Where a card is touched, somebody has to
 * confirm on the terminal that the machine is still reached, or later with --confirm
 * (*pending_out is 1). What fails is undone. Returns VMGRANT_GRANTED, or another code after
 * printing why.
 */
int setup_apply(const struct setup *setup, struct setup_changes *changes, int *pending_out);

#endif
