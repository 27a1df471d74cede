/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Fuzz what sysfs says about a PCI device and its group: the data are lines, each
 * the content of an attribute or the name of a driver, group or node.
 *
 * What must hold for any of them: the finding is whole or an error, with bounded
 * words and ids, and the same again when it is read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "judge/kind/vfio/find.h"
#include "tests/unit/machine.h"

#define LINE_SIZE 80u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct lines {
	const uint8_t *data;
	size_t size;
};

/* The next line; "" at the end of the data. NUL ends it as well. */
static void next_line(struct lines *lines, char line[LINE_SIZE])
{
	size_t length = 0;

	while (lines->size > 0 && *lines->data != '\n' && length < LINE_SIZE - 1) {
		line[length++] = (char)*lines->data++;
		lines->size--;
	}
	if (lines->size > 0) {
		lines->data++;
		lines->size--;
	}
	line[length] = '\0';
}

/* The same as a name that a folder can have. */
static void next_name(struct lines *lines, char line[LINE_SIZE])
{
	next_line(lines, line);
	for (char *slash = strchr(line, '/'); slash != NULL; slash = strchr(slash, '/'))
		*slash = '_';
	if (line[0] == '\0' || strcmp(line, ".") == 0 || strcmp(line, "..") == 0)
		strcpy(line, "12");
}

static void fill(const struct tree *sys, struct lines *lines)
{
	static const char *const attributes[] = {
		"devices/" MACHINE_GPU "/vendor", "devices/" MACHINE_GPU "/class",
		"devices/" MACHINE_SOUND "/device", "class/misc/vfio/dev", "class/misc/iommu/dev",
	};
	char line[LINE_SIZE], group[LINE_SIZE], driver[LINE_SIZE], path[256];
	struct machine_device device = { MACHINE_GPU, group, "0x10de", "0x1c82", "0x030000",
					 driver };

	next_name(lines, group);
	next_name(lines, driver);
	machine_add(sys, &device);
	next_name(lines, driver);
	device.address = MACHINE_SOUND;
	machine_add(sys, &device);
	next_name(lines, line);
	machine_offer_device(sys, MACHINE_GPU, line);
	machine_offer_group(sys, group);
	for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
		next_line(lines, line);
		tree_write(sys, attributes[i], line);
	}
	next_line(lines, line);
	strcpy(path, "kernel/iommu_groups/");
	strcat(path, group);
	strcat(path, "/name");
	tree_write(sys, path, line);
}

static void check_member(const struct vfio_member *member)
{
	if (memchr(member->name, '\0', sizeof member->name) == NULL ||
	    memchr(member->driver, '\0', sizeof member->driver) == NULL ||
	    member->name[0] == '\0' || member->class_code > 0xffffff)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lines lines = { data, size };
	struct vfio_finding found, again;
	struct tree *sys = tree_new();
	int result;

	fill(sys, &lines);
	result = vfio_find(sys->fd, MACHINE_GPU, &found);
	if (result > 0 || (result == 0 && found.member_count != 2))
		abort();
	for (size_t i = 0; result == 0 && i < found.member_count; i++)
		check_member(&found.members[i]);
	if (vfio_find(sys->fd, MACHINE_GPU, &again) != result ||
	    (result == 0 && !vfio_findings_agree(&found, &again)))
		abort();
	tree_free(sys);
	return 0;
}
