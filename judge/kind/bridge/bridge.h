/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A TAP on a bridge. */
#ifndef VMGRANT_JUDGE_KIND_BRIDGE_BRIDGE_H
#define VMGRANT_JUDGE_KIND_BRIDGE_BRIDGE_H

#include "judge/kind/kind.h"

extern const struct kind kind_bridge;

#endif
