/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A PCI device and its IOMMU group, as sysfs shows them. No privilege. */
#include "judge/kind/vfio/find.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "judge/sysfs/sysfs.h"

#define CLASS_HOST_BRIDGE 0x0600u
#define CLASS_PCI_BRIDGE 0x0604u

/* Longer than any number of a group or device; what is longer is none. */
#define NUMBER_SIZE 12u

/* Something that always stands beside what was seen already. */
static int must_be_there(int result)
{
	return result == -ENOENT || result == -ENOTDIR ? -ESTALE : result;
}

/* Decimal digits and nothing else, at most UINT32_MAX. Returns 0 or -EINVAL. */
static int read_digits(const char *text, uint32_t *number_out)
{
	uint64_t number = 0;

	if (*text == '\0' || strlen(text) >= NUMBER_SIZE)
		return -EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		number = number * 10 + (unsigned)(*text - '0');
	}
	if (number > UINT32_MAX)
		return -EINVAL;
	*number_out = (uint32_t)number;
	return 0;
}

/* ---- one device ---- */

static int read_ids(int folder, struct vfio_member *member)
{
	uint32_t vendor = 0, device = 0;
	int result = sysfs_read_number(folder, "vendor", 16, 0xffff, &vendor);

	if (result == 0)
		result = sysfs_read_number(folder, "device", 16, 0xffff, &device);
	if (result == 0)
		result = sysfs_read_number(folder, "class", 16, 0xffffff, &member->class_code);
	member->vendor = (uint16_t)vendor;
	member->device = (uint16_t)device;
	return must_be_there(result);
}

/* Groups of other machines have devices that are not on a PCI bus. */
static int read_device(int folder, const char *name, struct vfio_member *member)
{
	char subsystem[16];
	int result = sysfs_read_link(folder, "subsystem", subsystem, sizeof subsystem);

	*member = (struct vfio_member){ .is_pci = 0 };
	if (strlen(name) >= sizeof member->name)
		return -EINVAL;
	memcpy(member->name, name, strlen(name) + 1);
	if (result < 0 && result != -EMSGSIZE)
		return must_be_there(result);
	member->is_pci = result == 0 && strcmp(subsystem, "pci") == 0;
	result = sysfs_read_link(folder, "driver", member->driver, sizeof member->driver);
	if (result < 0 && result != -ENOENT)
		return result;
	return member->is_pci ? read_ids(folder, member) : 0;
}

/* ---- its group ---- */

static int read_member(int devices, const char *name, struct vfio_finding *finding)
{
	int folder, result;

	if (finding->member_count == VFIO_MEMBERS_MAX)
		return -E2BIG;
	folder = sysfs_open(devices, name);
	if (folder < 0)
		return must_be_there(folder);
	result = read_device(folder, name, &finding->members[finding->member_count]);
	close(folder);
	if (result == 0)
		finding->member_count++;
	return result;
}

static int compare_members(const void *one, const void *other)
{
	const struct vfio_member *first = one, *second = other;

	return strcmp(first->name, second->name);
}

static int is_member(const struct vfio_finding *finding)
{
	for (size_t i = 0; i < finding->member_count; i++) {
		if (strcmp(finding->members[i].name, finding->device.name) == 0)
			return 1;
	}
	return 0;
}

/* A list that ends early must not look like a small group. */
static int read_members(int group, struct vfio_finding *finding)
{
	int devices = sysfs_open(group, "devices"), result = 0;
	DIR *list = devices >= 0 ? sysfs_list(devices, ".") : NULL;

	if (devices < 0)
		return must_be_there(devices);
	if (list == NULL)
		result = -errno;
	while (result == 0) {
		const char *name = sysfs_next(list);

		if (name == NULL) {
			result = -errno;
			break;
		}
		result = read_member(devices, name, finding);
	}
	if (list != NULL)
		closedir(list);
	close(devices);
	qsort(finding->members, finding->member_count, sizeof finding->members[0],
	      compare_members);
	return result == 0 && !is_member(finding) ? -ESTALE : result;
}

/* Groups have a name only where somebody gave them one. */
static int read_group_name(int group, struct vfio_finding *finding)
{
	char name[64];
	int result = sysfs_read(group, "name", name, sizeof name);

	finding->is_noiommu = result >= 0 && strcmp(name, "vfio-noiommu") == 0;
	return result >= 0 || result == -ENOENT ? 0 : result;
}

