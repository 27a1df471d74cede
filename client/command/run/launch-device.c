/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* QEMU's options for USB and PCI devices. Pure. */
#include "client/command/run/launch-device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where no set of the person's own is likely to be. */
#define FIRST_FD_SET 7600u

/* More ports than a controller has by itself. */
#define USB_PORTS_DEFAULT 4

static void add(struct words *words, const char *option, char *value)
{
	words_add(words, text_format("%s", option));
	words_add(words, value);
}

static void add_device(struct words *words, json_object *device, const struct launch_qemu *qemu)
{
	add(words, "-device", qemu_option_write(device, launch_device_syntax(qemu)));
}

static void add_slot(json_object *device, struct launch_qemu *qemu)
{
	unsigned slot = qemu_line_take_slot(&qemu->line, &qemu->machine);
	char *address = text_format("0x%x", slot);

	if (slot != 0)
		qemu_option_add_text(device, "addr", address);
	free(address);
}

/* ---- what a machine takes ---- */

int launch_check_devices(const struct qemu_machine *machine, size_t usb_count, size_t vfio_count,
			 char *why, size_t why_size)
{
	const char *name = machine->name[0] == '\0' ? "(the default)" : machine->name;
	int is_microvm = machine->bus == QEMU_BUS_MMIO && machine->usb == QEMU_USB_SWITCH;

	if (usb_count > 0 && machine->usb == QEMU_USB_NONE) {
		(void)snprintf(why, why_size, "--usb: machine %s: has no place for a USB "
			       "controller: use another machine", name);
		return -1;
	}
	if (vfio_count > 0 && !machine->has_pci) {
		(void)snprintf(why, why_size, "--vfio: machine %s: has no PCI bus: %s", name,
			       is_microvm ? "add pcie=on to -machine" : "use another machine");
		return -1;
	}
	return 0;
}

/* ---- USB ---- */

/* The bus for the devices, "" where QEMU chooses; to be freed. */
static char *add_controller(size_t count, char *const arguments[], struct launch_qemu *qemu,
			    struct words *words)
{
	json_object *controller;
	char *id, *bus;

	if (qemu->machine.usb == QEMU_USB_SWITCH)
		add(words, "-machine", text_format("usb=on"));
	if (qemu->machine.usb != QEMU_USB_XHCI)
		return text_format("%s", qemu->machine.usb == QEMU_USB_SWITCH ? "usb-bus.0" : "");
	id = launch_free_id(arguments, "xhci", LAUNCH_ID_PLAIN, 1);
	controller = qemu_option_new("driver", "qemu-xhci");
	qemu_option_add_text(controller, "id", id);
	add_slot(controller, qemu);
	if (count > USB_PORTS_DEFAULT) {
		qemu_option_add_number(controller, "p2", LAUNCH_USB_MAX);
		qemu_option_add_number(controller, "p3", LAUNCH_USB_MAX);
	}
	add_device(words, controller, qemu);
	bus = text_format("%s.0", id);
	free(id);
	return bus;
}

static unsigned next_set(unsigned set, char *const arguments[])
{
	char *word = text_format("%u", set);

	while (qemu_line_has_word(arguments, word)) {
		free(word);
		word = text_format("%u", ++set);
	}
	free(word);
	return set;
}

static void add_usb(const struct usb_device *device, unsigned set, const char *bus,
		    const struct launch_qemu *qemu, struct words *words)
{
	json_object *host = qemu_option_new("driver", "usb-host");
	char *path = text_format("/dev/fdset/%u", set);

	/* As vmgrant attach does: what the set says of itself is our prefix and the id. */
	add(words, "-add-fd", text_format("fd=%d,set=%u,opaque=" LAUNCH_PREFIX "%s",
					  device->usb.fd, set, device->id));
	qemu_option_add_text(host, "id", device->id);
	if (*bus != '\0')
		qemu_option_add_text(host, "bus", bus);
	qemu_option_add_text(host, "hostdevice", path);
	add_device(words, host, qemu);
	free(path);
}

void launch_add_usb(struct usb_device *devices, size_t count, char *const arguments[],
		    struct launch_qemu *qemu, struct words *words)
{
	unsigned set = FIRST_FD_SET, number = 0;
	int is_needed = 0;
	char *bus;

	for (size_t i = 0; i < count; i++) {
		char *id = launch_free_id(arguments, "usb", LAUNCH_ID_NUMBERED, number);

		(void)snprintf(devices[i].id, sizeof devices[i].id, "%s", id);
		number = (unsigned)strtoul(id + strlen(LAUNCH_PREFIX "usb"), NULL, 10) + 1;
		free(id);
		is_needed |= devices[i].usb.fd >= 0 || devices[i].option.follow;
	}
	if (!is_needed)
		return;
	bus = add_controller(count, arguments, qemu, words);
	for (size_t i = 0; i < count; i++) {
		if (devices[i].usb.fd < 0)
			continue;
		set = next_set(set, arguments);
		add_usb(&devices[i], set++, bus, qemu, words);
	}
	free(bus);
}

/* ---- PCI ---- */

static int is_iommufd(const struct vfio_device *device)
{
	return (device->vfio.flags & VMGRANT_NODE_IOMMUFD) != 0;
}

static void add_vfio(const struct vfio_device *device, const char *id, const char *iommufd,
		     struct launch_qemu *qemu, struct words *words)
{
	json_object *pci = qemu_option_new("driver", "vfio-pci");

	qemu_option_add_text(pci, "id", id);
	if (is_iommufd(device)) {
		char *fd = text_format("%d", device->vfio.device_fd);

		qemu_option_add_text(pci, "iommufd", iommufd);
		qemu_option_add_text(pci, "fd", fd);
		free(fd);
	} else {
		qemu_option_add_text(pci, "host", device->option.address);
	}
	if (device->option.bus[0] != '\0')
		qemu_option_add_text(pci, "bus", device->option.bus);
	else
		add_slot(pci, qemu);
	add_device(words, pci, qemu);
}

void launch_add_vfio(const struct vfio_device *devices, size_t count, char *const arguments[],
		     struct launch_qemu *qemu, struct words *words)
{
	char *iommufd = launch_free_id(arguments, "iommufd", LAUNCH_ID_PLAIN, 1);
	unsigned number = 0;
	int has_iommufd = 0;

	for (size_t i = 0; i < count && !has_iommufd; i++) {
		has_iommufd = is_iommufd(&devices[i]);
		if (has_iommufd)
			add(words, "-object", text_format("iommufd,id=%s,fd=%d", iommufd,
							  devices[i].vfio.iommu_fd));
	}
	for (size_t i = 0; i < count; i++) {
		char *id = launch_free_id(arguments, "vfio", LAUNCH_ID_NUMBERED, number);

		number = (unsigned)strtoul(id + strlen(LAUNCH_PREFIX "vfio"), NULL, 10) + 1;
		add_vfio(&devices[i], id, iommufd, qemu, words);
		free(id);
	}
	free(iommufd);
}
