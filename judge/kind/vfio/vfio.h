/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A PCI device that is bound to VFIO, with its whole IOMMU group. */
#ifndef VMGRANT_JUDGE_KIND_VFIO_VFIO_H
#define VMGRANT_JUDGE_KIND_VFIO_VFIO_H

#include "judge/kind/kind.h"

extern const struct kind kind_vfio;

#endif
