/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The network card that QEMU is told about. Pure. */
#include "client/command/kind/bridge/net-device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/text/text.h"

/* What VIRTIO_NET_F_MTU can say. */
#define MTU_MIN 68u
#define MTU_MAX 65535u

/* NULL: none is known that fits. */
static const char *model_for(enum qemu_bus bus)
{
	static const char *const models[] = {
		[QEMU_BUS_PCI] = NET_OPTION_MODEL,     [QEMU_BUS_MMIO] = "virtio-net-device",
		[QEMU_BUS_CCW] = "virtio-net-ccw", [QEMU_BUS_ISA] = "ne2k_isa",
		[QEMU_BUS_NONE] = NULL,
	};

	return models[bus];
}

int net_device_choose_model(const struct qemu_machine *machine, struct net_option *option)
{
	int is_alias = strcmp(option->model, "virtio-net") == 0;
	int is_virtio = machine->bus != QEMU_BUS_ISA && machine->bus != QEMU_BUS_NONE;
	const char *model = model_for(machine->bus);

	if (option->model[0] != '\0' && !(is_alias && is_virtio))
		return 0;
	if (model == NULL)
		return -1;
	(void)snprintf(option->model, sizeof option->model, "%s", model);
	return 0;
}

json_object *net_device_object(const struct net_option *option, const char *id, const char *netdev,
			       unsigned mtu_bytes, unsigned slot)
{
	json_object *device = qemu_option_new("driver", option->model);
	unsigned vectors = net_option_vectors(option);
	char mac[NET_OPTION_MAC_TEXT_SIZE];

	if (id != NULL)
		qemu_option_add_text(device, "id", id);
	qemu_option_add_text(device, "netdev", netdev);
	qemu_option_add_text(device, "mac", net_option_format_mac(mac, option->mac));
	if (option->bus[0] != '\0')
		qemu_option_add_text(device, "bus", option->bus);
	if (slot != 0 && option->bus[0] == '\0' && net_option_is_pci(option)) {
		char *address = text_format("0x%x", slot);

		qemu_option_add_text(device, "addr", address);
		free(address);
	}
	if (option->queues > 1)
		qemu_option_add_on(device, "mq");
	if (vectors > 0)
		qemu_option_add_number(device, "vectors", vectors);
	if (net_option_is_virtio(option) && mtu_bytes >= MTU_MIN && mtu_bytes <= MTU_MAX)
		qemu_option_add_number(device, "host_mtu", mtu_bytes);
	return device;
}
