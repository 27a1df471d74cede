/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Helpers in which one system call fails, kills or stops its process: one after the other,
 * as tests/system/faults.py says. Runs as root inside a world.
 *
 *   fault-injector UID GID[,GROUP...] FD HELPER [WORD...]
 *
 * Descriptor 3 is a seqpacket socket. For each command that comes the program makes a
 * socketpair as the user, sends back the client's end, starts HELPER as the user with the
 * other end as FD, and looks at each system call of it and of what it forks: a seccomp
 * filter that only root can install without no_new_privs hands every call to this process,
 * so that the setuid bit works and nothing is traced. When the last of them has ended the
 * report follows, and after it the calls that were seen, if they were wanted.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define CHANNEL 3
#define TASKS_MAX 32
#define CALLS_MAX 8192
#define GROUPS_MAX 16
#define SAID_MAX 4096
/* The longest that anything here may take is a request's own end, and that of its judge. */
#define HANG_MS (100 * 1000)
#define STOP_WAIT_US 50
#define STOP_TRIES 400

enum action { ACTION_NONE, ACTION_FAIL, ACTION_KILL, ACTION_STOP };

struct command {
	uint32_t action;
	uint32_t task;   /* in the order in which they came: 0 is the helper */
	uint32_t number; /* of the call in that task, from 0 */
	int32_t error;
	uint32_t channel_type;
	uint32_t answers_ioctl; /* every ioctl succeeds without being done */
	uint32_t memlock_bytes; /* 0, or the limit of a process that makes the socketpair */
	uint32_t wants_calls;
};

struct report {
	int32_t status; /* of waitpid() */
	uint32_t is_fired;
	uint32_t system_call; /* what it happened to */
	uint32_t tasks;
	uint32_t is_hanging;
	uint32_t said_length;
	uint64_t memlock_bytes; /* at the end */
	uint64_t effective;     /* capabilities of the helper where it writes to stderr or leaves */
	char said[SAID_MAX];
};

struct call {
	uint16_t task;
	uint16_t system_call;
};

struct user {
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS_MAX];
	size_t group_count;
};

struct setup {
	struct user user;
	int fd;
	char *const *argv;
	_Atomic int *listener_of_child;
};

struct run {
	struct command command;
	int listener;
	int is_started; /* the helper's loader is done */
	pid_t tids[TASKS_MAX];
	uint32_t counts[TASKS_MAX];
	uint32_t tasks;
	struct call calls[CALLS_MAX];
	uint32_t call_count;
	struct report report;
};

static void need(int condition, const char *what)
{
	if (condition)
		return;
	(void)fprintf(stderr, "fault-injector: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* ---- the child ---- */

/* Before there is a filter: root, since only root installs one that a setuid program keeps. */
static int install_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog program = { 1, code };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			    &program);
}

