/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The limit on locked memory of the process that asks. */
#include "helper/node/memlock.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helper/peer.h"
#include "helper/privileges.h"

/* Shorter than all process numbers take to come round, longer than two system calls. */
#define MOMENT_MS 50

/* ---- who asks ---- */

/*
 * The process that made the socket. Before Linux 6.5 its number has to do: it may
 * have gone over to another process, but then to one of the same user's, or the
 * signal is refused.
 */
static int find_requester(const struct door *door, struct memlock *memlock)
{
	struct ucred peer = { .pid = 0 };
	socklen_t length = sizeof peer;

	if (getsockopt(door->fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return -errno;
	/* 0: it lives in a process namespace that we cannot see into. */
	if (peer.pid <= 0)
		return -ESRCH;
	memlock->pid = peer.pid;
	memlock->pidfd = peer_pidfd(door->fd);
	memlock->is_sure = memlock->pidfd >= 0 && door->kind == DOOR_SERVICE;
	if (memlock->pidfd != -ENOPROTOOPT)
		return memlock->pidfd < 0 ? memlock->pidfd : 0;
	memlock->pidfd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
	return memlock->pidfd < 0 ? -errno : 0;
}

/*
 * 0 as long as the number is the process's, and the process the caller's. The service may
 * not signal it: then the kernel's word at the connection has to be there.
 */
static int check_requester(const struct memlock *memlock)
{
	if (syscall(SYS_pidfd_send_signal, memlock->pidfd, 0, NULL, 0) == 0)
		return 0;
	return errno == EPERM && memlock->is_sure ? 0 : -ESRCH;
}

/* ---- its limit ---- */

static int call_prlimit(pid_t pid, const struct rlimit *limit, struct rlimit *before)
{
	int result = 0;

	(void)privileges_raise(ORDER_RIGHT_LIMITS);
	if (prlimit(pid, RLIMIT_MEMLOCK, limit, before) < 0)
		result = -errno;
	privileges_lower();
	return result;
}

static int read_limit(const struct memlock *memlock, struct rlimit *limit)
{
	int result = call_prlimit(memlock->pid, NULL, limit);
	int gone = check_requester(memlock);

	return gone < 0 ? gone : result;
}

/*
 * Set back what was set, wherever it was set. The kernel refuses nothing to the
 * capability, so that a wrong process is noticed only afterwards.
 */
static void set_back(pid_t pid, const struct rlimit *before, const struct rlimit *after)
{
	struct rlimit now;

	if (call_prlimit(pid, NULL, &now) == 0 && now.rlim_cur == after->rlim_cur &&
	    now.rlim_max == after->rlim_max)
		(void)call_prlimit(pid, before, NULL);
}

static rlim64_t higher(rlim64_t one, rlim64_t other)
{
	return one > other ? one : other;
}

/* Soft and hard limit at least so much, where they are lower in before. */
static void raise_both(struct memlock *memlock, rlim64_t soft, rlim64_t hard)
{
	memlock->after.rlim_cur = higher(memlock->before.rlim_cur, soft);
	memlock->after.rlim_max = higher(memlock->before.rlim_max, hard);
}

/* What it replaced may be more than what was read: another request came between. */
static int set_and_keep(struct memlock *memlock)
{
	const struct rlimit wanted = memlock->after;
	int result = call_prlimit(memlock->pid, &wanted, &memlock->before);

	if (result < 0 || (memlock->before.rlim_cur <= wanted.rlim_cur &&
			   memlock->before.rlim_max <= wanted.rlim_max))
		return result;
	raise_both(memlock, wanted.rlim_cur, wanted.rlim_max);
	return call_prlimit(memlock->pid, &memlock->after, NULL);
}

static int set_limit(struct memlock *memlock, struct time_limit *limit)
{
	int result;

	time_limit_shorten(limit, MOMENT_MS);
	result = check_requester(memlock);
	if (result == 0)
		result = set_and_keep(memlock);
	time_limit_restore(limit);
	if (result < 0)
		return result;
	result = check_requester(memlock);
	if (result < 0)
		set_back(memlock->pid, &memlock->before, &memlock->after);
	return result;
}

static uint64_t amount_of(rlim64_t limit)
{
	return limit == RLIM64_INFINITY ? UINT64_MAX : limit;
}

static int look(struct memlock *memlock, uint64_t wanted_bytes, struct answer_memlock *answer)
{
	int result = read_limit(memlock, &memlock->before);

	if (result < 0)
		return result;
	answer->limit_bytes = amount_of(memlock->before.rlim_cur);
	if (answer->limit_bytes >= wanted_bytes)
		return 0;
	raise_both(memlock, wanted_bytes, wanted_bytes);
	return memlock->after.rlim_max > memlock->before.rlim_max &&
			       (privileges_held() & ORDER_RIGHT_LIMITS) == 0
		       ? -EPERM
		       : 1;
}

int memlock_look(struct memlock *memlock, const struct door *door, uint64_t wanted_bytes,
		 struct answer_memlock *answer_out)
{
	int result;

	memlock_release(memlock);
	result = find_requester(door, memlock);
	if (result < 0)
		return result;
	answer_out->pid = memlock->pid;
	result = look(memlock, wanted_bytes, answer_out);
	if (result != 1)
		close(memlock->pidfd);
	return result;
}

int memlock_raise(struct memlock *memlock, struct time_limit *limit, struct answer_memlock *answer)
{
	int result = set_limit(memlock, limit);

	memlock->is_raised = result == 0;
	if (result == 0)
		answer->limit_bytes = amount_of(memlock->after.rlim_cur);
	else
		close(memlock->pidfd);
	return result;
}

void memlock_undo(struct memlock *memlock)
{
	if (memlock->is_raised && check_requester(memlock) == 0)
		set_back(memlock->pid, &memlock->before, &memlock->after);
	memlock_release(memlock);
}

void memlock_release(struct memlock *memlock)
{
	if (memlock->is_raised)
		close(memlock->pidfd);
	memlock->is_raised = 0;
}
