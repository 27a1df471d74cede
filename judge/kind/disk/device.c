/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* One block device as it is in sysfs. Needs no privilege. */
#include "judge/kind/disk/device.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "judge/sysfs/sysfs.h"
#include "wire/refusal/escape.h"

#define PATH_SIZE 96u
#define DEPTH_MAX 8u

void disk_places_open(struct disk_places *places)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;

	*places = (struct disk_places){
		.blocks = open("/sys/class/block", flags),
		.numbers = open("/sys/dev/block", flags),
		.dev = open("/dev", flags),
	};
}

void disk_places_close(struct disk_places *places)
{
	close(places->blocks);
	close(places->numbers);
	close(places->dev);
}

/* ---- reading ---- */

static int read_u64(int folder, const char *name, uint64_t *number_out)
{
	char text[32], *end;
	int length = sysfs_read(folder, name, text, sizeof text);

	if (length < 0)
		return length;
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	*number_out = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' ? 0 : -EINVAL;
}

/* What need not be there is 0 then. */
static int read_u64_if(int folder, const char *name, uint64_t *number_out)
{
	int result = read_u64(folder, name, number_out);

	if (result != -ENOENT)
		return result;
	*number_out = 0;
	return 0;
}

static const char *disk_of(const struct disk_device *device)
{
	return device->disk[0] != '\0' ? device->disk : device->name;
}

/* An attribute of the disk that a device is, or is a partition of. */
static int read_of_disk(const struct disk_places *places, const struct disk_device *device,
			const char *attribute, char *text, size_t size)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof path, "%s/%s", disk_of(device), attribute);
	return sysfs_read(places->blocks, path, text, size);
}

static int read_u64_of_disk(const struct disk_places *places, const struct disk_device *device,
			    const char *attribute, uint64_t *number_out)
{
	char path[PATH_SIZE];

	(void)snprintf(path, sizeof path, "%s/%s", disk_of(device), attribute);
	return read_u64_if(places->blocks, path, number_out);
}

/* "../../devices/pci0000:00/.../block/sda/sda1": its name, and its disk's. */
static int read_names(const struct disk_places *places, struct disk_device *device)
{
	char number[32], target[PATH_MAX], *last, *before;
	ssize_t length;
	int result;

	(void)snprintf(number, sizeof number, "%u:%u", major(device->number),
		       minor(device->number));
	length = readlinkat(places->numbers, number, target, sizeof target - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	device->is_usb = strstr(target, "/usb") != NULL;
	last = strrchr(target, '/');
	if (last == NULL || strlen(last + 1) >= sizeof device->name)
		return -EINVAL;
	*last++ = '\0';
	memcpy(device->name, last, strlen(last) + 1);
	before = strrchr(target, '/');
	device->folder = sysfs_open(places->blocks, device->name);
	if (device->folder < 0)
		return device->folder;
	/* Only a partition lies in the folder of another block device. */
	result = sysfs_exists(device->folder, "partition");
	if (result <= 0)
		return result;
	if (before == NULL || strlen(before + 1) >= sizeof device->disk)
		return -EINVAL;
	memcpy(device->disk, before + 1, strlen(before + 1) + 1);
	return 0;
}

static int read_identity(const struct disk_places *places, struct disk_device *device)
{
	dev_t number;
	int result = sysfs_read_device(device->folder, "dev", &number);

	if (result == 0 && number != device->number)
		result = -ENODEV;
	if (result == 0)
		result = read_u64_of_disk(places, device, "diskseq", &device->diskseq);
	if (result == 0)
		result = read_u64_if(device->folder, "start", &device->start);
	if (result == 0)
		result = read_u64(device->folder, "size", &device->sectors);
	return result;
}

static int read_kind(const struct disk_places *places, struct disk_device *device)
{
	uint64_t is_protected, is_removable;
	int result = read_u64_if(device->folder, "ro", &is_protected);

	if (result == 0)
		result = read_u64_of_disk(places, device, "removable", &is_removable);
	if (result < 0)
		return result;
	device->is_write_protected = is_protected != 0;
	device->is_removable = is_removable != 0;
	return 0;
}

/* For the dialog and the record; where each kind of disk has it. */
static void read_serial(const struct disk_places *places, struct disk_device *device)
{
	static const char *const attributes[] = { "serial", "device/serial", "wwid", "device/wwid",
						  "dm/uuid", "md/uuid" };

	for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
		if (read_of_disk(places, device, attributes[i], device->serial,
				 sizeof device->serial) > 0)
			return;
	}
	device->serial[0] = '\0';
}

int disk_device_load(const struct disk_places *places, dev_t number, struct disk_device *device)
{
	int result;

	*device = (struct disk_device){ .number = number, .folder = -1 };
	result = read_names(places, device);
	if (result == 0)
		result = read_identity(places, device);
	if (result == 0)
		result = read_kind(places, device);
	if (result == 0)
		result = disk_others_find(places, disk_of(device), &device->others);
	if (result < 0) {
		if (device->folder >= 0)
			close(device->folder);
		*device = (struct disk_device){ .folder = -1 };
		return result;
	}
	read_serial(places, device);
	device->is_known = 1;
	return 0;
}

int disk_device_check(const struct disk_places *places, const struct disk_device *device)
{
	struct disk_device now = *device;
	int result = read_identity(places, &now);

	if (result == 0)
		result = disk_others_find(places, disk_of(device), &now.others);
	if (result == 0 && memcmp(&now.others, &device->others, sizeof now.others) != 0)
		result = -ENODEV;
	if (result == 0 && (now.diskseq != device->diskseq || now.start != device->start ||
			    now.sectors != device->sectors))
		result = -ENODEV;
	return result;
}

