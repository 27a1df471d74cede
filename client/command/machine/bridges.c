/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The bridges of this network namespace, as sysfs shows them. */
#include "client/command/machine/bridges.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INTERFACES "/sys/class/net"

static int is_bridge(const char *name)
{
	char *path = text_format(INTERFACES "/%s/bridge", name);
	int found = access(path, F_OK) == 0;

	free(path);
	return found;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int bridges_find(struct words *names_out)
{
	DIR *folder = opendir(INTERFACES);
	const struct dirent *entry;

	*names_out = (struct words){ 0 };
	if (folder == NULL)
		return -errno;
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.' && is_bridge(entry->d_name))
			words_add(names_out, text_format("%s", entry->d_name));
	}
	(void)closedir(folder);
	if (names_out->count > 0)
		qsort(names_out->items, names_out->count, sizeof *names_out->items, compare);
	return 0;
}

int bridge_is_for_containers(const char *bridge)
{
	static const char *const prefixes[] = { "docker", "podman", "cni", "lxcbr", "lxdbr",
						"incusbr", "flannel", "kube", "nerdctl" };

	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		if (strncmp(bridge, prefixes[i], strlen(prefixes[i])) == 0)
			return 1;
	}
	/* br-0123456789ab: a network of Docker's. */
	return strncmp(bridge, "br-", 3) == 0 && strlen(bridge) == 15 &&
	       strspn(bridge + 3, "0123456789abcdef") == 12;
}
