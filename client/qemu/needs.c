/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which nodes and files an option stands for without naming them: a table. Runs as the person.
 */
#include <string.h>

#include "client/qemu/reading.h"

struct need {
	const char *group;
	/* "vhost-vsock*": all that begin so. NULL: any. */
	const char *kind;
	/* Only where this is there and not off, or NULL. */
	const char *when;
	/* Not where one of these is there: "fd fds". */
	const char *unless;
	const char *path;
	enum qemu_use use;
	unsigned take;
};

#define NODE QEMU_USE_READ_WRITE, 0

static const struct need NEEDS[] = {
	/* clang-format off */
	{ "accel", "kvm*", NULL, "device", "/dev/kvm", NODE },
	{ "accel", "mshv*", NULL, "", "/dev/mshv", NODE },

	{ "audiodev", "alsa", NULL, "", "/dev/snd", QEMU_USE_FOLDER, TAKE_OPTIONAL },
	{ "audiodev", "oss", NULL, "in.dev out.dev", "/dev/dsp", QEMU_USE_READ_WRITE, TAKE_OPTIONAL },

	{ "block", "nvme", NULL, "", "/dev/vfio", QEMU_USE_FOLDER, 0 },

	{ "chardev", "pty", NULL, "", "/dev/ptmx", NODE },
	{ "chardev", "pty", NULL, "", "/dev/pts", QEMU_USE_FOLDER, 0 },

	{ "device", "usb-host", NULL, "hostdevice", "/dev/bus/usb", QEMU_USE_FOLDER, 0 },
	{ "device", "usb-host", NULL, "hostdevice", "/sys/bus/usb", FOLDER_RO },
	{ "device", "usb-host", NULL, "hostdevice", "/sys/devices", FOLDER_RO },
	{ "device", "vfio-*", NULL, "", "/dev/vfio", QEMU_USE_FOLDER, 0 },
	{ "device", "vfio-*", NULL, "", "/sys/bus/pci/devices", FOLDER_RO },
	{ "device", "vfio-*", NULL, "", "/sys/devices", FOLDER_RO },
	{ "device", "vhost-scsi*", NULL, "vhostfd", "/dev/vhost-scsi", NODE },
	{ "device", "vhost-vsock*", NULL, "vhostfd", "/dev/vhost-vsock", NODE },
	{ "device", "virtio-gpu-gl*", NULL, "", "/dev/dri", QEMU_USE_FOLDER, TAKE_OPTIONAL },
	{ "device", "virtio-vga-gl*", NULL, "", "/dev/dri", QEMU_USE_FOLDER, TAKE_OPTIONAL },
	{ "device", "virtio-gpu-rutabaga*", NULL, "", "/dev/dri", QEMU_USE_FOLDER, TAKE_OPTIONAL },
	{ "device", "virtio-gpu*", "blob", "", "/dev/udmabuf", QEMU_USE_READ_WRITE, TAKE_OPTIONAL },
	{ "device", "virtio-vga*", "blob", "", "/dev/udmabuf", QEMU_USE_READ_WRITE, TAKE_OPTIONAL },

	{ "display", "egl-headless", NULL, "rendernode", "/dev/dri", QEMU_USE_FOLDER, 0 },
	{ "display", NULL, "gl", "rendernode", "/dev/dri", QEMU_USE_FOLDER, TAKE_OPTIONAL },
	{ "spice", NULL, "gl", "rendernode", "/dev/dri", QEMU_USE_FOLDER, TAKE_OPTIONAL },

	{ "netdev", "bridge", NULL, "helper", "/usr/lib/qemu/qemu-bridge-helper", QEMU_USE_RUN, TAKE_OPTIONAL },
	{ "netdev", "tap", NULL, "fd fds helper", "/dev/net/tun", NODE },
	{ "netdev", "tap", NULL, "fd fds helper br script", "/etc/qemu-ifup", QEMU_USE_RUN, TAKE_OPTIONAL },
	{ "netdev", "tap", NULL, "fd fds helper br downscript", "/etc/qemu-ifdown", QEMU_USE_RUN, TAKE_OPTIONAL },
	{ "netdev", "tap", "vhost", "vhostfd vhostfds", "/dev/vhost-net", NODE },
	{ "netdev", "user", NULL, "", "/etc/resolv.conf", QEMU_USE_READ, TAKE_OPTIONAL },
	{ "netdev", "user", "smb", "", "/usr/sbin/smbd", QEMU_USE_RUN, TAKE_OPTIONAL },
	{ "netdev", "user", "smb", "", "/tmp", QEMU_USE_TEMPORARY, 0 },

	{ "object", "iommufd", NULL, "fd", "/dev/iommu", NODE },
	{ "object", "memory-backend-epc", NULL, "", "/dev/sgx_vepc", NODE },
	{ "object", "rng-random", NULL, "filename", "/dev/urandom", QEMU_USE_READ, 0 },
	{ "object", "sev-guest", NULL, "sev-device", "/dev/sev", NODE },
	{ "object", "sev-snp-guest", NULL, "sev-device", "/dev/sev", NODE },

	{ "tpmdev", "passthrough", NULL, "path", "/dev/tpm0", NODE },
	{ "tpmdev", "passthrough", NULL, "cancel-path", "/sys/class/misc", FOLDER_RO },
	/* clang-format on */
};

static int is_there(const struct pairs *pairs, const char *names)
{
	while (*names != '\0') {
		size_t length = strcspn(names, " ");

		for (size_t i = 0; i < pairs->count; i++) {
			if (strlen(pairs->items[i].key) == length &&
			    strncmp(pairs->items[i].key, names, length) == 0)
				return 1;
		}
		names += length + (names[length] == ' ' ? 1 : 0);
	}
	return 0;
}

static int is_wanted(const struct need *need, const char *kind, const struct pairs *pairs)
{
	const char *when = need->when != NULL ? pairs_value(pairs, need->when) : "";

	return kind_fits(need->kind, kind) && when != NULL && strcmp(when, "off") != 0 &&
	       !is_there(pairs, need->unless);
}

void needs_read(struct reading *reading, const char *group, const char *kind,
		const struct pairs *pairs)
{
	for (size_t i = 0; i < sizeof NEEDS / sizeof *NEEDS; i++) {
		const struct need *need = &NEEDS[i];

		if (strcmp(need->group, group) == 0 && is_wanted(need, kind, pairs))
			(void)reading_add(reading, need->path, need->use, need->take | TAKE_IMPLIED,
					  (struct qemu_place){ 0 });
	}
}
