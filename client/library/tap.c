/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The requests of libvmgrant for network cards: from the caller's structs to messages and back. */
#include <string.h>
#include <unistd.h>

#include "client/library/connection.h"

static enum vmgrant_code encode_bridge(struct vmgrant_connection *connection, const char *bridge,
				       struct protocol_tap_request *request)
{
	size_t length = bridge == NULL ? 0 : strnlen(bridge, sizeof request->bridge);

	/* Never cut: that would be another bridge. */
	if (length == 0 || length == sizeof request->bridge)
		return connection_refuse(connection, VMGRANT_USAGE,
					 "bridge %.64s: not a bridge name: 1 to 15 characters",
					 bridge == NULL ? "" : bridge);
	memcpy(request->bridge, bridge, length);
	return VMGRANT_GRANTED;
}

static enum vmgrant_code encode_request(struct vmgrant_connection *connection,
					const struct vmgrant_tap_request *request,
					struct protocol_tap_request *message)
{
	unsigned queues = request->queues == 0 ? 1 : request->queues;
	enum vmgrant_code code =
		connection_check_size(connection, request, sizeof *request, request->size);

	if (code != VMGRANT_GRANTED)
		return code;
	if ((request->flags & ~PROTOCOL_TAP_FLAGS_ALL) != 0)
		return connection_refuse(connection, VMGRANT_USAGE,
					 "request: asks for what libvmgrant %s does not know",
					 vmgrant_version());
	if (queues > VMGRANT_QUEUES_MAX)
		return connection_refuse(connection, VMGRANT_USAGE,
					 "request: %u queues: 1 to %d are possible", queues,
					 VMGRANT_QUEUES_MAX);
	message->flags = request->flags;
	message->queues = (uint16_t)queues;
	if ((request->flags & VMGRANT_TAP_MAC) != 0)
		memcpy(message->mac, request->mac, sizeof message->mac);
	return encode_bridge(connection, request->bridge, message);
}

static void hand_over(const struct protocol_reply *reply, struct fd_list *received,
		      struct vmgrant_tap *tap)
{
	tap->queues = reply->queues;
	tap->vhost_count = reply->vhost_count;
	memcpy(tap->queue_fds, received->fds, reply->queues * sizeof(int));
	memcpy(tap->vhost_fds, received->fds + reply->queues, reply->vhost_count * sizeof(int));
	received->count = 0;
	tap->flags = reply->flags;
	tap->mtu_bytes = reply->mtu_bytes;
	memcpy(tap->port, reply->port, sizeof tap->port);
	memcpy(tap->tap, reply->tap, sizeof tap->tap);
}

enum vmgrant_code vmgrant_tap(struct vmgrant_connection *connection,
			      const struct vmgrant_tap_request *request, struct vmgrant_tap *tap)
{
	struct protocol_request message = { .header = { .type = PROTOCOL_TAP } };
	struct protocol_reply reply;
	struct fd_list received;
	enum vmgrant_code code = connection_clear_result(connection, tap, sizeof *tap);

	if (code != VMGRANT_GRANTED)
		return code;
	for (size_t i = 0; i < VMGRANT_QUEUES_MAX; i++)
		tap->queue_fds[i] = tap->vhost_fds[i] = -1;
	code = encode_request(connection, request, &message.tap);
	if (code == VMGRANT_GRANTED)
		code = connection_ask(connection, &message, &reply, &received);
	if (code == VMGRANT_GRANTED)
		hand_over(&reply, &received, tap);
	return code;
}

static void close_fds(int *fds, unsigned count)
{
	for (unsigned i = 0; i < count && i < VMGRANT_QUEUES_MAX; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

void vmgrant_tap_close(struct vmgrant_tap *tap)
{
	if (tap == NULL)
		return;
	close_fds(tap->queue_fds, tap->queues);
	close_fds(tap->vhost_fds, tap->vhost_count);
	tap->queues = tap->vhost_count = 0;
}

enum vmgrant_code vmgrant_offer(struct vmgrant_connection *connection, const char *bridge,
				struct vmgrant_offer *offer)
{
	struct protocol_request message = { .header = { .type = PROTOCOL_QUERY },
					    .tap = { .queues = 1 } };
	struct protocol_reply reply;
	struct fd_list received;
	enum vmgrant_code code = connection_clear_result(connection, offer, sizeof *offer);

	if (code != VMGRANT_GRANTED)
		return code;
	code = encode_bridge(connection, bridge, &message.tap);
	if (code == VMGRANT_GRANTED)
		code = connection_ask(connection, &message, &reply, &received);
	if (code != VMGRANT_GRANTED)
		return code;
	offer->flags = reply.flags;
	offer->queues = reply.queues;
	offer->mtu_bytes = reply.mtu_bytes;
	offer->quota = reply.quota;
	offer->quota_used = reply.quota_used;
	offer->vlan = reply.vlan;
	return VMGRANT_GRANTED;
}
