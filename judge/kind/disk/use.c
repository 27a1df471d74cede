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
#include "wire/refusal/escape.h"

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

static int look_at_other(const struct disk_places *places, const char *other,
			 char text[DISK_USE_SIZE])
{
	size_t length;
	int result = look_at_one(places, other, text);

	if (result == 0)
		result = look_at_partitions(places, other, text);
	if (result > 0) {
		length = strlen(text);
		(void)snprintf(text + length, DISK_USE_SIZE - length,
			       ", and %.32s is another path to the same disk", other);
	}
	return result;
}

int disk_use_find(const struct disk_places *places, const struct disk_device *device,
		  char text[DISK_USE_SIZE])
{
	int result = look_at_one(places, device->name, text);

	/* Who has the whole disk has this part of it. */
	if (result == 0)
		result = device->disk[0] != '\0' ? look_at_one(places, device->disk, text)
						 : look_at_partitions(places, device->name, text);
	for (unsigned i = 0; result == 0 && i < device->others.count; i++)
		result = look_at_other(places, device->others.names[i], text);
	return result;
}

int disk_use_find_claim(const struct disk_device *device, struct orders *orders,
			char text[DISK_USE_SIZE])
{
	int result = 0;

	for (unsigned i = 0; result == 0 && i < device->others.count; i++) {
		const char *other = device->others.names[i];

		result = disk_order_look(orders, other, ORDER_DISK_CLAIM, NULL);
		(void)snprintf(text, DISK_USE_SIZE,
			       "%.32s, another path to the same disk, is in use", other);
		if (result == -EBUSY)
			result = 1;
	}
	return result;
}

/* ---- loop devices ---- */

/* Not bound to anything any more, or taken away, or nobody can open it. */
static int is_gone(int result)
{
	return result == -ENXIO || result == -ENODEV || result == -ENOENT;
}

/* Those that are asked about at a time. */
struct loops {
	struct disk_loop list[ORDERS_AHEAD];
	size_t count;
	const dev_t *numbers; /* of what shares bytes with the disk */
	int number_count;
};

/* 1 if it is a loop device that stands on something. */
static int is_bound(const struct disk_places *places, const char *name)
{
	char path[PATH_SIZE];

	if (strncmp(name, "loop", 4) != 0)
		return 0;
	(void)snprintf(path, sizeof path, "%.32s/loop", name);
	return sysfs_exists(places->blocks, path);
}

/* 1 if a loop device stands on one of these numbers. */
static int stands_on(const struct loops *loops, struct orders *orders, struct disk_loop *loop)
{
	int result = loop->result;

	/* Asked twice: a mere failure is no answer. */
	if (is_gone(result))
		result = disk_order_look(orders, loop->name, ORDER_DISK_LOOP, &loop->backing);
	if (is_gone(result))
		return 0;
	for (int i = 0; result == 0 && i < loops->number_count; i++) {
		if (loops->numbers[i] == loop->backing)
			return 1;
	}
	return result;
}

/* Of those that were collected. */
static int look_at_loops(struct loops *loops, struct orders *orders, char text[DISK_USE_SIZE])
{
	int result = 0;

	disk_order_look_at_loops(orders, loops->list, loops->count);
	for (size_t i = 0; result == 0 && i < loops->count; i++) {
		result = stands_on(loops, orders, &loops->list[i]);
		if (result > 0)
			(void)snprintf(text, DISK_USE_SIZE, "%.32s stands on it",
				       loops->list[i].name);
	}
	loops->count = 0;
	return result;
}

static int add_loop(const struct disk_places *places, struct loops *loops, const char *name)
{
	struct disk_loop *loop = &loops->list[loops->count];
	int result = is_bound(places, name);

	if (result <= 0)
		return result;
	if (strlen(name) >= sizeof loop->name)
		return -ENAMETOOLONG;
	memcpy(loop->name, name, strlen(name) + 1);
	loops->count++;
	return 0;
}

int disk_use_find_loop(const struct disk_places *places, const struct disk_device *device,
		       struct orders *orders, char text[DISK_USE_SIZE])
{
	dev_t numbers[PARTS_MAX];
	struct loops loops = { .numbers = numbers };
	const char *entry;
	int result = 0;
	DIR *list;

	loops.number_count = disk_device_shared(places, device, numbers, PARTS_MAX);
	if (loops.number_count < 0)
		return loops.number_count;
	list = sysfs_list(places->blocks, ".");
	if (list == NULL)
		return -errno;
	while (result == 0 && (entry = sysfs_next(list)) != NULL) {
		if (strcmp(entry, device->name) != 0)
			result = add_loop(places, &loops, entry);
		if (result == 0 && loops.count == ORDERS_AHEAD)
			result = look_at_loops(&loops, orders, text);
	}
	/* A list that ends early must not look like a machine with few disks. */
	if (result == 0 && errno != 0)
		result = -errno;
	closedir(list);
	return result != 0 ? result : look_at_loops(&loops, orders, text);
}
