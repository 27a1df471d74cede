/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Network cards on bridges: the parts of the kind's row.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_BRIDGE_BRIDGE_H
#define VMGRANT_CLIENT_COMMAND_KIND_BRIDGE_BRIDGE_H

#include "client/command/attach/attach.h"
#include "client/command/kind/bridge/card.h"
#include "client/command/list/list.h"
#include "client/command/run/run.h"

extern const struct run_kind run_card;
extern const struct attach_kind attach_card;

int list_bridges(struct list *list);

#endif