static void be_helper(const struct setup *setup, int channel, int said)
{
	static char *const environment[] = { "PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL };
	const struct user *user = &setup->user;
	int nothing = open("/dev/null", O_RDWR), listener;

	need(nothing >= 0 && dup2(nothing, 0) == 0 && dup2(nothing, 1) == 1 && dup2(said, 2) == 2,
	     "standard descriptors");
	if (channel != setup->fd)
		need(dup2(channel, setup->fd) == setup->fd, "the channel");
	need(fcntl(setup->fd, F_SETFD, 0) == 0, "the channel");
	need(syscall(SYS_close_range, setup->fd + 1, ~0U, 0) == 0, "close_range");
	need(setgroups(user->group_count, user->groups) == 0 &&
		     setresgid(user->gid, user->gid, user->gid) == 0, "groups");
	listener = install_filter();
	need(listener >= 0, "seccomp");
	atomic_store(setup->listener_of_child, listener);
	need(setresuid(user->uid, user->uid, user->uid) == 0, "setresuid");
	execve(setup->argv[0], setup->argv, environment);
	need(0, setup->argv[0]);
}

/* ---- the calls ---- */

static int task_of(struct run *run, pid_t tid)
{
	for (uint32_t i = 0; i < run->tasks; i++) {
		if (run->tids[i] == tid)
			return (int)i;
	}
	need(run->tasks < TASKS_MAX, "too many tasks");
	run->tids[run->tasks] = tid;
	return (int)run->tasks++;
}

/* What never returns has no result; what the kernel cannot fail is not made to. */
static int can_fail(int system_call)
{
	static const int sure[] = {
		SYS_exit, SYS_exit_group, SYS_rt_sigreturn, SYS_close, SYS_brk, SYS_getuid, SYS_geteuid,
		SYS_getgid, SYS_getegid, SYS_getpid, SYS_getppid, SYS_gettid, SYS_setfsuid, SYS_setfsgid,
		SYS_umask, SYS_set_tid_address, SYS_sched_yield,
#ifdef SYS_alarm
		SYS_alarm,
#endif
	};

	for (size_t i = 0; i < sizeof sure / sizeof sure[0]; i++) {
		if (system_call == sure[i])
			return 0;
	}
	return 1;
}

static int is_stopped(pid_t tid)
{
	char path[40], text[256];
	const char *state;
	ssize_t length;
	int fd;

	(void)snprintf(path, sizeof path, "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY);
	length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return 1; /* it is gone */
	text[length] = '\0';
	state = strrchr(text, ')');
	return state == NULL || state[2] == 'T' || state[2] == 'Z' || state[2] == 'X';
}

/* Of the helper: in what it says and in its end nothing may be raised. */
static void look_at_capabilities(struct run *run, const struct seccomp_notif *asked)
{
	char path[40], text[4096];
	const char *line;
	ssize_t length;
	int fd;

	if (asked->data.nr != SYS_exit_group && !(asked->data.nr == SYS_write && asked->data.args[0] == 2))
		return;
	(void)snprintf(path, sizeof path, "/proc/%d/status", (int)asked->pid);
	fd = open(path, O_RDONLY);
	length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return; /* it was killed */
	text[length] = '\0';
	line = strstr(text, "CapEff:");
	need(line != NULL, "CapEff");
	run->report.effective |= strtoull(line + 7, NULL, 16);
}

static void let_it_stand(pid_t tid)
{
	const struct timespec moment = { .tv_nsec = STOP_WAIT_US * 1000L };

	for (int i = 0; i < STOP_TRIES && !is_stopped(tid); i++)
		(void)nanosleep(&moment, NULL);
	(void)kill(tid, SIGCONT);
}

static int is_chosen(struct run *run, int task, uint32_t number, int system_call)
{
	const struct command *command = &run->command;

	if (command->action == ACTION_NONE || run->report.is_fired ||
	    (uint32_t)task != command->task || number != command->number)
		return 0;
	if (command->action == ACTION_FAIL && !can_fail(system_call))
		return 0;
	run->report.is_fired = 1;
	run->report.system_call = (uint32_t)system_call;
	return 1;
}

static void remember(struct run *run, int task, int system_call)
{
	if (run->command.wants_calls && run->call_count < CALLS_MAX)
		run->calls[run->call_count++] = (struct call){ (uint16_t)task, (uint16_t)system_call };
}

static void answer(const struct run *run, const struct seccomp_notif *asked, int error, int is_done)
{
	struct seccomp_notif_resp response = {
		.id = asked->id,
		.error = -error,
		.flags = error == 0 && !is_done ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0,
	};

	/* ENOENT: it was killed meanwhile. */
	need(ioctl(run->listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0 || errno == ENOENT,
	     "an answer");
}

static void serve_call(struct run *run)
{
	struct seccomp_notif asked = { 0 };
	const struct command *command = &run->command;
	int task, system_call, is_now;

	if (ioctl(run->listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0) {
		need(errno == ENOENT || errno == EINTR, "a call");
		return;
	}
	system_call = asked.data.nr;
	/*
	 * Our own child's setresuid and execve, and the loader, which crashes where a call fails it,
	 * are no cases: main() is near its beginning when it asks for waiting signals.
	 */
	run->is_started = run->is_started || system_call == SYS_rt_sigpending;
	if (!run->is_started) {
		answer(run, &asked, 0, 0);
		return;
	}
	task = task_of(run, (pid_t)asked.pid);
	is_now = is_chosen(run, task, run->counts[task]++, system_call);
	remember(run, task, system_call);
	if (task == 0)
		look_at_capabilities(run, &asked);
	if (is_now && command->action == ACTION_KILL)
		(void)kill((pid_t)asked.pid, SIGKILL);
	if (is_now && command->action == ACTION_STOP)
		(void)kill((pid_t)asked.pid, SIGSTOP);
	answer(run, &asked, is_now && command->action == ACTION_FAIL ? command->error : 0,
	       command->answers_ioctl && system_call == SYS_ioctl);
	if (is_now && command->action == ACTION_STOP)
		let_it_stand((pid_t)asked.pid);
}

/* Until nobody is left who has the filter. */
static void serve_calls(struct run *run)
{
	struct pollfd calls = { .fd = run->listener, .events = POLLIN };

	for (;;) {
		int count = poll(&calls, 1, HANG_MS);

		need(count >= 0, "poll");
		if (count == 0) {
			run->report.is_hanging = 1;
			for (uint32_t i = 0; i < run->tasks; i++)
				(void)kill(run->tids[i], SIGKILL);
			return;
		}
		if ((calls.revents & POLLIN) != 0)
			serve_call(run);
		else if ((calls.revents & (POLLHUP | POLLERR)) != 0)
			return;
	}
}

/* ---- the socketpair ---- */

static void pass_fds(int channel, const int *fds, size_t count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	char byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

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
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };

	need(recvmsg(channel, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message) != NULL,
	     "recvmsg");
	memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), 2 * sizeof(int));
}

/* The kernel notes who made it. */
static void make_pair(const struct setup *setup, int type, int fds[2])
{
	need(setresuid((uid_t)-1, setup->user.uid, (uid_t)-1) == 0, "setresuid");
	need(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) == 0, "socketpair");
	need(setresuid((uid_t)-1, 0, (uid_t)-1) == 0, "setresuid");
}

