/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU's options for USB and PCI devices. Pure. */
#include "client/command/run/launch-device.h"

/* Where no set of the person's own is likely to be. */
#define FIRST_FD_SET 7600

/* More ports than a controller has by itself. */
#define USB_PORTS_DEFAULT 4

static void add(struct words *words, const char *option, char *value)
{
	words_add(words, text_format("%s", option));
	words_add(words, value);
}

void launch_add_usb(const struct usb_device *devices, size_t count, struct words *words)
{
	if (count == 0)
		return;
	add(words, "-device",
	    text_format("qemu-xhci,id=" LAUNCH_PREFIX "xhci%s",
			count > USB_PORTS_DEFAULT ? ",p2=15,p3=15" : ""));
	for (size_t i = 0; i < count; i++) {
		unsigned set = FIRST_FD_SET + (unsigned)i;

		/* As vmgrant attach does: what the set says of itself is our prefix and the id. */
		add(words, "-add-fd",
		    text_format("fd=%d,set=%u,opaque=" LAUNCH_PREFIX LAUNCH_PREFIX "usb%zu", devices[i].usb.fd,
				set, i));
		add(words, "-device",
		    text_format("usb-host,bus=" LAUNCH_PREFIX "xhci.0,id=" LAUNCH_PREFIX "usb%zu,"
				"hostdevice=/dev/fdset/%u", i, set));
	}
}

static int is_iommufd(const struct vfio_device *device)
{
	return (device->vfio.flags & VMGRANT_NODE_IOMMUFD) != 0;
}

void launch_add_vfio(const struct vfio_device *devices, size_t count, struct words *words)
{
	int has_iommufd = 0;

	for (size_t i = 0; i < count && !has_iommufd; i++) {
		has_iommufd = is_iommufd(&devices[i]);
		if (has_iommufd)
			add(words, "-object",
			    text_format("iommufd,id=" LAUNCH_PREFIX "iommufd,fd=%d",
					devices[i].vfio.iommu_fd));
	}
	for (size_t i = 0; i < count; i++) {
		const struct vfio_option *option = &devices[i].option;
		const char *bus_key = option->bus[0] == '\0' ? "" : ",bus=";

		if (is_iommufd(&devices[i]))
			add(words, "-device",
			    text_format("vfio-pci,id=" LAUNCH_PREFIX "vfio%zu,iommufd="
					LAUNCH_PREFIX "iommufd,fd=%d%s%s", i,
					devices[i].vfio.device_fd, bus_key, option->bus));
		else
			add(words, "-device",
			    text_format("vfio-pci,id=" LAUNCH_PREFIX "vfio%zu,host=%s%s%s", i,
					option->address, bus_key, option->bus));
	}
}
