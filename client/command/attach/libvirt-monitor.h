/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The monitor of a libvirt domain, which libvirt keeps for itself: by way of virsh.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ATTACH_LIBVIRT_MONITOR_H
#define VMGRANT_CLIENT_COMMAND_ATTACH_LIBVIRT_MONITOR_H

#include "client/qmp/qmp.h"

/*
 * Connect, like qmp_open(). A fork of this process stands between, which gives each command and
 * its file to `virsh qemu-monitor-command`, and ends when the connection is closed. Of events it
 * makes the one that a device is gone.
 *
 * domain  name, number or uuid, for the libvirt that virsh finds by itself
 */
enum qmp_result libvirt_monitor_open(struct qmp *qmp, const char *domain, int *gone_out);

#endif
