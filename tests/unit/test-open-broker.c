/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Files for a program that opens them by path. Every test is a program of its own,
 * whose supervisor becomes our child when it is orphaned.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/command/kind/vfio/open-broker.h"

#define GROUP "/dev/vfio/12"
#define CONTAINER "/dev/vfio/vfio-of-the-tests"

/* What the program has, and its own report about it. */
struct program {
	int group_fd, container_fd, report_fd;
	ino_t group, container;
};

typedef int program_body(const struct program *program);

/* ---- running a program ---- */

static int make_file(const char *name, ino_t *number_out)
{
	int fd = memfd_create(name, MFD_CLOEXEC);
	struct stat file;

	assert_true(fd >= 0 && fstat(fd, &file) == 0);
	*number_out = file.st_ino;
	return fd;
}

/* Which file a path leads to now, 0 and errno if to none. */
static ino_t opened(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct stat file = { 0 };

	if (fd < 0)
		return 0;
	(void)fstat(fd, &file);
	close(fd);
	return file.st_ino;
}

static int start_broker(const struct program *program)
{
	const struct open_broker_file files[] = {
		{ GROUP, program->group_fd, OPEN_BROKER_ALWAYS },
		{ CONTAINER, program->container_fd, OPEN_BROKER_ONCE },
	};
	const char *what;

	return open_broker_start(files, 2, &what);
}

static struct program prepare(int report_fd)
{
	struct program program = { .report_fd = report_fd };

	program.group_fd = make_file("group", &program.group);
	program.container_fd = make_file("container", &program.container);
	return program;
}

/* Run body in a child, with a broker. Returns its wait status; its report is in text. */
static int run(program_body *body, char *text, size_t size)
{
	int ends[2], status;
	ssize_t length;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct program program = prepare(ends[1]);

		close(ends[0]);
		_exit(start_broker(&program) < 0 ? 99 : body(&program));
	}
	close(ends[1]);
	/* The end comes only if the supervisor holds no copy of the pipe for longer. */
	for (length = 0; (size_t)length < size - 1;) {
		ssize_t got = read(ends[0], text + length, size - 1 - (size_t)length);

		if (got <= 0)
			break;
		length += got;
	}
	text[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The body must end with 0, and the supervisor with it. */
static void passes(program_body *body)
{
	char text[256];
	int status = run(body, text, sizeof text);

	if (status != 0)
		fail_msg("status %x: %s", (unsigned)status, text);
	/* The only child that we have left: without one this is -1. */
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	assert_int_equal(wait(&status), -1);
}

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			(void)dprintf(program->report_fd, "%s: errno %d\n", #condition, errno); \
			return 1; \
		} \
	} while (0)

/* ---- what is opened ---- */

static int opens_granted_and_others(const struct program *program)
{
	static char too_long[5000];

	MUST(opened(GROUP) == program->group);
	MUST(opened(GROUP) == program->group);
	MUST(opened(CONTAINER) == program->container);
	MUST(opened(CONTAINER) == 0 && errno == ENOENT);
	MUST(opened("/dev/null") != 0);
	MUST(opened("/dev/vfio/1") == 0 && errno == ENOENT);
	MUST(opened("/dev/vfio/123") == 0 && errno == ENOENT);
	MUST(opened("/dev/vfio//12") == 0 && errno == ENOENT);
	memset(too_long, '/', sizeof too_long - 1);
	MUST(opened(too_long) == 0 && errno == ENAMETOOLONG);
	MUST(opened("") == 0 && errno == ENOENT);
	MUST(open((const char *)8, O_RDONLY) < 0 && errno == EFAULT);
	return 0;
}

static void granted_paths_get_granted_files_and_others_what_the_kernel_gives(void **state)
{
	(void)state;
	passes(opens_granted_and_others);
}

static int opens_at_the_end_of_memory(const struct program *program)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	char *path = memory + page - sizeof GROUP;

	MUST(memory != MAP_FAILED && munmap(memory + page, page) == 0);
	memcpy(path, GROUP, sizeof GROUP);
	MUST(opened(path) == program->group);
	/* Without its end it cannot be read, by nobody. */
	memmove(path + 1, path, sizeof GROUP - 1);
	MUST(opened(path + 1) == 0 && errno == EFAULT);
	return 0;
}

static void a_path_may_end_where_memory_ends(void **state)
{
	(void)state;
	passes(opens_at_the_end_of_memory);
}

