/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The nodes of a PCI device for an authorised request, and its locked memory.
 */
#ifndef VMGRANT_JUDGE_KIND_VFIO_OPEN_H
#define VMGRANT_JUDGE_KIND_VFIO_OPEN_H

#include "judge/authorise.h"
#include "helper/node/memlock.h"
#include "judge/nodes.h"
#include "wire/refusal.h"

/* Say what would be opened, and how much memory the rule gives. Opens nothing. */
void vfio_offer(const struct grant *grant, struct nodes *nodes);

/*
 * Open the nodes and, last of all, raise the limit on locked memory of the process
 * at the other end of socket_fd.
 *
 * nodes    the fds are the caller's to close; after a refusal there are none
 * memlock  to be given to memlock_undo() if the nodes cannot be handed over, and to
 *          memlock_release() in all cases
 */
enum reply_code vfio_open(const struct grant *grant, int socket_fd, struct nodes *nodes,
			  struct memlock *memlock, struct refusal *why);

#endif
