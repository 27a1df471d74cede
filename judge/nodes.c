/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device nodes on their way to the client. */
#include "judge/nodes.h"

#include <unistd.h>

void nodes_close(struct nodes *nodes)
{
	for (size_t i = 0; i < nodes->fd_count; i++)
		close(nodes->fds[i]);
	nodes->fd_count = 0;
}
