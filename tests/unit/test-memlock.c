/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The limit on locked memory is raised for the process that asks.
 *
 * The process that asks is this one: it made the socket. What needs
 * CAP_SYS_RESOURCE, a higher hard limit, is tested in the virtual machine.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "helper/node/memlock.h"
#include "helper/privileges.h"
#include "judge/kind/vfio/proc-limits.h"
#include "wire/process/fd-pass.h"

struct place {
	int sockets[2];
	uint64_t unit; /* the soft limit at first; the hard one has room for four */
	struct memlock memlock;
	struct answer_memlock answer;
	struct time_limit time;
	struct rlimit limit; /* of this process, before the test */
};

static struct rlimit own_limit(void)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
	return limit;
}

static void set_soft_limit(uint64_t bytes)
{
	struct rlimit limit = own_limit();

	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
}

/* A soft limit that another request sets right before the second raising; 0: nobody does. */
static uint64_t limit_of_another;
static unsigned raised;

/* In place of the capabilities of the helper. */
int privileges_raise(enum order_right right)
{
	(void)right;
	if (++raised == 2 && limit_of_another != 0)
		set_soft_limit(limit_of_another);
	return 0;
}

void privileges_lower(void)
{
}

unsigned privileges_held(void)
{
	return ORDER_RIGHTS_ALL;
}

static int set_up(void **state)
{
	struct place *place = test_calloc(1, sizeof *place);

	*state = place;
	limit_of_another = 0;
	raised = 0;
	place->limit = own_limit();
	place->unit = place->limit.rlim_max / 4 < 1 << 20 ? place->limit.rlim_max / 4 : 1 << 20;
	set_soft_limit(place->unit);
	assert_int_equal(time_limit_start(&place->time, 0), 0);
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, place->sockets);
}

static int tear_down(void **state)
{
	struct place *place = *state;

	memlock_release(&place->memlock);
	close(place->sockets[0]);
	close(place->sockets[1]);
	assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &place->limit), 0);
	test_free(place);
	return 0;
}

static int raise_to(struct place *place, uint64_t wanted)
{
	const struct door door = { .kind = DOOR_NATIVE, .fd = place->sockets[0] };
	int result;

	/* Here nobody may lock anything. */
	if (place->unit == 0)
		skip();
	place->answer = (struct answer_memlock){ 0 };
	result = memlock_look(&place->memlock, &door, wanted, &place->answer);
	return result == 1 ? memlock_raise(&place->memlock, &place->time, &place->answer) : result;
}

static void it_is_raised_to_what_was_asked(void **state)
{
	struct place *place = *state;

	assert_int_equal(raise_to(place, 2 * place->unit), 0);
	assert_true(place->memlock.is_raised);
	assert_true(place->answer.limit_bytes == 2 * place->unit);
	assert_true(own_limit().rlim_cur == 2 * place->unit);
	assert_true(own_limit().rlim_max == place->limit.rlim_max);
}

static void nothing_leaves_it_and_tells_it(void **state)
{
	struct place *place = *state;

	assert_int_equal(raise_to(place, 0), 0);
	assert_false(place->memlock.is_raised);
	assert_true(place->answer.limit_bytes == place->unit);
	assert_int_equal(place->answer.pid, getpid());
	assert_true(own_limit().rlim_cur == place->unit);
}

static void it_is_never_lowered(void **state)
{
	struct place *place = *state;

	set_soft_limit(3 * place->unit);
	assert_int_equal(raise_to(place, 2 * place->unit), 0);
	assert_false(place->memlock.is_raised);
	assert_true(place->answer.limit_bytes == 3 * place->unit);
	assert_true(own_limit().rlim_cur == 3 * place->unit);
}

/* ATTACKS 44: of two requests at once the larger one counts. */
static void attack_44_it_is_not_lowered_by_a_request_at_the_same_time(void **state)
{
	struct place *place = *state;

	limit_of_another = 3 * place->unit;
	assert_int_equal(raise_to(place, 2 * place->unit), 0);
	assert_true(raised >= 2);
	assert_true(own_limit().rlim_cur == 3 * place->unit);
	assert_true(place->answer.limit_bytes == 3 * place->unit);
	memlock_undo(&place->memlock);
	assert_true(own_limit().rlim_cur == 3 * place->unit);
}

