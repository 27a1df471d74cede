/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device nodes on their way to the client.
 */
#ifndef VMGRANT_JUDGE_NODES_H
#define VMGRANT_JUDGE_NODES_H

#include <stddef.h>
#include <stdint.h>

#include "wire/protocol.h"

#define NODES_MAX 2

/* What was opened, or with no fd what would be. Zeroed: nothing. */
struct nodes {
	int fds[NODES_MAX]; /* open for reading and writing; the holder closes them */
	size_t fd_count;
	unsigned flags;         /* enum protocol_node_flag */
	uint64_t memlock_bytes; /* VFIO, see struct protocol_reply */
	char path[PROTOCOL_NODE_SIZE]; /* of the first node */
};

/* Close this process's fds; what was sent lives on with its receiver. */
void nodes_close(struct nodes *nodes);

#endif
