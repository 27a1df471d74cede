/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The process at the other end: the kernel notes who made a socketpair. */
#include <string.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/attack/fault-injector.h"

void pass_fds(int channel, const int *fds, size_t count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	char byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

	if (rights == NULL)
		_exit(1);
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
	need(sendmsg(channel, &message, MSG_NOSIGNAL) == 1, "sendmsg");
}

static void take_fds(int channel, int fds[2])
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof control };
	const struct cmsghdr *rights;

	need(recvmsg(channel, &message, MSG_CMSG_CLOEXEC) == 1, "recvmsg");
	rights = CMSG_FIRSTHDR(&message);
	if (rights == NULL)
		_exit(1);
	memcpy(fds, CMSG_DATA(rights), 2 * sizeof(int));
}

/* Makes it, stays, and says in the end what its limit has become. */
static void be_peer(const struct user *user, const struct command *command, int leash)
{
	/* Up to the hard limit no capability is needed, which not every machine has to give. */
	struct rlimit limit = { command->memlock_bytes, 6 * (rlim_t)command->memlock_bytes };
	int fds[2];
	uint64_t bytes;
	char byte;

	if (command->memlock_bytes != 0)
		need(setrlimit(RLIMIT_MEMLOCK, &limit) == 0, "the peer's limit");
	need(setgroups(user->group_count, user->groups) == 0 &&
		     setresgid(user->gid, user->gid, user->gid) == 0 &&
		     setresuid(user->uid, user->uid, user->uid) == 0,
	     "the peer");
	need(socketpair(AF_UNIX, (int)command->channel_type | SOCK_CLOEXEC, 0, fds) == 0,
	     "socketpair");
	pass_fds(leash, fds, 2);
	close(fds[0]);
	close(fds[1]);
	need(read(leash, &byte, 1) == 1 && getrlimit(RLIMIT_MEMLOCK, &limit) == 0, "the peer");
	bytes = limit.rlim_cur;
	need(write(leash, &bytes, sizeof bytes) == (ssize_t)sizeof bytes, "the peer");
	_exit(0);
}

struct peer start_peer(const struct user *user, const struct command *command)
{
	struct peer peer;
	int leash[2], fds[2];

	need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, leash) == 0, "socketpair");
	peer.pid = fork();
	need(peer.pid >= 0, "fork");
	if (peer.pid == 0)
		be_peer(user, command, leash[1]);
	close(leash[1]);
	take_fds(leash[0], fds);
	peer.leash = leash[0];
	peer.near = fds[0];
	peer.far = fds[1];
	return peer;
}

uint64_t end_peer(const struct peer *peer)
{
	uint64_t bytes = 0;

	need(write(peer->leash, "", 1) == 1 &&
		     read(peer->leash, &bytes, sizeof bytes) == (ssize_t)sizeof bytes,
	     "the peer");
	close(peer->leash);
	(void)waitpid(peer->pid, NULL, 0);
	return bytes;
}
