/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Nodes below /dev: found without effect. The helper opens them.
 *
 * Which device a node leads to is decided by its kind and number alone, whoever
 * made the node: both are compared with what the kernel says in sysfs.
 */
#ifndef VMGRANT_JUDGE_SYSFS_NODE_H
#define VMGRANT_JUDGE_SYSFS_NODE_H

#include <sys/types.h>

/*
 * Find a node without opening the device: no driver notices (O_PATH). Needs no
 * privilege. No part of the path may be a link.
 *
 * dev     /dev, open
 * path    below it, "bus/usb/001/004"; of our own making
 * kind    S_IFCHR or S_IFBLK
 * number  which the node must have
 *
 * Returns an fd that the caller owns, or -errno: -ENODEV if it is a link, another
 * kind of file or has another number.
 */
int device_node_find(int dev, const char *path, mode_t kind, dev_t number);

#endif
