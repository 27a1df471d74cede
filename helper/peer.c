/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Who asks, as the kernel says it. Reads nothing that anybody wrote. */
#include "helper/peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Since Linux 6.5; libc learned the name later. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static enum reply_code refuse_peer(struct refusal *why, const char *step)
{
	return refuse(why, REPLY_INTERNAL, "start: who asks: %s: %s", step, strerror(errno));
}

/* ---- the caller of a setuid program ---- */

static enum reply_code find_caller(struct peer *peer, struct refusal *why)
{
	int count = getgroups(0, NULL);

	if (count >= 0)
		peer->groups = calloc((size_t)count + 1, sizeof *peer->groups);
	if (count < 0 || peer->groups == NULL)
		return refuse_peer(why, "groups");
	peer->groups[0] = getgid();
	if (count > 0)
		count = getgroups(count, peer->groups + 1);
	if (count < 0)
		return refuse_peer(why, "groups");
	peer->group_count = (size_t)count + 1;
	return REPLY_GRANTED;
}

/* ---- the client of the service ---- */

int peer_pidfd(int socket_fd)
{
	int pidfd;
	socklen_t length = sizeof pidfd;

	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &length) == 0)
		return pidfd;
	return errno == ENOPROTOOPT ? -ENOPROTOOPT : -ESRCH;
}

enum reply_code peer_open(const struct door *door, struct peer *peer, struct refusal *why)
{
	int pidfd;

	if (door->kind != DOOR_SERVICE)
		return REPLY_GRANTED;
	pidfd = peer_pidfd(door->fd);
	if (pidfd == -ESRCH)
		return refuse_peer(why, "the process has ended");
	peer->pidfd = pidfd;
	if (pidfd >= 0)
		return REPLY_GRANTED;
	if (!door->by_pid)
		return refuse(why, REPLY_UNSUPPORTED,
			      "service: needs Linux 6.5 to be sure which process asks: ask the "
			      "administrator for --service=by-pid in vmgrant.service, if process "
			      "numbers will do, or install the helper setuid");
	peer->pidfd = (int)syscall(SYS_pidfd_open, peer->pid, 0);
	return peer->pidfd < 0 ? refuse_peer(why, "the process has ended") : REPLY_GRANTED;
}

static enum reply_code find_client(const struct door *door, struct peer *peer, struct refusal *why)
{
	struct ucred client = { .pid = 0 };
	socklen_t length = sizeof client;

	if (getsockopt(door->fd, SOL_SOCKET, SO_PEERCRED, &client, &length) < 0)
		return refuse_peer(why, "not a connected socket");
	/* 0: in a process namespace that is not below this one. */
	if (client.pid <= 0)
		return refuse(why, REPLY_CHANNEL, "service: the process that asks cannot be seen "
			      "from here: it lives in another process namespace");
	peer->uid = client.uid;
	peer->pid = client.pid;
	return REPLY_GRANTED;
}

enum reply_code peer_find(const struct door *door, struct peer *peer_out, struct refusal *why)
{
	*peer_out = (struct peer){ .uid = getuid(), .pid = getppid(), .pidfd = -1 };
	return door->kind == DOOR_SERVICE ? find_client(door, peer_out, why)
					  : find_caller(peer_out, why);
}
