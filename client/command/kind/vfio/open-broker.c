/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Files for a program that opens them by path.
 *
 * Nothing is decided here about rights: the program has been granted these very files,
 * and whatever it gets otherwise the kernel gives it. So a path that changes while it
 * is looked at can only lead to the one or the other.
 */
#include "client/command/kind/vfio/open-broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/command/kind/vfio/open-filter.h"
#include "client/text/message.h"
#include "wire/process/close-range.h"
#include "wire/process/fd-pass.h"

#define HANDSHAKE_TIMEOUT_MS 10000

struct broker {
	const struct open_broker_file *files;
	size_t count;
	int used[OPEN_BROKER_FILES_MAX]; /* of OPEN_BROKER_ONCE */
	int listener;
	struct seccomp_notif *report; /* of the kernel's size */
	size_t report_size;
	struct seccomp_notif_resp *answer;
	size_t answer_size;
};

/* What the process says of itself when it hands over the listener; the kernel says its pid. */
struct introduction {
	const char *probe; /* a string in its memory, to see whether that can be read */
};

static const char probe_text[] = "vmgrant opens";

/* ---- the supervisor at work ---- */

/* The kernel's structs grow; a buffer that is too small is written over. */
static int allocate(struct broker *broker)
{
	struct seccomp_notif_sizes sizes;

	if (syscall(__NR_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
		return -errno;
	broker->report_size = sizes.seccomp_notif > sizeof *broker->report
				      ? sizes.seccomp_notif : sizeof *broker->report;
	broker->answer_size = sizes.seccomp_notif_resp > sizeof *broker->answer
				      ? sizes.seccomp_notif_resp : sizeof *broker->answer;
	broker->report = calloc(1, broker->report_size);
	broker->answer = calloc(1, broker->answer_size);
	return broker->report == NULL || broker->answer == NULL ? -ENOMEM : 0;
}

/* Errors mean that nobody waits for the answer any more. */
static void send_answer(struct broker *broker, long long value, unsigned flags)
{
	memset(broker->answer, 0, broker->answer_size);
	broker->answer->id = broker->report->id;
	broker->answer->val = value;
	broker->answer->flags = flags;
	(void)ioctl(broker->listener, SECCOMP_IOCTL_NOTIF_SEND, broker->answer);
}

/* Returns 0 when the program has the file. */
static int give(struct broker *broker, int fd, unsigned fd_flags)
{
	struct seccomp_notif_addfd add = { .id = broker->report->id, .srcfd = (unsigned)fd,
					   .newfd_flags = fd_flags,
					   .flags = SECCOMP_ADDFD_FLAG_SEND };
	int number = ioctl(broker->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	if (number >= 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	/* Before Linux 5.14: the file first, then its number. */
	add.flags = 0;
	number = ioctl(broker->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	if (number >= 0)
		send_answer(broker, number, 0);
	return number >= 0 ? 0 : -errno;
}

/* The index of the file for this open, or -1. */
static int find(const struct broker *broker, const char *path)
{
	for (size_t i = 0; i < broker->count; i++) {
		if (!broker->used[i] && strcmp(broker->files[i].path, path) == 0)
			return (int)i;
	}
	return -1;
}

static void serve_one(struct broker *broker)
{
	char path[OPEN_BROKER_PATH_SIZE];
	unsigned fd_flags;
	int index = -1, error;

	memset(broker->report, 0, broker->report_size);
	if (ioctl(broker->listener, SECCOMP_IOCTL_NOTIF_RECV, broker->report) < 0)
		return;
	/* The pid may be another process's by now: then what was read is not what was asked. */
	if (open_filter_read(broker->report, path, sizeof path, &fd_flags) == 0 &&
	    ioctl(broker->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &broker->report->id) == 0)
		index = find(broker, path);
	if (index < 0) {
		send_answer(broker, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
		return;
	}
	error = give(broker, broker->files[index].fd, fd_flags);
	/* No room for the fd, for example: the program hears it from its open(). */
	if (error < 0 && error != -ENOENT) {
		memset(broker->answer, 0, broker->answer_size);
		broker->answer->id = broker->report->id;
		broker->answer->error = error;
		(void)ioctl(broker->listener, SECCOMP_IOCTL_NOTIF_SEND, broker->answer);
	}
	broker->used[index] = error == 0 && broker->files[index].use == OPEN_BROKER_ONCE;
}

/* Until nobody has the filter any more: then the listener hangs up. */
static _Noreturn void serve(struct broker *broker)
{
	struct pollfd readable = { .fd = broker->listener, .events = POLLIN };

	for (;;) {
		int ready = poll(&readable, 1, -1);

		if (ready < 0 && errno != EINTR)
			_exit(1);
		if (ready > 0 && (readable.revents & POLLIN) != 0)
			serve_one(broker);
		else if (ready > 0)
			_exit(0);
	}
}

/* ---- how it begins ---- */

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/*
 * What the program has open besides must not stay open here when the program closes
 * it, least of all a pipe at whose other end somebody waits for the end.
 */
static int keep_only(const struct broker *broker, int socket_fd)
{
	int kept[OPEN_BROKER_FILES_MAX + 1], last = STDERR_FILENO;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (null < 0 || dup2(null, fd) < 0)
			return -1;
	}
	for (size_t i = 0; i < broker->count; i++)
		kept[i] = broker->files[i].fd;
	kept[broker->count] = socket_fd;
	qsort(kept, broker->count + 1, sizeof kept[0], compare);
	for (size_t i = 0; i <= broker->count; i++) {
		if (kept[i] > last + 1)
			(void)close_range((unsigned)last + 1, (unsigned)kept[i] - 1, 0);
		last = kept[i] > last ? kept[i] : last;
	}
	return close_range((unsigned)last + 1, ~0u, 0);
}

/* What came with a message: the listener, and whose it is, as a number in here. */
static void take_control(struct msghdr *message, int *fd_out, pid_t *pid_out)
{
	struct ucred sender;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
	     part = CMSG_NXTHDR(message, part)) {
		if (part->cmsg_level != SOL_SOCKET)
			continue;
		if (part->cmsg_type == SCM_RIGHTS && part->cmsg_len == CMSG_LEN(sizeof *fd_out)) {
			memcpy(fd_out, CMSG_DATA(part), sizeof *fd_out);
		} else if (part->cmsg_type == SCM_CREDENTIALS &&
			   part->cmsg_len == CMSG_LEN(sizeof sender)) {
			memcpy(&sender, CMSG_DATA(part), sizeof sender);
			*pid_out = sender.pid;
		}
	}
}

/* Returns the listener, or -1. */
static int receive_listener(int socket_fd, struct introduction *introduction, pid_t *pid_out)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int)) +
					      CMSG_SPACE(sizeof(struct ucred))];
	struct iovec part = { .iov_base = introduction, .iov_len = sizeof *introduction };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	int fd = -1;

	if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC) == (ssize_t)sizeof *introduction)
		take_control(&message, &fd, pid_out);
	return fd;
}

