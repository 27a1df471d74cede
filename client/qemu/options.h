/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * QEMU's options: a table. Private to client/qemu/.
 */
#ifndef VMGRANT_CLIENT_QEMU_OPTIONS_H
#define VMGRANT_CLIENT_QEMU_OPTIONS_H

#include "client/qemu/reading.h"

enum argument {
	/* No argument follows. */
	ARGUMENT_NONE,
	/* One that names no file. */
	ARGUMENT_OTHER,
	/* A path: use and take. */
	ARGUMENT_PATH,
	/* A disk. TAKE_READ_ONLY: a CD. */
	ARGUMENT_DISK,
	/* Keys and values: group and first_key. */
	ARGUMENT_PAIRS,
	/* As -serial. */
	ARGUMENT_CHARDEV,
	/* read(). */
	ARGUMENT_SPECIAL,
};

struct option {
	/* "-drive". */
	const char *name;
	enum argument argument;
	enum qemu_use use;
	unsigned take;
	const char *group;
	const char *first_key;
	void (*read)(struct reading *reading, const char *argument);
};

/* word as it stands in argv: "-drive", "--drive". NULL: QEMU's options have none of that name. */
const struct option *option_find(const char *word);

#endif