/* Makes it, stays, and says in the end what its limit has become. */
static void be_maker(const struct user *user, const struct command *command, int leash)
{
	/* Up to the hard limit no capability is needed, which not every machine has to give. */
	struct rlimit limit = { command->memlock_bytes, 6 * (rlim_t)command->memlock_bytes };
	int fds[2];
	uint64_t bytes;
	char byte;

	need(setrlimit(RLIMIT_MEMLOCK, &limit) == 0 && setgroups(user->group_count, user->groups) == 0 &&
		     setresgid(user->gid, user->gid, user->gid) == 0 &&
		     setresuid(user->uid, user->uid, user->uid) == 0, "the maker");
	need(socketpair(AF_UNIX, (int)command->channel_type | SOCK_CLOEXEC, 0, fds) == 0, "socketpair");
	pass_fds(leash, fds, 2);
	close(fds[0]);
	close(fds[1]);
	need(read(leash, &byte, 1) == 1 && getrlimit(RLIMIT_MEMLOCK, &limit) == 0, "the maker");
	bytes = limit.rlim_cur;
	need(write(leash, &bytes, sizeof bytes) == (ssize_t)sizeof bytes, "the maker");
	_exit(0);
}

static pid_t start_maker(const struct setup *setup, const struct command *command, int fds[2],
			 int *leash_out)
{
	int leash[2];
	pid_t pid;

	need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, leash) == 0, "socketpair");
	pid = fork();
	need(pid >= 0, "fork");
	if (pid == 0)
		be_maker(&setup->user, command, leash[1]);
	close(leash[1]);
	take_fds(leash[0], fds);
	*leash_out = leash[0];
	return pid;
}

