/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The user namespace that this process is in. */
#include "wire/namespace.h"

#include <stdio.h>

/*
 * The first line of uid_map is "0 0 4294967295" only in the initial namespace;
 * in one that maps nobody there is none.
 */
int namespace_is_users(void)
{
	unsigned inside = 0, outside = 0, length = 0;
	FILE *map = fopen("/proc/self/uid_map", "re");
	int fields;

	if (map == NULL)
		return 0;
	fields = fscanf(map, "%u %u %u", &inside, &outside, &length);
	(void)fclose(map);
	return !(fields == 3 && inside == 0 && outside == 0 && length == 4294967295u);
}
