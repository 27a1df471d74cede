/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The words of --disk, and what QEMU is told about the disk. Pure. */
#include "client/command/kind/disk/disk-option.h"

#include <stdio.h>
#include <string.h>

#include "client/command/options/option-words.h"
#include "client/text/message.h"

/* From QEMU's documentation of -drive. */
static const struct disk_cache caches[] = {
	{ "none", 1, 0, 0 },       { "writeback", 0, 0, 0 }, { "writethrough", 0, 1, 0 },
	{ "directsync", 1, 1, 0 }, { "unsafe", 0, 0, 1 },
};

static const struct disk_cache *find_cache(struct piece value)
{
	for (size_t i = 0; i < sizeof caches / sizeof caches[0]; i++) {
		if (piece_is(value, caches[i].name))
			return &caches[i];
	}
	return NULL;
}

/* Returns NULL or what is wrong. */
static const char *take_piece(struct disk_option *option, struct piece piece)
{
	struct piece value = piece_value(piece, "cache");

	if (piece_is(piece, "ro") && !option->read_only) {
		option->read_only = 1;
		return NULL;
	}
	if (value.text != NULL) {
		if (option->cache != NULL || (option->cache = find_cache(value)) == NULL)
			return _(
				"must be one of none, writeback, writethrough, directsync, unsafe");
		return NULL;
	}
	value = piece_value(piece, "if");
	if (value.text != NULL) {
		option->interface = piece_is(value, "scsi") ? DISK_SCSI : DISK_VIRTIO;
		return piece_is(value, "scsi") || piece_is(value, "virtio")
			       ? NULL
			       : _("must be virtio or scsi");
	}
	value = piece_value(piece, "bus");
	if (value.text != NULL)
		return option_take_one_name(value, option->bus);
	return _("not known: ro, if=, cache= and bus= are");
}

int disk_option_parse(const char *text, struct disk_option *option, char *why, size_t why_size)
{
	struct piece piece = piece_first(text);
	const char *wrong;

	*option = (struct disk_option){ .cache = NULL };
	if (strncmp(text, "/dev/", 5) != 0 ||
	    piece_copy(piece, option->name, sizeof option->name) < 0)
		return piece_fail(why, why_size, piece,
				  _("must be the name of a disk, like /dev/disk/by-id/NAME"));
	while (piece_next(&piece)) {
		wrong = take_piece(option, piece);
		if (wrong != NULL)
			return piece_fail(why, why_size, piece, wrong);
	}
	if (option->cache == NULL)
		option->cache = &caches[0];
	return 0;
}

/* ---- for QEMU ---- */

static void add_flag(json_object *object, const char *key, int is_on)
{
	(void)json_object_object_add(object, key, json_object_new_boolean(is_on));
}

json_object *disk_option_blockdev(const struct disk_option *option, const char *node,
				  const char *path)
{
	json_object *object = qemu_option_new("driver", "host_device");
	json_object *cache = json_object_new_object();

	qemu_option_add_text(object, "node-name", node);
	qemu_option_add_text(object, "filename", path);
	add_flag(object, "read-only", option->read_only);
	add_flag(cache, "direct", option->cache->is_direct);
	add_flag(cache, "no-flush", option->cache->no_flush);
	(void)json_object_object_add(object, "cache", cache);
	return object;
}

const char *disk_option_controller(enum qemu_bus bus)
{
	static const char *const controllers[] = {
		[QEMU_BUS_PCI] = "virtio-scsi-pci",
		[QEMU_BUS_MMIO] = "virtio-scsi-device",
		[QEMU_BUS_CCW] = "virtio-scsi-ccw",
		[QEMU_BUS_NONE] = NULL,
	};

	return bus == QEMU_BUS_ISA ? NULL : controllers[bus];
}

static const char *driver_of(const struct disk_option *option, enum qemu_bus bus)
{
	static const char *const drivers[] = {
		[QEMU_BUS_PCI] = "virtio-blk-pci",
		[QEMU_BUS_MMIO] = "virtio-blk-device",
		[QEMU_BUS_CCW] = "virtio-blk-ccw",
		[QEMU_BUS_NONE] = NULL,
	};

	if (bus == QEMU_BUS_ISA || drivers[bus] == NULL)
		return NULL;
	return option->interface == DISK_SCSI ? "scsi-hd" : drivers[bus];
}

json_object *disk_option_device(const struct disk_option *option, enum qemu_bus bus,
				const char *id, const char *node, unsigned slot)
{
	const char *driver = driver_of(option, bus);
	json_object *device;

	if (driver == NULL)
		return NULL;
	device = qemu_option_new("driver", driver);
	qemu_option_add_text(device, "id", id);
	qemu_option_add_text(device, "drive", node);
	if (option->bus[0] != '\0') {
		qemu_option_add_text(device, "bus", option->bus);
	} else if (slot != 0) {
		char address[16];

		(void)snprintf(address, sizeof address, "0x%x", slot);
		qemu_option_add_text(device, "addr", address);
	}
	if (option->cache->is_through)
		qemu_option_add_text(device, "write-cache", "off");
	return device;
}
