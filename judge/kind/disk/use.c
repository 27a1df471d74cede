/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What uses a disk. Needs no privilege. */
#include "judge/kind/disk/use.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "judge/kind/disk-order.h"
#include "judge/sysfs/sysfs.h"
#include "wire/escape.h"

#define MOUNTS "/proc/self/mountinfo"
#define SWAPS "/proc/swaps"
#define PATH_SIZE 96u
#define LINE_MAX_BYTES (64u * 1024u)
#define PARTS_MAX 256u /* as many as the kernel numbers, DISK_MAX_PARTS */

/* ---- holders ---- */

/* "dm-0 (vg-data)", or the name alone. */
static void name_holder(const struct disk_places *places, const char *holder, char *text,
			size_t size)
{
	char path[PATH_SIZE], name[128], escaped[80] = "";

	(void)snprintf(path, sizeof path, "%.32s/dm/name", holder);
	if (sysfs_read(places->blocks, path, name, sizeof name) > 0)
		escape_string(escaped, sizeof escaped, name);
	(void)snprintf(text, size, "%.32s%s%s%s", holder, escaped[0] != '\0' ? " (" : "", escaped,
		       escaped[0] != '\0' ? ")" : "");
}

static int look_at_holders(const struct disk_places *places, const char *name,
			   char text[DISK_USE_SIZE])
{
	char path[PATH_SIZE], first[NAME_MAX + 1], holder[128];
	int result;

	(void)snprintf(path, sizeof path, "%.32s/holders", name);
	result = sysfs_first(places->blocks, path, first, sizeof first);
	if (result <= 0)
		return result;
	name_holder(places, first, holder, sizeof holder);
	(void)snprintf(text, DISK_USE_SIZE, "%.32s is part of %s", name, holder);
	return 1;
}

/* ---- mounts and swap ---- */

/* What is looked for in the lists of the kernel. */
struct wanted {
	const char *name;  /* "sda1" */
	char number[32];   /* " 8:1 " */
	char node[48];     /* "/dev/sda1" */
};

/* A mount is "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS... - TYPE SOURCE OPTIONS". */
static int is_mount(char *line, const struct wanted *wanted, char text[DISK_USE_SIZE])
{
	char *fields[5], *rest = line, *source, point[96];

	for (size_t i = 0; i < 5; i++) {
		fields[i] = strsep(&rest, " ");
		if (rest == NULL)
			return 0;
	}
	source = strstr(rest, " - ");
	if (source == NULL)
		return 0;
	source += strlen(" - ");
	(void)strsep(&source, " ");
	if (strcmp(fields[2], wanted->number) != 0 &&
	    (source == NULL || strcmp(strsep(&source, " "), wanted->node) != 0))
		return 0;
	(void)snprintf(text, DISK_USE_SIZE, "%.32s is mounted on %s", wanted->name,
		       escape_string(point, sizeof point, fields[4]));
	return 1;
}

static int is_swap(char *line, const struct wanted *wanted, char text[DISK_USE_SIZE])
{
	if (strcmp(strsep(&line, " \t"), wanted->node) != 0)
		return 0;
	(void)snprintf(text, DISK_USE_SIZE, "%.32s is swap", wanted->name);
	return 1;
}

/* Asked twice: what the kernel does not tell is in no use, but a mere failure is no answer. */
static int failure_of_list(const char *path)
{
	const int error = errno;

	return error == ENOENT && faccessat(AT_FDCWD, path, F_OK, 0) < 0 && errno == ENOENT
		       ? 0
		       : -error;
}

/* The first line of a list that fits; a line that no kernel writes ends the list. */
static int look_at_list(const char *path, const struct wanted *wanted,
			int (*fits)(char *line, const struct wanted *wanted,
				    char text[DISK_USE_SIZE]),
			char text[DISK_USE_SIZE])
{
	FILE *file = fopen(path, "re");
	size_t size = 0;
	char *line = NULL;
	int found = 0;

	if (file == NULL)
		return failure_of_list(path);
	while (!found && size < LINE_MAX_BYTES && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		found = fits(line, wanted, text);
	}
	if (!found && ferror(file))
		found = -EIO;
	free(line);
	(void)fclose(file);
	return found;
}

