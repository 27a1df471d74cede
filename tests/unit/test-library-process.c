/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* libvmgrant in processes that have threads, children and signals of their own. */
#include "tests/unit/library-fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

static void attack_49_the_helper_inherits_nothing(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_connection *second = connect_to(STAND_IN);
	struct vmgrant_tap tap;

	(void)state;
	assert_int_equal(ask(second, "process", 1, 0, &tap), VMGRANT_OBJECT);
	assert_string_equal(vmgrant_error(second), "0 /dev/null, 1 /dev/null, 2 pipe, 3 socket, "
						   "environment empty");
	vmgrant_close(second);
	vmgrant_close(connection);
}

/* Run in a copy of the process; returns what the function returned. */
static int in_a_child(int (*function)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(function());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int ask_without_standard_files(void)
{
	struct vmgrant_connection *connection;
	struct vmgrant_tap tap;
	enum vmgrant_code code;

	for (int fd = 0; fd <= 2; fd++)
		close(fd);
	connection = vmgrant_connect(STAND_IN);
	if (connection == NULL)
		return 100;
	code = ask(connection, "no-power", 1, 0, &tap);
	if (code != VMGRANT_NO_PRIVILEGE || strstr(vmgrant_error(connection), "nosuid") == NULL)
		return 101;
	code = ask(connection, "br0", 2, 0, &tap);
	vmgrant_tap_close(&tap);
	vmgrant_close(connection);
	return (int)code;
}

static void it_works_without_standard_files(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(ask_without_standard_files), 0);
}

static int ask_with_sigchld_ignored(void)
{
	struct vmgrant_connection *connection;
	struct vmgrant_tap tap;

	(void)signal(SIGCHLD, SIG_IGN);
	connection = vmgrant_connect(STAND_IN);
	for (int i = 0; i < 3; i++) {
		if (ask(connection, "once", 1, 0, &tap) != VMGRANT_GRANTED)
			return 100;
		vmgrant_tap_close(&tap);
	}
	/* The status is lost, the sentence is not. */
	if (ask(connection, "no-power", 1, 0, &tap) != VMGRANT_INTERNAL ||
	    strstr(vmgrant_error(connection), "nosuid") == NULL)
		return 101;
	vmgrant_close(connection);
	return 0;
}

static void it_works_where_sigchld_is_ignored(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(ask_with_sigchld_ignored), 0);
}

static void *reap_everything(void *argument)
{
	while (*(volatile int *)argument == 0) {
		if (waitpid(-1, NULL, WNOHANG) <= 0)
			(void)usleep(500);
	}
	return NULL;
}

static int ask_with_a_thief(void)
{
	volatile int stop = 0;
	struct vmgrant_connection *connection;
	struct vmgrant_tap tap;
	pthread_t thief;

	if (pthread_create(&thief, NULL, reap_everything, (void *)(uintptr_t)&stop) != 0)
		return 100;
	connection = vmgrant_connect(STAND_IN);
	for (int i = 0; i < 10; i++) {
		if (ask(connection, "once", 1, 0, &tap) != VMGRANT_GRANTED)
			return 101;
		vmgrant_tap_close(&tap);
		(void)usleep(2000);
	}
	vmgrant_close(connection);
	stop = 1;
	(void)pthread_join(thief, NULL);
	return 0;
}

static void it_works_where_somebody_reaps_every_child(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(ask_with_a_thief), 0);
}

static void another_child_is_left_alone(void **state)
{
	struct vmgrant_connection *connection;
	struct vmgrant_tap tap;
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(42);
	connection = connect_to(STAND_IN);
	assert_int_equal(ask(connection, "eof", 1, 0, &tap), VMGRANT_INTERNAL);
	assert_int_equal(ask(connection, "br0", 1, 0, &tap), VMGRANT_GRANTED);
	vmgrant_tap_close(&tap);
	vmgrant_close(connection);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 42);
}

