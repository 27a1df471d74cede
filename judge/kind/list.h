/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The kinds of things that rules are about and that can be asked for: the only list.
 *
 * KIND(NAME, name): ACL_KIND_NAME is its number, kind_rule_name what its rules are about
 * (judge/policy/kind-rule.h), kind_name how it is found, judged and ordered
 * (judge/kind/kind.h), in the folder judge/kind/name.
 */
#ifndef VMGRANT_JUDGE_KIND_LIST_H
#define VMGRANT_JUDGE_KIND_LIST_H

#include "judge/kind/disk/types.h"
#include "judge/kind/usb/types.h"
#include "judge/kind/vfio/types.h"

/* All but bridges: each has in its types.h acl_NAME_selector, acl_NAME_object, request_NAME. */
#define DEVICE_KINDS(KIND)                                                                         \
	KIND(USB, usb)                                                                             \
	KIND(VFIO, vfio)                                                                           \
	KIND(DISK, disk)

#define KINDS(KIND)                                                                                \
	KIND(BRIDGE, bridge)                                                                       \
	DEVICE_KINDS(KIND)

#endif