static int look_at_one(const struct disk_places *places, const char *name,
		       char text[DISK_USE_SIZE])
{
	struct wanted wanted = { .name = name };
	char path[PATH_SIZE];
	dev_t number;
	int result = look_at_holders(places, name, text);

	if (result != 0)
		return result;
	(void)snprintf(path, sizeof path, "%.32s/dev", name);
	result = sysfs_read_device(places->blocks, path, &number);
	if (result < 0)
		return result;
	(void)snprintf(wanted.number, sizeof wanted.number, "%u:%u", major(number), minor(number));
	(void)snprintf(wanted.node, sizeof wanted.node, "/dev/%.32s", name);
	result = look_at_list(MOUNTS, &wanted, is_mount, text);
	return result != 0 ? result : look_at_list(SWAPS, &wanted, is_swap, text);
}

/* ---- all of it ---- */

static int is_partition_of(const struct disk_places *places, const char *disk, const char *entry)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof path, "%.32s/%.32s/partition", disk, entry);
	return sysfs_exists(places->blocks, path);
}

static int look_at_partitions(const struct disk_places *places, const char *disk,
			      char text[DISK_USE_SIZE])
{
	const char *entry = NULL;
	unsigned parts = 0;
	int result = 0;
	DIR *list = sysfs_list(places->blocks, disk);

	if (list == NULL)
		return -errno;
	while (result == 0 && parts < PARTS_MAX && (entry = sysfs_next(list)) != NULL) {
		result = is_partition_of(places, disk, entry);
		if (result <= 0)
			continue;
		parts++;
		result = look_at_one(places, entry, text);
	}
	/* A list that ends early must not look like a disk with few partitions. */
	if (entry == NULL && errno != 0)
		result = -errno;
	closedir(list);
	return result;
}

int disk_use_find(const struct disk_places *places, const struct disk_device *device,
		  char text[DISK_USE_SIZE])
{
	int result = look_at_one(places, device->name, text);

	if (result != 0)
		return result;
	/* Who has the whole disk has this part of it. */
	return device->disk[0] != '\0' ? look_at_one(places, device->disk, text)
				       : look_at_partitions(places, device->name, text);
}

/* ---- loop devices ---- */

/* Not bound to anything any more, or taken away, or nobody can open it. */
static int is_gone(int result)
{
	return result == -ENXIO || result == -ENODEV || result == -ENOENT;
}

/* 1 if a loop device stands on one of these numbers. */
static int stands_on(const struct disk_places *places, struct orders *orders, const char *loop,
		     const dev_t *numbers, int count)
{
	char path[PATH_SIZE];
	dev_t backing = 0;
	int result;

	(void)snprintf(path, sizeof path, "%.32s/loop", loop);
	result = sysfs_exists(places->blocks, path);
	if (result <= 0)
		return result;
	result = disk_order_look(orders, loop, ORDER_DISK_LOOP, &backing);
	/* Asked twice: a mere failure is no answer. */
	if (is_gone(result))
		result = disk_order_look(orders, loop, ORDER_DISK_LOOP, &backing);
	if (is_gone(result))
		return 0;
	for (int i = 0; result == 0 && i < count; i++) {
		if (numbers[i] == backing)
			return 1;
	}
	return result;
}

int disk_use_find_loop(const struct disk_places *places, const struct disk_device *device,
		       struct orders *orders, char text[DISK_USE_SIZE])
{
	dev_t numbers[PARTS_MAX];
	int count = disk_device_shared(places, device, numbers, PARTS_MAX), result = 0;
	const char *entry;
	DIR *list;

	if (count < 0)
		return count;
	list = sysfs_list(places->blocks, ".");
	if (list == NULL)
		return -errno;
	while (result == 0 && (entry = sysfs_next(list)) != NULL) {
		if (strncmp(entry, "loop", 4) != 0 || strcmp(entry, device->name) == 0)
			continue;
		result = stands_on(places, orders, entry, numbers, count);
		if (result > 0)
			(void)snprintf(text, DISK_USE_SIZE, "%.32s stands on it", entry);
	}
	if (entry == NULL && errno != 0)
		result = -errno;
	closedir(list);
	return result;
}
