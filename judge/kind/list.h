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

#define KINDS(KIND)                                                                                \
	KIND(BRIDGE, bridge)                                                                       \
	KIND(USB, usb)                                                                             \
	KIND(VFIO, vfio)                                                                           \
	KIND(DISK, disk)

#endif