/* ---- what it is ---- */

int disk_device_fits(const struct disk_places *places, const struct disk_device *device,
		     enum disk_name_class class, const char *name)
{
	char text[DISK_SERIAL_SIZE + 128];

	switch (class) {
	case DISK_NAME_ID:
	case DISK_NAME_PATH:
		return 1;
	case DISK_NAME_PARTUUID:
		/* A table on a disk that anybody can plug in may name anything. */
		return device->disk[0] != '\0' && !device->is_removable && !device->is_usb;
	case DISK_NAME_MAPPER:
		return device->disk[0] == '\0' &&
		       read_of_disk(places, device, "dm/name", text, sizeof text) > 0 &&
		       strcmp(text, strrchr(name, '/') + 1) == 0;
	case DISK_NAME_VOLUME:
		return device->disk[0] == '\0' &&
		       read_of_disk(places, device, "dm/uuid", text, sizeof text) > 0 &&
		       strncmp(text, "LVM-", strlen("LVM-")) == 0;
	case DISK_NAME_NONE:
	default:
		return 0;
	}
}

const char *disk_device_problem(const struct disk_device *device)
{
	static const struct {
		const char *start, *what;
	} others[] = {
		{ "sr", "an optical drive" }, { "fd", "a floppy disk" },
		{ "zram", "compressed memory" }, { "ram", "memory" },
	};
	const char *disk = disk_of(device);

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		const size_t length = strlen(others[i].start);

		if (strncmp(disk, others[i].start, length) == 0 && disk[length] >= '0' &&
		    disk[length] <= '9')
			return others[i].what;
	}
	if (device->sectors == 0)
		return "empty";
	/* The kernel shows of it no more than room for a boot loader. */
	return device->disk[0] != '\0' && device->sectors <= 2 ? "an extended partition" : NULL;
}

/* ---- what shares bytes with it ---- */

struct shared {
	const struct disk_places *places;
	dev_t *numbers;
	size_t count, size;
};

static int add_number(struct shared *shared, const char *name)
{
	char path[PATH_SIZE];
	int result;

	if (shared->count == shared->size)
		return -E2BIG;
	(void)snprintf(path, sizeof path, "%.32s/dev", name);
	result = sysfs_read_device(shared->places->blocks, path, &shared->numbers[shared->count]);
	shared->count += result == 0;
	return result;
}

static int add_device(struct shared *shared, const char *name, unsigned depth);

/* Those of a folder below a device: its partitions, or what it is made of. */
static int add_listed(struct shared *shared, const char *name, const char *below,
		      const char *attribute, unsigned depth)
{
	char path[PATH_SIZE];
	const char *entry;
	int result = 0;
	DIR *list;

	(void)snprintf(path, sizeof path, "%.32s/%s", name, below);
	list = sysfs_list(shared->places->blocks, path);
	if (list == NULL)
		return errno == ENOENT ? 0 : -errno;
	while (result == 0 && (entry = sysfs_next(list)) != NULL) {
		(void)snprintf(path, sizeof path, "%.32s/%.32s/%s", name, entry, attribute);
		result = *attribute != '\0' ? sysfs_exists(shared->places->blocks, path) : 1;
		if (result <= 0)
			continue;
		result = *attribute != '\0' ? add_number(shared, entry)
					    : add_device(shared, entry, depth + 1);
	}
	if (result == 0 && errno != 0)
		result = -errno;
	closedir(list);
	return result;
}

/* A partition's disk has the number without which nobody would find it. */
static int add_disk_of(struct shared *shared, const char *name, unsigned depth)
{
	struct disk_device device = { .folder = -1 };
	char path[PATH_SIZE];
	int result;

	(void)snprintf(path, sizeof path, "%.32s/dev", name);
	result = sysfs_read_device(shared->places->blocks, path, &device.number);
	if (result == 0)
		result = read_names(shared->places, &device);
	if (device.folder >= 0)
		close(device.folder);
	if (result < 0 || device.disk[0] == '\0')
		return result;
	result = add_number(shared, device.disk);
	return result < 0 ? result : add_listed(shared, device.disk, "slaves", "", depth);
}

static int add_device(struct shared *shared, const char *name, unsigned depth)
{
	int result = depth > DEPTH_MAX ? -E2BIG : add_number(shared, name);

	if (result == 0)
		result = add_listed(shared, name, ".", "partition", depth);
	if (result == 0)
		result = add_listed(shared, name, "slaves", "", depth);
	return result < 0 ? result : add_disk_of(shared, name, depth);
}

int disk_device_shared(const struct disk_places *places, const struct disk_device *device,
		       dev_t *numbers, size_t size)
{
	struct shared shared = { places, numbers, 0, size };
	int result = add_device(&shared, device->name, 0);

	for (unsigned i = 0; result == 0 && i < device->others.count; i++)
		result = add_device(&shared, device->others.names[i], 1);
	return result < 0 ? result : (int)shared.count;
}

/* ---- words ---- */

void disk_device_describe(const struct disk_device *device, char text[DISK_TEXT_SIZE])
{
	char serial[72];

	(void)snprintf(text, DISK_TEXT_SIZE, "%s %u:%u diskseq %" PRIu64 " %" PRIu64 " bytes%s%s",
		       device->name, major(device->number), minor(device->number), device->diskseq,
		       device->sectors * 512, device->serial[0] != '\0' ? " serial " : "",
		       escape_string(serial, sizeof serial, device->serial));
}

void disk_device_release(struct disk_device *device)
{
	if (device->is_known)
		close(device->folder);
	*device = (struct disk_device){ .folder = -1 };
}
