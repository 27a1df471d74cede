/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nodes of a PCI device for an authorised request, and its locked memory. */
#include "judge/kind/vfio/open.h"

#include <string.h>

#include "helper/node/vfio-nodes.h"

static void describe_nodes(const struct vfio_nodes *held, struct nodes *nodes)
{
	nodes->flags = held->is_iommufd ? PROTOCOL_NODE_IOMMUFD : 0;
	memcpy(nodes->path, held->paths[0], sizeof nodes->path);
}

void vfio_offer(const struct grant *grant, struct nodes *nodes)
{
	const struct acl_options *options = grant_options(grant);

	describe_nodes(&grant_object(grant)->vfio.held, nodes);
	if (!options->polkit_skip)
		nodes->flags |= PROTOCOL_NODE_POLKIT;
	nodes->memlock_bytes = options->memlock_bytes;
}

enum reply_code vfio_open(const struct grant *grant, int socket_fd, struct nodes *nodes,
			  struct memlock *memlock, struct refusal *why)
{
	const struct request *request = grant_request(grant);
	const struct vfio_object *object = &grant_object(grant)->vfio;
	char text[REQUEST_TEXT_SIZE];
	enum reply_code code;

	/* Before, since nobody has asked for what it is now; after, since it is ours then. */
	code = vfio_object_judge_again(object, request, why);
	if (code != REPLY_GRANTED)
		return code;
	request_describe(request, text);
	code = vfio_nodes_open(&object->held, text, nodes, why);
	if (code == REPLY_GRANTED)
		code = vfio_object_judge_again(object, request, why);
	if (code == REPLY_GRANTED)
		code = memlock_raise(socket_fd, request, grant_options(grant), memlock, why);
	if (code != REPLY_GRANTED) {
		nodes_close(nodes);
		return code;
	}
	describe_nodes(&object->held, nodes);
	nodes->memlock_bytes = memlock->limit_bytes;
	return REPLY_GRANTED;
}
