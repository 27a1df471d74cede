/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The words of --vfio: ADDRESS[,memlock=SIZE][,iommufd=off][,bus=NAME]. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_VFIO_VFIO_OPTION_H
#define VMGRANT_CLIENT_COMMAND_KIND_VFIO_VFIO_OPTION_H

#include <stddef.h>
#include <stdint.h>

#include "client/command/options/option-words.h"
#include "client/command/options/pci-address.h"

struct vfio_option {
	char address[PCI_ADDRESS_SIZE]; /* with its domain: "0000:03:00.0" */
	uint64_t memlock_bytes; /* UINT64_MAX: as far as the rule allows */
	int iommufd_off;        /* 1: the group, also where the kernel has iommufd */
	char bus[OPTION_NAME_SIZE]; /* QEMU's, "": its choice */
};

/* Returns 0, or -1 with a phrase in why: "WHAT: WHY". */
int vfio_option_parse(const char *text, struct vfio_option *option, char *why, size_t why_size);

#endif
