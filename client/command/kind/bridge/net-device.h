/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The network card that QEMU is told about: which model, and how. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_BRIDGE_NET_DEVICE_H
#define VMGRANT_CLIENT_COMMAND_KIND_BRIDGE_NET_DEVICE_H

#include "client/command/kind/bridge/net-option.h"
#include "client/command/qemu/qemu-machine.h"
#include "client/command/qemu/qemu-option.h"

/*
 * Give a card the model that fits, where none was named, and "virtio-net" the meaning
 * that it has on that machine. Returns 0, or -1 if no model is known.
 */
int net_device_choose_model(const struct qemu_machine *machine, struct net_option *option);

/*
 * The object for -device or device_add of a card: id, netdev and what its option says.
 *
 * mtu_bytes  of the bridge, for models that tell it to the guest; 0: not known
 * slot       of QEMU's choice of a PCI bus, 0: any
 */
json_object *net_device_object(const struct net_option *option, const char *id, const char *netdev,
			       unsigned mtu_bytes, unsigned slot);

#endif