static uint64_t end_maker(pid_t pid, int leash)
{
	uint64_t bytes = 0;

	need(write(leash, "", 1) == 1 && read(leash, &bytes, sizeof bytes) == (ssize_t)sizeof bytes,
	     "the maker");
	close(leash);
	(void)waitpid(pid, NULL, 0);
	return bytes;
}

/* ---- one helper ---- */

static int take_listener(const struct setup *setup, pid_t child)
{
	int pidfd = (int)syscall(SYS_pidfd_open, child, 0), number, fd;
	const struct timespec moment = { .tv_nsec = 20000 };

	need(pidfd >= 0, "pidfd_open");
	while ((number = atomic_load(setup->listener_of_child)) < 0) {
		need(waitpid(child, NULL, WNOHANG) == 0, "the child");
		(void)nanosleep(&moment, NULL);
	}
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	need(fd >= 0, "pidfd_getfd");
	close(pidfd);
	return fd;
}

static void run_helper(const struct setup *setup, struct run *run, int near, int far)
{
	ssize_t length;
	int said[2];
	pid_t child;

	need(pipe2(said, O_CLOEXEC | O_NONBLOCK) == 0, "pipe2");
	atomic_store(setup->listener_of_child, -1);
	child = fork();
	need(child >= 0, "fork");
	if (child == 0)
		be_helper(setup, far, said[1]);
	close(far);
	close(said[1]);
	run->listener = take_listener(setup, child);
	pass_fds(CHANNEL, &near, 1);
	close(near);
	serve_calls(run);
	close(run->listener);
	need(waitpid(child, &run->report.status, 0) == child, "waitpid");
	length = read(said[0], run->report.said, SAID_MAX);
	run->report.said_length = length > 0 ? (uint32_t)length : 0;
	close(said[0]);
}

static void perform(const struct setup *setup, struct run *run)
{
	int fds[2], leash = -1;
	pid_t maker = -1;

	if (run->command.memlock_bytes != 0)
		maker = start_maker(setup, &run->command, fds, &leash);
	else
		make_pair(setup, (int)run->command.channel_type, fds);
	run_helper(setup, run, fds[0], fds[1]);
	if (maker > 0)
		run->report.memlock_bytes = end_maker(maker, leash);
	run->report.tasks = run->tasks;
	need(send(CHANNEL, &run->report, sizeof run->report, MSG_NOSIGNAL) ==
	     (ssize_t)sizeof run->report, "the report");
	if (run->command.wants_calls)
		need(send(CHANNEL, run->calls, run->call_count * sizeof run->calls[0],
			  MSG_NOSIGNAL) >= 0, "the calls");
}

static void read_groups(const char *text, struct user *user)
{
	char *end = NULL;

	user->gid = (gid_t)strtoul(text, &end, 10);
	while (*end == ',' && user->group_count < GROUPS_MAX)
		user->groups[user->group_count++] = (gid_t)strtoul(end + 1, &end, 10);
}

int main(int argc, char **argv)
{
	static struct run run;
	struct setup setup = { .user = { .uid = 0 } };

	if (argc < 5)
		return 2;
	setup.user.uid = (uid_t)strtoul(argv[1], NULL, 10);
	read_groups(argv[2], &setup.user);
	setup.fd = (int)strtol(argv[3], NULL, 10);
	setup.argv = argv + 4;
	setup.listener_of_child = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	need(setup.listener_of_child != MAP_FAILED, "mmap");
	need(fcntl(CHANNEL, F_SETFD, FD_CLOEXEC) == 0, "descriptor 3");
	for (;;) {
		memset(&run, 0, sizeof run);
		if (recv(CHANNEL, &run.command, sizeof run.command, 0) !=
		    (ssize_t)sizeof run.command)
			return 0;
		perform(&setup, &run);
	}
}
