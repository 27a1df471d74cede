/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which door the helper was started through. Pure. */
#include "wire/process/door.h"

#include <limits.h>
#include <string.h>

int door_parse_fd(const char *text)
{
	long long value = 0;

	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + (*text - '0');
		if (value > INT_MAX)
			return -1;
	}
	return value >= 3 ? (int)value : -1;
}

struct door door_find(int argc, char *const argv[])
{
	struct door door = { DOOR_NATIVE, -1, 0 };

	if (argc == 2 && strncmp(argv[1], "--service", 9) == 0) {
		door.by_pid = strcmp(argv[1] + 9, "=by-pid") == 0;
		if (door.by_pid || argv[1][9] == '\0')
			return (struct door){ DOOR_SERVICE, DOOR_SERVICE_FD, door.by_pid };
	}
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--fd=", 5) == 0)
			door.fd = door_parse_fd(argv[i] + 5);
		else
			door.kind = DOOR_DROP_IN;
	}
	if (door.fd < 0)
		door.kind = DOOR_NONE;
	return door;
}
