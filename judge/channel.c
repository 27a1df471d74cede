/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The socket that the caller left open for the answer. */
#include "judge/channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "wire/fd-pass.h"

/* A socketpair has room for one byte; only a peer that stuffed it makes us wait. */
#define SEND_TIMEOUT_MS 5000

static int read_option(int fd, int option)
{
	int value = -1;
	socklen_t length = sizeof value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

static int has_peer(int fd)
{
	struct sockaddr_un address;
	socklen_t length = sizeof address;

	return getpeername(fd, (struct sockaddr *)&address, &length) == 0;
}

enum reply_code channel_check(int fd, enum channel_kind kind, uid_t caller_uid,
			      struct refusal *why)
{
	int type = kind == CHANNEL_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t length = sizeof peer;

	if (read_option(fd, SO_DOMAIN) != AF_UNIX || read_option(fd, SO_TYPE) != type)
		return refuse(why, REPLY_CHANNEL, "--fd=%d: not a unix %s", fd,
			      kind == CHANNEL_STREAM ? "stream socket"
						     : "seqpacket socket, as it must be without --br=BRIDGE");
	if (read_option(fd, SO_ACCEPTCONN) != 0 || !has_peer(fd) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return refuse(why, REPLY_CHANNEL, "--fd=%d: not a connected socket", fd);
	if (peer.uid != caller_uid)
		return refuse(why, REPLY_CHANNEL,
			      "--fd=%d: leads to a process of uid %u, not of the caller", fd,
			      (unsigned)peer.uid);
	return REPLY_GRANTED;
}

enum reply_code channel_send_tap(int fd, int tap_fd, struct refusal *why)
{
	const char nothing = 0;
	int error = fd_pass_send(fd, &nothing, sizeof nothing, &tap_fd, 1, SEND_TIMEOUT_MS);

	if (error < 0)
		return refuse(why, REPLY_CHANNEL, "--fd=%d: cannot hand over the TAP: %s", fd,
			      strerror(-error));
	return REPLY_GRANTED;
}
