/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A PCI device and its IOMMU group, as sysfs shows them.
 *
 * Needs no privilege and opens nothing but files of sysfs that tell what the
 * kernel knows already: no device is woken up. Names and numbers come from the
 * kernel, ids from the devices.
 */
#ifndef VMGRANT_JUDGE_KIND_VFIO_FIND_H
#define VMGRANT_JUDGE_KIND_VFIO_FIND_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The groups of real machines have a dozen members at most. */
#define VFIO_MEMBERS_MAX 64u
#define VFIO_NAME_SIZE 32u
#define VFIO_DRIVER_SIZE 64u

struct vfio_member {
	char name[VFIO_NAME_SIZE];     /* "0000:03:00.0"; other words on other buses */
	char driver[VFIO_DRIVER_SIZE]; /* "": none is bound */
	uint8_t is_pci;                /* 1: the ids are set */
	uint16_t vendor, device;
	uint32_t class_code; /* 24 bits: class, subclass, programming interface */
};

/* Device numbers are 0 where the kernel has no such node. */
struct vfio_finding {
	int is_there; /* 1: device is filled, also when the rest could not be found out */
	struct vfio_member device;

	uint32_t group;  /* its number */
	int is_noiommu;  /* 1: a group that VFIO made up, without any protection */
	size_t member_count;
	struct vfio_member members[VFIO_MEMBERS_MAX]; /* by name; device is one of them */
	uint32_t device_index; /* N of /dev/vfio/devices/vfioN */
	dev_t device_number;   /* of that node */
	dev_t iommu_number;    /* of /dev/iommu */
	dev_t group_number;    /* of /dev/vfio/GROUP */
	dev_t container_number; /* of /dev/vfio/vfio */
};

/*
 * Look a device up by its address in the kernel's form, below an open /sys.
 *
 * Returns 0, or why *finding is not whole: -ENOENT no such device, -ENODEV it has
 * no IOMMU group, -E2BIG more than VFIO_MEMBERS_MAX members, -ESTALE something went
 * away meanwhile, or another -errno.
 */
int vfio_find(int sys_fd, const char *address, struct vfio_finding *finding);

/* 1 if both say the same about device, group, members, drivers and nodes. */
int vfio_findings_agree(const struct vfio_finding *one, const struct vfio_finding *other);

/* 1 if it is a driver that hands devices to user space: "vfio-pci", "mlx5_vfio_pci". */
int vfio_driver_is_vfio(const char *driver);

/*
 * 1 for what only leads to devices and cannot be handed over itself: PCI-to-PCI
 * bridges, which VFIO passes over by their header type, and host bridges that no
 * driver is bound to. The kernel calls nothing a PCI-to-PCI bridge that has not the
 * header of one (pci_setup_device()), and reports the class without touching the
 * device.
 */
int vfio_member_is_bridge(const struct vfio_member *member);

#endif
