/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The native protocol on a connection: bytes to requests, outcomes to replies.
 *
 * Runs in phase 2 and trusts nothing that it is sent. One message is one
 * request; a message that is none is answered or dropped, and the next one is
 * read: the kernel keeps the borders of messages, so the stream stays in step.
 */
#ifndef VMGRANT_JUDGE_SESSION_H
#define VMGRANT_JUDGE_SESSION_H

#include <stdint.h>

#include "judge/nodes.h"
#include "wire/refusal.h"
#include "judge/request.h"
#include "judge/kind/bridge/bridge.h"

enum native_event {
	NATIVE_REQUEST = 1, /* a well-formed request: answer it with native_reply() */
	NATIVE_REFUSED,     /* no request; *why says why, to be answered the same way */
	NATIVE_CLOSED,      /* the client has gone, or was silent for too long */
};

/* What a reply has to repeat of its request. */
struct native_tag {
	uint16_t type;
	uint32_t serial;
};

/*
 * Wait for the next message, at most some minutes. fds that come with it are
 * closed. Messages that cannot be answered, because they have no header of this
 * protocol, end the connection.
 */
enum native_event native_receive(int fd, struct request *request, struct native_tag *tag,
				 struct refusal *why);

/* What is handed over or told with a yes: what is not NULL. */
struct native_yes {
	const struct tap_port *port;   /* a TAP that was made */
	const struct tap_offer *offer; /* what a TAP would be given */
	const struct nodes *nodes;     /* of a device, opened or, without fds, offered */
};

/*
 * Send one reply. yes is NULL for a refusal; its fds stay the caller's to close.
 * Returns REPLY_GRANTED, or REPLY_CHANNEL when the client did not take it; then the
 * connection is over.
 */
enum reply_code native_reply(int fd, const struct native_tag *tag, const struct refusal *why,
			     const struct native_yes *yes);

#endif
