/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Options that are keys and values, by the name of their group, which -readconfig, -set and the
 * option share. Runs as the person.
 */
#include <stdlib.h>
#include <string.h>

#include "client/qemu/reading.h"

struct group {
	const char *name;
	/* In the tables. NULL: as it is called. */
	const char *table;
	/* The key that says which kind it is. */
	const char *kind_key;
	void (*read)(struct reading *reading, const struct pairs *pairs);
};

static void machine_read(struct reading *reading, const struct pairs *pairs)
{
	const char *accelerators = pairs_value(pairs, "accel");
	const char *initrd = pairs_value(pairs, "initrd");
	struct pairs others = { 0 };

	if (accelerators != NULL)
		accelerators_read(reading, accelerators);
	if (initrd != NULL)
		initrd_read(reading, initrd);
	for (size_t i = 0; i < pairs->count; i++) {
		if (strcmp(pairs->items[i].key, "initrd") != 0)
			pairs_borrow(&others, &pairs->items[i]);
	}
	keys_read(reading, "machine", NULL, &others);
	free(others.items);
}

static int is_forward(const char *key)
{
	/* In JSON it is a list of objects: "guestfwd.0.str". */
	return strncmp(key, "guestfwd", strlen("guestfwd")) == 0;
}

static void netdev_read(struct reading *reading, const struct pairs *pairs)
{
	struct pairs others = { 0 };

	for (size_t i = 0; i < pairs->count; i++) {
		if (is_forward(pairs->items[i].key))
			forward_read(reading, pairs->items[i].value);
		else
			pairs_borrow(&others, &pairs->items[i]);
	}
	keys_read(reading, "netdev", pairs_value(pairs, "type"), &others);
	free(others.items);
}

static const struct group GROUPS[] = {
	/* clang-format off */
	{ "accel", NULL, "accel", NULL },
	{ "audio", "audiodev", "driver", NULL },
	{ "audiodev", NULL, "driver", NULL },
	{ "blockdev", NULL, NULL, blockdev_read },
	{ "chardev", NULL, "backend", NULL },
	{ "device", NULL, "driver", NULL },
	{ "display", NULL, "type", NULL },
	{ "drive", NULL, NULL, drive_read },
	{ "fsdev", NULL, "fsdriver", NULL },
	{ "global", NULL, NULL, global_read },
	{ "machine", NULL, NULL, machine_read },
	{ "net", NULL, NULL, netdev_read },
	{ "netdev", NULL, NULL, netdev_read },
	{ "nic", NULL, NULL, netdev_read },
	{ "object", NULL, "qom-type", NULL },
	{ "spice", NULL, NULL, spice_read },
	{ "tpmdev", NULL, "type", NULL },
	{ "virtfs", "fsdev", "fsdriver", NULL },
	{ "vnc", NULL, NULL, vnc_read },
	/* clang-format on */
};

void group_read(struct reading *reading, const char *group, const struct pairs *pairs)
{
	for (size_t i = 0; i < sizeof GROUPS / sizeof *GROUPS; i++) {
		const struct group *row = &GROUPS[i];

		if (strcmp(row->name, group) != 0)
			continue;
		if (row->read != NULL)
			row->read(reading, pairs);
		else
			keys_read(reading, row->table != NULL ? row->table : group,
				  pairs_value(pairs, row->kind_key), pairs);
		return;
	}
	keys_read(reading, group, NULL, pairs);
}