static _Noreturn void supervise(struct broker *broker, int socket_fd)
{
	struct introduction introduction;
	char text[sizeof probe_text];
	pid_t self = getpid(), program = 0;
	int error, on = 1;

	/* Ctrl-C is for the program. */
	(void)setsid();
	(void)prctl(PR_SET_NAME, "vmgrant-opens");
	if (chdir("/") < 0 || keep_only(broker, socket_fd) < 0 || allocate(broker) < 0 ||
	    setsockopt(socket_fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0 ||
	    send(socket_fd, &self, sizeof self, MSG_NOSIGNAL) != (ssize_t)sizeof self)
		_exit(1);
	broker->listener = receive_listener(socket_fd, &introduction, &program);
	if (broker->listener < 0)
		_exit(1);
	error = open_filter_read_text(program, (uintptr_t)introduction.probe, text,
				      sizeof text);
	(void)send(socket_fd, &error, sizeof error, MSG_NOSIGNAL);
	close(socket_fd);
	if (error < 0)
		_exit(1);
	serve(broker);
}

/* Its parent ends at once, so that the program has no child that it knows nothing of. */
static int fork_twice(struct broker *broker, int socket_fd)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			supervise(broker, socket_fd);
		_exit(pid < 0 ? 1 : 0);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

/* Wait for a message of exactly that size. Returns 0 or -errno. */
static int receive(int socket_fd, void *bytes, size_t size)
{
	struct pollfd readable = { .fd = socket_fd, .events = POLLIN };
	int ready;

	do {
		ready = poll(&readable, 1, HANDSHAKE_TIMEOUT_MS);
	} while (ready < 0 && errno == EINTR);
	if (ready <= 0)
		return ready == 0 ? -ETIMEDOUT : -errno;
	return recv(socket_fd, bytes, size, 0) == (ssize_t)size ? 0 : -EPIPE;
}

static int introduce(int socket_fd, const char **what_out)
{
	struct introduction introduction = { .probe = probe_text };
	pid_t supervisor;
	int answer, listener, error = receive(socket_fd, &supervisor, sizeof supervisor);

	*what_out = _("a supervisor for its opens cannot be started");
	if (error < 0)
		return error;
	/*
	 * For Yama, where it is there: the supervisor is no ancestor. It stays through exec. In a
	 * namespace of the person's the number means nothing, and the person may look anyway.
	 */
	(void)prctl(PR_SET_PTRACER, supervisor, 0, 0, 0);
	*what_out = _("its opens cannot be watched");
	listener = open_filter_install();
	if (listener < 0)
		return listener;
	error = fd_pass_send(socket_fd, &introduction, sizeof introduction, &listener, 1,
			     HANDSHAKE_TIMEOUT_MS);
	/* With a copy here the opens would wait for ever once the supervisor is gone. */
	close(listener);
	if (error == 0)
		error = receive(socket_fd, &answer, sizeof answer);
	if (error < 0)
		return error;
	*what_out = _("its memory cannot be read by the supervisor of its opens");
	return answer;
}

int open_broker_fork(const struct open_broker_file *files, size_t count, int *socket_out,
		     const char **what_out)
{
	struct broker broker = { .files = files, .count = count };
	int ends[2], error;

	*what_out = _("a supervisor for its opens cannot be started");
	if (count > OPEN_BROKER_FILES_MAX)
		return -E2BIG;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	error = fork_twice(&broker, ends[1]);
	close(ends[1]);
	if (error < 0)
		close(ends[0]);
	else
		*socket_out = ends[0];
	return error;
}

int open_broker_join(int socket_fd, const char **what_out)
{
	int error = introduce(socket_fd, what_out);

	close(socket_fd);
	return error;
}

int open_broker_start(const struct open_broker_file *files, size_t count, const char **what_out)
{
	int socket_fd, error = open_broker_fork(files, count, &socket_fd, what_out);

	return error < 0 ? error : open_broker_join(socket_fd, what_out);
}