static void attack_11_what_is_not_handed_over_is_set_back(void **state)
{
	struct place *place = *state;

	assert_int_equal(raise_to(place, 2 * place->unit), 0);
	memlock_undo(&place->memlock);
	assert_true(own_limit().rlim_cur == place->unit);
	assert_true(own_limit().rlim_max == place->limit.rlim_max);
	assert_false(place->memlock.is_raised);
}

static void what_somebody_changed_since_is_not_set_back(void **state)
{
	struct place *place = *state;

	assert_int_equal(raise_to(place, 2 * place->unit), 0);
	set_soft_limit(3 * place->unit);
	memlock_undo(&place->memlock);
	assert_true(own_limit().rlim_cur == 3 * place->unit);
}

/* In a child: make a socket, send one end of it, and go. */
static void make_socket_and_go(int carrier)
{
	int pair[2];
	char byte = 0;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0)
		_exit(1);
	_exit(fd_pass_send(carrier, &byte, 1, &pair[0], 1, 1000) == 0 ? 0 : 1);
}

static int receive_socket(int carrier)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	const struct cmsghdr *rights;
	int fd = -1;

	assert_int_equal(recvmsg(carrier, &message, MSG_CMSG_CLOEXEC), 1);
	rights = CMSG_FIRSTHDR(&message);
	if (rights != NULL)
		memcpy(&fd, CMSG_DATA(rights), sizeof fd);
	assert_true(fd >= 0);
	return fd;
}

static void attack_10_a_requester_that_has_ended_gets_nothing(void **state)
{
	struct place *place = *state;
	int carrier[2], status;
	pid_t child;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, carrier), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		make_socket_and_go(carrier[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	close(place->sockets[0]);
	place->sockets[0] = receive_socket(carrier[0]);
	assert_int_equal(raise_to(place, 2 * place->unit), -ESRCH);
	assert_false(place->memlock.is_raised);
	assert_int_equal(raise_to(place, 0), -ESRCH);
	assert_true(place->answer.limit_bytes == 0);
	close(carrier[0]);
	close(carrier[1]);
}

static void the_time_limit_of_the_request_goes_on(void **state)
{
	struct place *place = *state;
	struct itimerspec rest;

	time_limit_begin(&place->time, 3600 * 1000LL);
	assert_int_equal(raise_to(place, 2 * place->unit), 0);
	assert_int_equal(timer_gettime(place->time.timer, &rest), 0);
	assert_true(rest.it_value.tv_sec > 3500);
	time_limit_begin(&place->time, 0);
}

static void limits_are_read_from_proc(void **state)
{
	struct rlimit limit;

	(void)state;
	assert_int_equal(proc_limits_memlock(getpid(), &limit), 0);
	assert_true(limit.rlim_cur == own_limit().rlim_cur);
	assert_true(limit.rlim_max == own_limit().rlim_max);
	assert_true(proc_limits_memlock(-1, &limit) < 0);
}

static void odd_texts_are_no_limits(void **state)
{
	static const char *const odd[] = {
		"", "Max locked memory ", "Max locked memory 1", "Max locked memory 1 2",
		"Max locked memory -1 2 bytes", "Max locked memory 1x 2 bytes",
		"Max locked memory unlimitedx unlimited bytes", "xMax locked memory 1 2 bytes",
		"Max locked memory 18446744073709551616 1 bytes",
	};
	struct rlimit limit;

	(void)state;
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
		assert_int_equal(proc_limits_parse(odd[i], &limit), -EINVAL);
	assert_int_equal(proc_limits_parse("a\nMax locked memory  12  unlimited  bytes\n", &limit),
			 0);
	assert_true(limit.rlim_cur == 12 && limit.rlim_max == RLIM64_INFINITY);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_raised_to_what_was_asked),
		TEST(nothing_leaves_it_and_tells_it),
		TEST(it_is_never_lowered),
		TEST(attack_44_it_is_not_lowered_by_a_request_at_the_same_time),
		TEST(attack_11_what_is_not_handed_over_is_set_back),
		TEST(what_somebody_changed_since_is_not_set_back),
		TEST(attack_10_a_requester_that_has_ended_gets_nothing),
		TEST(the_time_limit_of_the_request_goes_on),
		TEST(limits_are_read_from_proc),
		TEST(odd_texts_are_no_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
