/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Process 1 of the namespaces of a program that is shut in, and the program.
 *
 * The order is the point. With the person's own id: open what is named. With the program's id
 * and capabilities over the namespaces: a root folder. Then no capability, and no way back to
 * one; Landlock, which allows no mount any more; the filter, which allows no namespace. Both are
 * entered before the program is started, so that it never ran without.
 */
#include "client/confine/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/confine/filter.h"
#include "client/confine/landlock.h"
#include "client/confine/place-open.h"
#include "client/confine/root.h"
#include "client/text/message.h"
#include "client/text/text.h"
#include "wire/process/close-range.h"

#define CANNOT_EXECUTE 126
#define NOT_FOUND 127
#define JOIN_SESSION_KEYRING 1L

/* ---- capabilities over the namespaces, and the end of them ---- */

/* No groups of the person's; none at all where the map is the person's own. */
static int take_ids(const struct inside *inside)
{
	if (inside->confine->ids.is_taken && setgroups(0, NULL) < 0)
		return confine_fail(_("groups"), errno);
	if (setresgid(CONFINE_INSIDE_ID, CONFINE_INSIDE_ID, CONFINE_INSIDE_ID) < 0 ||
	    setresuid(CONFINE_INSIDE_ID, CONFINE_INSIDE_ID, CONFINE_INSIDE_ID) < 0)
		return confine_fail(_("ids"), errno);
	/* A change of ids hides /proc/self, which the mounts need. */
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return 0;
}

/* So that nothing in here can make capabilities for itself. What cannot be written, the filter denies. */
static void end_user_namespaces(void)
{
	int fd = open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		(void)!write(fd, "0", 1);
		close(fd);
	}
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	for (unsigned long capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;)
		capability++;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) < 0)
		return confine_fail(_("capabilities"), errno);
	return 0;
}

static int make_world(const struct inside *inside, int *fds)
{
	const struct confine *confine = inside->confine;
	char *folder = getcwd(NULL, 0);
	int result = 0;

	/* Only now: its root is the control group that the program has come to. */
	if (unshare(CLONE_NEWCGROUP) < 0)
		result = confine_fail(_("a namespace of control groups"), errno);
	if (result == 0)
		result = take_ids(inside);
	if (result == 0) {
		end_user_namespaces();
		result = confine_root_enter(confine, fds, folder == NULL ? "/" : folder);
	}
	free(folder);
	return result;
}

/* ---- the walls ---- */

/* One byte: with a limit of none, a program that collects core dumps would still be given this one. */
static int end_core_dumps(void)
{
	struct rlimit one = { 1, 1 }, now;

	if (getrlimit(RLIMIT_CORE, &now) == 0 && now.rlim_max < one.rlim_max)
		return 0;
	return setrlimit(RLIMIT_CORE, &one) < 0 ? confine_fail(_("core dumps"), errno) : 0;
}

