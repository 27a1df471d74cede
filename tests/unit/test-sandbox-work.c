/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The judge's sandbox: what a judge cannot do without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#include "tests/unit/sandbox-fixture.h"

static long find_user(void)
{
	struct passwd *found = getpwuid(0);

	return found != NULL && getpwnam(found->pw_name) != NULL ? 0 : -1;
}

static long find_group(void)
{
	struct group *found = getgrgid(0);

	return found != NULL && getgrnam(found->gr_name) != NULL ? 0 : -1;
}

static long find_groups_of_user(void)
{
	gid_t groups[64];
	int count = 64;

	return getgrouplist("root", 0, groups, &count);
}

/* Not loaded yet: its code is mapped here. musl has no modules of a name service. */
#ifdef __GLIBC__
#define OTHER_LIBRARY "libnss_compat.so.2"
#else
#define OTHER_LIBRARY "libnl-route-3.so.200"
#endif

static long load_library(void)
{
	return dlopen(OTHER_LIBRARY, RTLD_NOW) != NULL ? 0 : -1;
}

static long read_sysfs(void)
{
	char text[64], link[256];
	int fd = open("/sys/class/net/lo/mtu", O_RDONLY | O_CLOEXEC);
	DIR *class = opendir("/sys/class/net");

	if (fd < 0 || read(fd, text, sizeof text) <= 0 || class == NULL)
		return -1;
	if (readdir(class) == NULL || closedir(class) < 0)
		return -1;
	return readlink("/sys/class/net/lo", link, sizeof link);
}

/* A message with a copy of a descriptor, there and back. */
static long pass_descriptor(void)
{
	int ends[2], fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char byte = 'x', room[CMSG_SPACE(sizeof fd)] __attribute__((aligned(8))) = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
				  .msg_iovlen = 1,
				  .msg_control = room,
				  .msg_controllen = sizeof room };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(header), &fd, sizeof fd);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	return sendmsg(ends[0], &message, 0) == 1 && recvmsg(ends[1], &message, 0) == 1 ? 0 : -1;
}

static long ask_peer(void)
{
	struct ucred peer;
	socklen_t length = sizeof peer;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	return getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &peer, &length);
}

static long wait_for_something(void)
{
	struct pollfd nothing = { .fd = -1 };
	const struct timespec soon = { .tv_nsec = 1 };
	int loop = epoll_create1(EPOLL_CLOEXEC), event = eventfd(0, EFD_CLOEXEC);
	struct epoll_event wanted = { .events = EPOLLIN };

	if (poll(&nothing, 1, 1) < 0 || ppoll(&nothing, 1, &soon, NULL) < 0)
		return -1;
	if (loop < 0 || event < 0 || epoll_ctl(loop, EPOLL_CTL_ADD, event, &wanted) < 0)
		return -1;
	return nanosleep(&soon, NULL);
}

static long use_memory(void)
{
	char *room = malloc(1 << 20), *more;

	if (room == NULL)
		return -1;
	more = realloc(room, 4 << 20);
	if (more == NULL) {
		free(room);
		return -1;
	}
	memset(more, 1, 4 << 20);
	free(more);
	return 0;
}

static long look_at_itself(void)
{
	struct rlimit limit;
	char name[16];

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 || prctl(PR_GET_NAME, name) < 0 ||
			       getgroups(0, NULL) < 0
		       ? -1
		       : 0;
}

static long not_wait_for_socket(void)
{
	int ends[2], on = 1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ||
	    ioctl(ends[0], FIONBIO, &on) < 0 || ioctl(ends[0], FIONREAD, &on) < 0)
		return -1;
	return fcntl(ends[0], F_SETFL, fcntl(ends[0], F_GETFL) | O_NONBLOCK);
}

static long catch_signals(void)
{
	const struct sigaction ignored = { .sa_handler = SIG_IGN };
	sigset_t all;

	sigfillset(&all);
	return sigaction(SIGPIPE, &ignored, NULL) < 0 ? -1 : sigprocmask(SIG_BLOCK, &all, NULL);
}

static void the_judge_can_do_its_work(void **state)
{
	(void)state;
	assert_works(find_user);
	assert_works(find_group);
	assert_works(find_groups_of_user);
	assert_works(load_library);
	assert_works(read_sysfs);
	assert_works(pass_descriptor);
	assert_works(ask_peer);
	assert_works(wait_for_something);
	assert_works(use_memory);
	assert_works(look_at_itself);
	assert_works(not_wait_for_socket);
	assert_works(catch_signals);
}

/* A judge that cannot end would be as bad. */
static void the_judge_can_end(void **state)
{
	struct refusal why;
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		if (judge_sandbox_enter(&why) != REPLY_GRANTED)
			_exit(BROKEN);
		/* cmocka's own handler is for the tests. */
		for (int number = 1; number < 32; number++)
			(void)signal(number, SIG_DFL);
		abort();
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_judge_can_do_its_work),
		cmocka_unit_test(the_judge_can_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