static int opens_without_room(const struct program *program)
{
	struct rlimit limit = { 0 };

	MUST(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	MUST(opened(GROUP) == 0 && errno == EMFILE);
	return 0;
}

static void a_program_without_room_for_the_file_is_told(void **state)
{
	(void)state;
	passes(opens_without_room);
}

/* ---- who opens ---- */

static int becomes_opener(const struct program *program)
{
	MUST(dup2(program->report_fd, STDOUT_FILENO) == STDOUT_FILENO);
	(void)execl(OPENER, OPENER, GROUP, "/nowhere", (char *)NULL);
	return 98;
}

static void every_system_call_of_another_program_is_answered(void **state)
{
	char text[1024], expected[1024];
	unsigned long number;
	int status = run(becomes_opener, text, sizeof text);

	(void)state;
	assert_int_equal(status, 0);
	assert_int_equal(sscanf(text, "open " GROUP ": %lu", &number), 1);
	(void)snprintf(expected, sizeof expected,
		       "open " GROUP ": %lu\nopenat " GROUP ": %lu cloexec\n"
		       "openat2 " GROUP ": %lu cloexec\nopen /nowhere: error 2\n"
		       "openat /nowhere: error 2\nopenat2 /nowhere: error 2\n",
		       number, number, number);
	assert_string_equal(text, expected);
	assert_true(wait(&status) > 0);
}

static int becomes_many_threads(const struct program *program)
{
	(void)program;
	(void)execl(OPENER, OPENER, "-t8", GROUP, (char *)NULL);
	return 98;
}

static void many_threads_are_answered_at_once(void **state)
{
	(void)state;
	passes(becomes_many_threads);
}

static int leaves_a_child(const struct program *program)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return 0;
	/* Later, as a daemon does. */
	while (getppid() == parent)
		(void)poll(NULL, 0, 1);
	(void)dprintf(program->report_fd, "%s", opened(GROUP) == program->group ? "yes" : "no");
	_exit(0);
}

static void a_child_that_stays_is_answered_until_it_ends(void **state)
{
	char text[64];
	int status;

	(void)state;
	assert_int_equal(run(leaves_a_child, text, sizeof text), 0);
	assert_string_equal(text, "yes");
	/* The child and the supervisor. */
	for (int i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(wait(&status), -1);
}

/* ---- what the program notices ---- */

static int has_nothing_strange(const struct program *program)
{
	MUST(waitpid(-1, NULL, 0) < 0 && errno == ECHILD);
	/* Its pipes are its own: closed here, they are closed. */
	MUST(dprintf(program->report_fd, "closing\n") > 0);
	close(program->report_fd);
	return opened(GROUP) == program->group ? 0 : 3;
}

static void the_program_has_no_strange_child_and_its_files_for_itself(void **state)
{
	(void)state;
	passes(has_nothing_strange);
}

static int has_a_broker_already(const struct program *program)
{
	MUST(start_broker(program) == -EBUSY);
	return 0;
}

static void there_is_one_broker_for_a_program(void **state)
{
	char text[256];
	int status;

	(void)state;
	assert_int_equal(run(has_a_broker_already, text, sizeof text), 0);
	/* The second supervisor has given up, the first one ends as ever. */
	for (int i = 0; i < 2; i++)
		assert_true(wait(&status) > 0);
	assert_int_equal(wait(&status), -1);
}

static int waits_for_a_signal(const struct program *program)
{
	(void)dprintf(program->report_fd, "ready");
	close(program->report_fd);
	(void)kill(getpid(), SIGSTOP);
	if (opened(GROUP) != 0 || errno != ENOSYS)
		return 1;
	return open("/dev/null", O_RDONLY) < 0 && errno == ENOSYS ? 0 : 2;
}

/* The process that is our child without having been started by us. */
static pid_t orphan_besides(pid_t program)
{
	FILE *file = fopen("/proc/thread-self/children", "re");
	pid_t pid = 0, found = 0;

	assert_non_null(file);
	while (fscanf(file, "%d", &pid) == 1) {
		if (pid != program)
			found = pid;
	}
	(void)fclose(file);
	return found;
}

static void without_its_supervisor_a_program_does_not_hang(void **state)
{
	int status;
	pid_t pid = fork(), supervisor;

	(void)state;
	if (pid == 0) {
		struct program program = prepare(open("/dev/null", O_WRONLY | O_CLOEXEC));

		_exit(start_broker(&program) < 0 ? 99 : waits_for_a_signal(&program));
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	supervisor = orphan_besides(pid);
	assert_true(supervisor > 0);
	assert_int_equal(kill(supervisor, SIGKILL), 0);
	assert_int_equal(waitpid(supervisor, &status, 0), supervisor);
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int is_killed(const struct program *program)
{
	(void)program;
	(void)kill(getpid(), SIGKILL);
	return 1;
}

static void a_killed_program_takes_its_supervisor_along(void **state)
{
	char text[64];
	int status;

	(void)state;
	assert_int_equal(run(is_killed, text, sizeof text), SIGKILL);
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	assert_int_equal(wait(&status), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(granted_paths_get_granted_files_and_others_what_the_kernel_gives),
		cmocka_unit_test(a_path_may_end_where_memory_ends),
		cmocka_unit_test(a_program_without_room_for_the_file_is_told),
		cmocka_unit_test(every_system_call_of_another_program_is_answered),
		cmocka_unit_test(many_threads_are_answered_at_once),
		cmocka_unit_test(a_child_that_stays_is_answered_until_it_ends),
		cmocka_unit_test(the_program_has_no_strange_child_and_its_files_for_itself),
		cmocka_unit_test(there_is_one_broker_for_a_program),
		cmocka_unit_test(without_its_supervisor_a_program_does_not_hang),
		cmocka_unit_test(a_killed_program_takes_its_supervisor_along),
	};

	/* Orphans come to us instead of to process 1. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