static int enter_walls(const struct inside *inside, const int *fds)
{
	const struct confine *confine = inside->confine;
	const int has_landlock = confine_landlock_abi() > 0;

	if (end_core_dumps() < 0 || drop_capabilities() < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return confine_fail("no_new_privs", errno);
	if (has_landlock &&
	    confine_landlock_enter(confine, fds,
				   inside->has_namespaces ? CONFINE_ROOT_OWN
							  : CONFINE_ROOT_OF_HOST) < 0)
		return -1;
	return confine_filter_enter(inside->has_namespaces || confine->keeps_network
					    ? CONFINE_SOCKETS_IP : CONFINE_SOCKETS_UNIX);
}

/* The keys of the person's session stay with whoever has the keyring, whatever the id. */
static int leave_keyring(void)
{
	if (syscall(SYS_keyctl, JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
		return confine_fail(_("keyring"), errno);
	return 0;
}

/* It may have been killed before this process asked to end with it. */
static int has_supervisor(int report_fd)
{
	struct pollfd ready = { .fd = report_fd };

	return poll(&ready, 1, 0) == 0;
}

static int make_walls(const struct inside *inside, int *fds)
{
	if (place_open_all(inside->confine, fds) < 0)
		return -1;
	if (inside->has_namespaces && make_world(inside, fds) < 0)
		return -1;
	/* A change of ids has undone what was asked for before. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || !has_supervisor(inside->report_fd) ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return -1;
	return enter_walls(inside, fds);
}

static int confine_self(const struct inside *inside)
{
	const size_t count = inside->confine->place_count;
	int *fds, result;
	char byte;

	/* The person's process is gone if there is no byte. */
	if (read(inside->report_fd, &byte, 1) != 1)
		return -1;
	/* Away from the terminal, so that nothing can be typed into it. */
	if (setsid() < 0 || leave_keyring() < 0)
		return -1;
	fds = text_need(calloc(count + 1, sizeof *fds));
	result = make_walls(inside, fds);
	for (size_t i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	free(fds);
	return result < 0 ? -1 : prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* ---- the program ---- */

/* Who answers it as the person may read its memory, which exec replaces. */
static int join_last(const struct confine_last *last)
{
	if (last->join == NULL)
		return 0;
	(void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	return last->join(last->fd);
}

static _Noreturn void start_program(const struct inside *inside, pid_t parent)
{
	int error;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent || join_last(&inside->confine->last) < 0)
		_exit(INSIDE_FAILED);
	(void)sigprocmask(SIG_SETMASK, &inside->before, NULL);
	(void)execve(inside->program, inside->argv, inside->confine->environment);
	error = errno;
	(void)confine_fail(inside->program, error);
	_exit(error == ENOENT ? NOT_FOUND : CANNOT_EXECUTE);
}

/* Nothing but the report, the lock, and standard error. */
static void keep_only(int report_fd, const struct confine_ids *ids)
{
	int lock_fd = ids->is_taken ? ids->lock_fd : report_fd;
	int low = lock_fd < report_fd ? lock_fd : report_fd;
	int high = lock_fd < report_fd ? report_fd : lock_fd;

	(void)close_range(0, 1, 0);
	if (low > 3)
		(void)close_range(3, (unsigned)low - 1, 0);
	if (high > low + 1)
		(void)close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	(void)close_range((unsigned)high + 1, ~0u, 0);
}

/* Gather all that have ended. Returns 1 if the program is among them. */
static int gather(pid_t program, int *status_out)
{
	int status, has_ended = 0;
	pid_t ended;

	while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
		if (ended == program) {
			*status_out = status;
			has_ended = 1;
		}
	}
	return has_ended;
}

/* Whoever waits for the end of what the program writes does not wait for this process. */
static void go_to_background(void)
{
	(void)prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	(void)close_range(2, 2, 0);
}

/*
 * Orphans come to this process. With it all of them end: when the program does, or, if that
 * has gone to the background, when none is left.
 */
static _Noreturn void look_after(const struct inside *inside, pid_t program)
{
	int status, number, stays = 0;

	for (;;) {
		number = sigwaitinfo(&inside->signals, NULL);
		if (number > 0 && number != SIGCHLD)
			(void)kill(program, number == SIGTSTP ? SIGSTOP : number);
		if (gather(program, &status)) {
			stays = inside->confine->may_stay && WIFEXITED(status) &&
				WEXITSTATUS(status) == 0;
			if (stays)
				go_to_background();
			(void)send(inside->report_fd, &status, sizeof status, MSG_NOSIGNAL);
			if (!stays)
				_exit(0);
		}
		if (stays && waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			_exit(0);
	}
}

_Noreturn void inside_become(const struct inside *inside)
{
	pid_t program, self = getpid();

	if (confine_self(inside) < 0)
		_exit(INSIDE_FAILED);
	program = fork();
	if (program == 0)
		start_program(inside, self);
	if (program < 0)
		_exit(INSIDE_FAILED);
	keep_only(inside->report_fd, &inside->confine->ids);
	look_after(inside, program);
}
