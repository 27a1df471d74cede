/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The namespaces that this process is in. */
#include "wire/process/namespace.h"

#include <stdio.h>
#include <sys/stat.h>

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

/* There is one such file for each network namespace, and everybody may look at both. */
int namespace_is_other_network(void)
{
	struct stat ours, first;

	return stat("/proc/self/net/dev", &ours) == 0 && stat("/proc/1/net/dev", &first) == 0 &&
	       (ours.st_dev != first.st_dev || ours.st_ino != first.st_ino);
}
