/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The limit on locked memory of the process that asks. */
#include "helper/node/memlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "helper/privileges.h"
#include "helper/node/proc-limits.h"

/* Since Linux 6.5; libc learned the name later. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

/* Shorter than all process numbers take to come round, longer than two system calls. */
#define MOMENT_US 50000

#define AMOUNT_SIZE 32

/* ---- what the rule gives ---- */

/* "24G", or plain bytes where no unit fits. */
static void format_amount(uint64_t bytes, char text[AMOUNT_SIZE])
{
	static const char units[] = "KMGT";
	unsigned unit = 0;

	while (unit < sizeof units - 1 && bytes != 0 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	if (unit == 0)
		(void)snprintf(text, AMOUNT_SIZE, "%llu bytes", (unsigned long long)bytes);
	else
		(void)snprintf(text, AMOUNT_SIZE, "%llu%c", (unsigned long long)bytes,
			       units[unit - 1]);
}

enum reply_code memlock_check(const struct request *request, const struct acl_options *options,
			      struct refusal *why)
{
	char asked[AMOUNT_SIZE], given[AMOUNT_SIZE];

	if (request->memlock_bytes == REQUEST_MEMLOCK_ALL ||
	    request->memlock_bytes <= options->memlock_bytes)
		return REPLY_GRANTED;
	format_amount(request->memlock_bytes, asked);
	format_amount(options->memlock_bytes, given);
	if (options->memlock_bytes == 0)
		return refuse(why, REPLY_DENIED,
			      "vfio %s: the rule gives no locked memory: ask without it, or the "
			      "administrator for memlock=%.*s in the rule",
			      request->pci_address, (int)strcspn(asked, " "), asked);
	return refuse(why, REPLY_DENIED,
		      "vfio %s: %s of locked memory are not allowed, the rule gives %s: ask for less",
		      request->pci_address, asked, given);
}

/* ---- who asks ---- */

/*
 * The process that made the socket. Before Linux 6.5 its number has to do: it may
 * have gone over to another process, but then to one of the same user's, or the
 * signal is refused.
 */
static int find_requester(int socket_fd, struct memlock *memlock)
{
	struct ucred peer = { .pid = 0 };
	socklen_t length = sizeof peer;
	int pidfd = -1;

	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return -errno;
	/* 0: it lives in a process namespace that we cannot see into. */
	if (peer.pid <= 0)
		return -ESRCH;
	memlock->pid = peer.pid;
	length = sizeof pidfd;
	if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &length) == 0) {
		memlock->pidfd = pidfd;
		return 0;
	}
	if (errno != ENOPROTOOPT)
		return -ESRCH;
	memlock->pidfd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
	return memlock->pidfd < 0 ? -errno : 0;
}

/* 0 as long as the number is the process's, and the process the caller's. */
static int check_requester(const struct memlock *memlock)
{
	return syscall(SYS_pidfd_send_signal, memlock->pidfd, 0, NULL, 0) < 0 ? -ESRCH : 0;
}

/* ---- its limit ---- */

static int call_prlimit(pid_t pid, const struct rlimit64 *limit, struct rlimit64 *before)
{
	int result = 0;

	(void)privileges_raise(PRIVILEGE_LIMITS);
	if (prlimit64(pid, RLIMIT_MEMLOCK, limit, before) < 0)
		result = -errno;
	privileges_lower();
	return result;
}

static int read_limit(const struct memlock *memlock, struct rlimit64 *limit)
{
	int result = call_prlimit(memlock->pid, NULL, limit);

	/* Without the capability the kernel tells it in another place. */
	if (result == -EPERM)
		result = proc_limits_memlock(memlock->pid, limit);
	return result < 0 ? result : check_requester(memlock);
}

/*
 * Set back what was set, wherever it was set. The kernel refuses nothing to the
 * capability, so that a wrong process is noticed only afterwards.
 */
static void set_back(pid_t pid, const struct rlimit64 *before, const struct rlimit64 *after)
{
	struct rlimit64 now;

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
	const struct rlimit64 wanted = memlock->after;
	int result = call_prlimit(memlock->pid, &wanted, &memlock->before);

	if (result < 0 || (memlock->before.rlim_cur <= wanted.rlim_cur &&
			   memlock->before.rlim_max <= wanted.rlim_max))
		return result;
	raise_both(memlock, wanted.rlim_cur, wanted.rlim_max);
	return call_prlimit(memlock->pid, &memlock->after, NULL);
}

static int set_limit(struct memlock *memlock)
{
	const struct itimerval moment = { .it_value = { .tv_usec = MOMENT_US } };
	struct itimerval rest;
	int result;

	if (setitimer(ITIMER_REAL, &moment, &rest) < 0)
		return -errno;
	result = check_requester(memlock);
	if (result == 0)
		result = set_and_keep(memlock);
	(void)setitimer(ITIMER_REAL, &rest, NULL);
	if (result == 0) {
		result = check_requester(memlock);
		if (result < 0)
			set_back(memlock->pid, &memlock->before, &memlock->after);
	}
	return result;
}

static enum reply_code refuse_raise(const struct request *request, const struct memlock *memlock,
				    int result, struct refusal *why)
{
	char wanted[AMOUNT_SIZE], found[AMOUNT_SIZE];

	if (result == -ESRCH)
		return refuse(why, REPLY_CHANNEL,
			      "vfio %s: the process that asks has ended, or is not the caller's any more",
			      request->pci_address);
	if (result != -EPERM)
		return refuse(why, REPLY_INTERNAL,
			      "vfio %s: cannot read the limit on locked memory of process %ld: %s",
			      request->pci_address, (long)memlock->pid, strerror(-result));
	format_amount(memlock->after.rlim_cur, wanted);
	format_amount(memlock->before.rlim_cur, found);
	return refuse(why, REPLY_NO_PRIVILEGE,
		      "vfio %s: cannot raise the limit on locked memory of process %ld from %s to %s: "
		      "this container or service lacks CAP_SYS_RESOURCE: start it outside, or ask the "
		      "administrator for a higher limit (ulimit -l)",
		      request->pci_address, (long)memlock->pid, found, wanted);
}

static uint64_t amount_of(rlim64_t limit)
{
	return limit == RLIM64_INFINITY ? UINT64_MAX : limit;
}

enum reply_code memlock_raise(int socket_fd, const struct request *request,
			      const struct acl_options *options, struct memlock *memlock,
			      struct refusal *why)
{
	uint64_t wanted = request->memlock_bytes == REQUEST_MEMLOCK_ALL ? options->memlock_bytes
									: request->memlock_bytes;
	int result = find_requester(socket_fd, memlock);

	if (result < 0 && wanted == 0)
		return REPLY_GRANTED;
	if (result < 0)
		return refuse_raise(request, memlock, result, why);
	result = read_limit(memlock, &memlock->before);
	if (result == 0)
		memlock->limit_bytes = amount_of(memlock->before.rlim_cur);
	if (wanted != 0 && result == 0 && memlock->limit_bytes < wanted) {
		raise_both(memlock, wanted, wanted);
		result = set_limit(memlock);
		memlock->is_raised = result == 0;
	}
	if (memlock->is_raised)
		memlock->limit_bytes = amount_of(memlock->after.rlim_cur);
	else
		close(memlock->pidfd);
	return result == 0 || wanted == 0 ? REPLY_GRANTED
					  : refuse_raise(request, memlock, result, why);
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