static void a_forked_copy_neither_uses_nor_ends_the_connection(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_tap tap;
	int status, barrier[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(barrier), 0);
	pid = fork();
	if (pid == 0) {
		char byte;
		int is_refused = ask(connection, "br0", 1, 0, &tap) == VMGRANT_USAGE;

		close(barrier[1]);
		/* Holds its copy of the socket until the parent has closed the connection. */
		(void)!read(barrier[0], &byte, 1);
		vmgrant_close(connection);
		_exit(is_refused ? 0 : 1);
	}
	assert_int_equal(ask(connection, "br0", 1, 0, &tap), VMGRANT_GRANTED);
	vmgrant_tap_close(&tap);
	vmgrant_close(connection);
	close(barrier[0]);
	close(barrier[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void on_alarm(int number)
{
	(void)number;
}

static void signals_of_the_program_neither_end_a_request_nor_are_changed(void **state)
{
	const struct sigaction handler = { .sa_handler = on_alarm };
	const struct itimerval often = { { 0, 5000 }, { 0, 5000 } }, never = { 0 };
	struct vmgrant_connection *connection;
	struct sigaction after;
	struct vmgrant_tap tap;
	sigset_t mask;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &handler, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	connection = connect_to(STAND_IN);
	assert_int_equal(ask(connection, "slow", 1, 0, &tap), VMGRANT_GRANTED);
	vmgrant_tap_close(&tap);
	vmgrant_close(connection);
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, NULL, &after), 0);
	assert_ptr_equal(after.sa_handler, on_alarm);
	assert_int_equal(sigaction(SIGPIPE, NULL, &after), 0);
	assert_ptr_equal(after.sa_handler, SIG_DFL);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &mask), 0);
	assert_int_equal(sigismember(&mask, SIGCHLD), 0);
}

static void *ask_often(void *argument)
{
	struct vmgrant_connection *connection = vmgrant_connect(STAND_IN);
	uintptr_t granted = 0;

	(void)argument;
	for (int i = 0; connection != NULL && i < 20; i++) {
		struct vmgrant_tap tap;

		if (ask(connection, i % 5 == 4 ? "once" : "br0", 3, 0, &tap) == VMGRANT_GRANTED)
			granted++;
		vmgrant_tap_close(&tap);
	}
	vmgrant_close(connection);
	return (void *)granted;
}

static void threads_with_a_connection_each_do_not_disturb_each_other(void **state)
{
	pthread_t threads[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
	for (size_t i = 0; i < 8; i++) {
		void *granted;

		assert_int_equal(pthread_join(threads[i], &granted), 0);
		assert_int_equal((uintptr_t)granted, 20);
	}
}

static void an_unknown_flag_of_a_connection_is_refused(void **state)
{
	(void)state;
	errno = 0;
	assert_null(vmgrant_connect_with(STAND_IN, 1u << 31));
	assert_int_equal(errno, EINVAL);
}

static int ask_without_terminal(void)
{
	static const char reason[] = "nobody can be asked (there is no terminal to ask on)";
	struct vmgrant_connection *connection;
	struct vmgrant_tap tap;
	unsigned fds = count_fds();

	(void)setsid();
	connection = vmgrant_connect_with(STAND_IN, VMGRANT_CONNECT_TEXT_AGENT);
	if (connection == NULL)
		return 100;
	if (ask(connection, "challenge", 1, 0, &tap) != VMGRANT_POLKIT_CHALLENGE ||
	    strstr(vmgrant_error(connection), "terminal") != NULL)
		return 101;
	if (ask(connection, "challenge", 1, VMGRANT_TAP_INTERACTIVE, &tap) !=
		    VMGRANT_POLKIT_CHALLENGE ||
	    strstr(vmgrant_error(connection), reason) == NULL)
		return 102;
	if (ask(connection, "br0", 1, VMGRANT_TAP_INTERACTIVE, &tap) != VMGRANT_GRANTED)
		return 103;
	vmgrant_tap_close(&tap);
	vmgrant_close(connection);
	return count_fds() == fds ? 0 : 104;
}

static void attack_39_only_an_interactive_request_looks_for_a_terminal(void **state)
{
	(void)state;
	assert_int_equal(in_a_child(ask_without_terminal), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attack_49_the_helper_inherits_nothing),
		TEST(it_works_without_standard_files),
		TEST(it_works_where_sigchld_is_ignored),
		TEST(it_works_where_somebody_reaps_every_child),
		TEST(another_child_is_left_alone),
		TEST(a_forked_copy_neither_uses_nor_ends_the_connection),
		TEST(signals_of_the_program_neither_end_a_request_nor_are_changed),
		TEST(an_unknown_flag_of_a_connection_is_refused),
		TEST(attack_39_only_an_interactive_request_looks_for_a_terminal),
		TEST(threads_with_a_connection_each_do_not_disturb_each_other),
	};

	keep_inherited_fds_from_helpers();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
