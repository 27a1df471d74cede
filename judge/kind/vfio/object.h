/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a request for a PCI device found. */
#ifndef VMGRANT_JUDGE_KIND_VFIO_OBJECT_H
#define VMGRANT_JUDGE_KIND_VFIO_OBJECT_H

#include "judge/kind/vfio/find.h"
#include "judge/kind/vfio/nodes.h"

struct vfio_object {
	int sys_fd, dev_fd; /* the folders that all is looked up in; -1: none */
	int find_result;    /* of vfio_find() */
	struct vfio_finding finding;
	struct vfio_nodes nodes; /* from the judgement on */
};

#endif
