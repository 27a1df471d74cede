/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* QEMU's options for PCI devices. Pure. */
#include "client/command/kind/vfio/launch-vfio.h"

#include <stdlib.h>

#include "client/text/message.h"

const char *launch_vfio_misfit(const struct qemu_machine *machine)
{
	int is_microvm = machine->bus == QEMU_BUS_MMIO && machine->usb == QEMU_USB_SWITCH;

	if (machine->has_pci)
		return NULL;
	return is_microvm ? _("has no PCI bus: add pcie=on to -machine")
			  : _("has no PCI bus: use another machine");
}

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
		launch_add_slot(pci, qemu);
	launch_add_device(words, pci, qemu);
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
			launch_add(words, "-object", text_format("iommufd,id=%s,fd=%d", iommufd,
								 devices[i].vfio.iommu_fd));
	}
	for (size_t i = 0; i < count; i++) {
		char *id = launch_free_id(arguments, "vfio", LAUNCH_ID_NUMBERED, number);

		number = launch_number_of(id, "vfio") + 1;
		add_vfio(&devices[i], id, iommufd, qemu, words);
		free(id);
	}
	free(iommufd);
}