static int read_group(int device, struct vfio_finding *finding)
{
	char number[NUMBER_SIZE];
	int result = sysfs_read_link(device, "iommu_group", number, sizeof number), group;

	if (result < 0)
		return result == -ENOENT ? -ENODEV : result;
	if (read_digits(number, &finding->group) < 0)
		return -EINVAL;
	group = sysfs_open(device, "iommu_group");
	if (group < 0)
		return must_be_there(group);
	result = read_group_name(group, finding);
	if (result == 0)
		result = read_members(group, finding);
	close(group);
	return result;
}

/* ---- its nodes ---- */

/* A node's number; that the kernel has no such node is no error. */
static int find_number(int folder, const char *name, dev_t *number_out)
{
	int result = sysfs_read_device(folder, name, number_out);

	if (result < 0)
		*number_out = 0;
	return result == -ENOENT ? 0 : result;
}

/*
 * The device's own node, which kernels have since 6.6: one folder "vfioN" in vfio-dev.
 * Since 6.1 the folder is there, without a number.
 */
static int find_device_node(int device, struct vfio_finding *finding)
{
	char node[NUMBER_SIZE + 4] = "", path[sizeof node + 16];
	DIR *list = sysfs_list(device, "vfio-dev");
	const char *entry;
	int result;

	if (list == NULL)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = sysfs_next(list)) != NULL) {
		if (strncmp(entry, "vfio", 4) == 0 && strlen(entry) < sizeof node)
			memcpy(node, entry, strlen(entry) + 1);
	}
	result = -errno;
	closedir(list);
	if (result < 0 || node[0] == '\0')
		return result;
	if (read_digits(node + 4, &finding->device_index) < 0)
		return -EINVAL;
	(void)snprintf(path, sizeof path, "vfio-dev/%s/dev", node);
	return find_number(device, path, &finding->device_number);
}

static int find_nodes(int sys_fd, int device, struct vfio_finding *finding)
{
	char path[32];
	int result = find_device_node(device, finding);

	(void)snprintf(path, sizeof path, "class/vfio/%u/dev", (unsigned)finding->group);
	if (result == 0)
		result = find_number(sys_fd, path, &finding->group_number);
	if (result == 0)
		result = find_number(sys_fd, "class/misc/iommu/dev", &finding->iommu_number);
	if (result == 0)
		result = find_number(sys_fd, "class/misc/vfio/dev", &finding->container_number);
	return result;
}

int vfio_find(int sys_fd, const char *address, struct vfio_finding *finding)
{
	char path[64];
	int device, result;

	memset(finding, 0, sizeof *finding);
	if (strlen(address) >= sizeof finding->device.name)
		return -EINVAL;
	(void)snprintf(path, sizeof path, "bus/pci/devices/%s", address);
	device = sysfs_open(sys_fd, path);
	if (device < 0)
		return device;
	result = read_device(device, address, &finding->device);
	finding->is_there = result == 0;
	if (result == 0)
		result = read_group(device, finding);
	if (result == 0)
		result = find_nodes(sys_fd, device, finding);
	close(device);
	return result;
}

/* ---- what it means ---- */

static int members_agree(const struct vfio_member *one, const struct vfio_member *other)
{
	return strcmp(one->name, other->name) == 0 && strcmp(one->driver, other->driver) == 0 &&
	       one->is_pci == other->is_pci && one->vendor == other->vendor &&
	       one->device == other->device && one->class_code == other->class_code;
}

int vfio_findings_agree(const struct vfio_finding *one, const struct vfio_finding *other)
{
	if (one->is_there != other->is_there || one->group != other->group ||
	    one->is_noiommu != other->is_noiommu || one->member_count != other->member_count ||
	    one->device_index != other->device_index ||
	    one->device_number != other->device_number ||
	    one->iommu_number != other->iommu_number ||
	    one->group_number != other->group_number ||
	    one->container_number != other->container_number ||
	    !members_agree(&one->device, &other->device))
		return 0;
	for (size_t i = 0; i < one->member_count; i++) {
		if (!members_agree(&one->members[i], &other->members[i]))
			return 0;
	}
	return 1;
}

int vfio_driver_is_vfio(const char *driver)
{
	static const char suffix[] = "vfio-pci";
	size_t length = strlen(driver), size = sizeof suffix - 1;

	if (length < size)
		return 0;
	/* Modules are named with either sign. */
	for (size_t i = 0; i < size; i++) {
		char byte = driver[length - size + i];

		if ((byte == '_' ? '-' : byte) != suffix[i])
			return 0;
	}
	return length == size || driver[length - size - 1] == '-' ||
	       driver[length - size - 1] == '_';
}

int vfio_member_is_bridge(const struct vfio_member *member)
{
	uint32_t class = member->class_code >> 8;

	if (!member->is_pci)
		return 0;
	return class == CLASS_PCI_BRIDGE ||
	       (class == CLASS_HOST_BRIDGE && member->driver[0] == '\0');
}
