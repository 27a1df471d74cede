/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Device nodes, opened for whoever may not open them.
 *
 * What is opened is decided by the kernel's word alone: an attribute of sysfs, whose
 * path is ours, says which number the node has to have, and that number decides which
 * device opening leads to, whoever made the node.
 */
#ifndef VMGRANT_HELPER_NODE_NODE_H
#define VMGRANT_HELPER_NODE_NODE_H

#include <sys/types.h>

#define NODE_PATH_SIZE 80u

struct node {
	char attribute[NODE_PATH_SIZE]; /* "/sys/class/vfio/12/dev" */
	char path[NODE_PATH_SIZE];      /* "/dev/vfio/12" */
	mode_t kind;                    /* S_IFCHR or S_IFBLK */
};

/*
 * Open it with ORDER_RIGHT_NODES raised. flags: O_RDWR and the like; the fd is
 * close-on-exec and never a controlling terminal. No part of the path may be a link.
 *
 * Returns an fd that the caller owns, or -errno: -ENOENT if there is no such attribute
 * or node, -ENODEV if the node is a link, of another kind, or has another number.
 */
int node_open(const struct node *node, int flags);

/*
 * Open one that every machine has under one name, for reading and writing: with
 * ORDER_RIGHT_NODES raised where the account may not. Returns an fd or -errno.
 */
int node_open_fixed(const char *path);

/*
 * Open what an O_PATH descriptor stands for, which the caller has looked at. The fd is
 * close-on-exec and never a controlling terminal. Returns an fd or -errno.
 */
int node_reopen(int place, int flags);

#endif
