/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The judge's sandbox: calls that end the judge, and other processes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "tests/unit/sandbox-fixture.h"

/* ---- the end of the judge ---- */

static long run_program(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };

	return execve("/bin/true", argv, NULL);
}

static long run_program_by_fd(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };
	int fd = open("/bin/true", O_PATH | O_CLOEXEC);

	return syscall(SYS_execveat, fd, "", argv, NULL, AT_EMPTY_PATH);
}

static long trace_parent(void)
{
	return ptrace(PTRACE_SEIZE, getppid(), NULL, NULL);
}

static long be_traced(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long read_parent(void)
{
	return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static long mount_something(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static long open_file_system(void)
{
	return syscall(SYS_fsopen, "tmpfs", 0);
}

static long clone_tree(void)
{
	return syscall(SYS_open_tree, AT_FDCWD, "/", 0);
}

static long new_namespaces(void)
{
	return unshare(CLONE_NEWUSER);
}

static long join_namespace(void)
{
	return setns(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), 0);
}

static long load_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long make_ring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static long watch_faults(void)
{
	return syscall(SYS_userfaultfd, 0);
}

static long count_events(void)
{
	return syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0);
}

static long load_kernel(void)
{
	return syscall(SYS_kexec_load, 0, 0, NULL, 0);
}

static long load_module(void)
{
	return syscall(SYS_finit_module, 0, "", 0);
}

static void attack_58_the_dangerous_calls_end_the_judge(void **state)
{
	(void)state;
	assert_int_equal(outside(run_program), 0);
	assert_killed(run_program);
	assert_killed(run_program_by_fd);
	assert_killed(trace_parent);
	assert_killed(be_traced);
	assert_killed(read_parent);
	assert_killed(mount_something);
	assert_killed(open_file_system);
	assert_killed(clone_tree);
	assert_killed(new_namespaces);
	assert_killed(join_namespace);
	assert_killed(load_bpf);
	assert_killed(make_ring);
	assert_killed(watch_faults);
	assert_killed(count_events);
	assert_killed(load_kernel);
	assert_killed(load_module);
}

#ifdef __x86_64__
/* getpid() of i386. */
static long call_of_i386(void)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
	return result;
}

/* getpid() of x32. */
static long call_of_x32(void)
{
	return syscall(0x40000000L | SYS_getpid);
}

static void attack_58_calls_of_another_abi_end_the_judge(void **state)
{
	(void)state;
	assert_killed(call_of_i386);
	assert_killed(call_of_x32);
}
#endif

/* ---- processes, ids, signals ---- */

static long make_process(void)
{
	return fork();
}

static long make_process_by_clone(void)
{
	return syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

/* libc's threads: clone3(), and clone() if there is none. */
static long make_process_by_clone3(void)
{
	struct clone_args arguments = { .exit_signal = SIGCHLD };

	return syscall(SYS_clone3, &arguments, sizeof arguments);
}

static long signal_parent(void)
{
	return kill(getppid(), 0);
}

static long signal_group(void)
{
	return kill(0, 0);
}

static long signal_parents_thread(void)
{
	return syscall(SYS_tgkill, getppid(), getppid(), 0);
}

static long signal_itself(void)
{
	return raise(SIGCONT);
}

static long signal_by_pidfd(void)
{
	return syscall(SYS_pidfd_open, getppid(), 0);
}

/* A terminal's or a socket's owner gets signals. */
static long own_signals(void)
{
	int ends[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ? -1
							     : fcntl(ends[0], F_SETOWN, getppid());
}

static long set_ids(void)
{
	return syscall(SYS_setresuid, getuid(), getuid(), getuid());
}

static long set_group_ids(void)
{
	return syscall(SYS_setresgid, getgid(), getgid(), getgid());
}

static long set_groups(void)
{
	return setgroups(0, NULL);
}

static long become_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long set_name(void)
{
	return prctl(PR_SET_NAME, "innocent", 0, 0, 0);
}

static long raise_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? -1 : setrlimit(RLIMIT_NOFILE, &limit);
}

static long limits_of_parent(void)
{
	struct rlimit limit;

	return prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit);
}

static long use_keyring(void)
{
	/* KEYCTL_GET_KEYRING_ID of the session's keyring */
	return syscall(SYS_keyctl, 0, -3, 0);
}

static long change_personality(void)
{
	return syscall(SYS_personality, 0xffffffff);
}

static void attack_58_no_process_but_this_one(void **state)
{
	(void)state;
	assert_refused(make_process);
	assert_refused(make_process_by_clone);
	assert_int_equal(inside(make_process_by_clone3), ENOSYS);
	assert_refused(signal_parent);
	assert_refused(signal_group);
	assert_refused(signal_parents_thread);
	assert_refused(signal_itself);
	assert_refused(signal_by_pidfd);
	assert_refused(own_signals);
}

static void attack_58_no_other_ids_limits_or_attributes(void **state)
{
	(void)state;
	assert_refused(set_ids);
	assert_refused(set_group_ids);
	assert_stopped(set_groups);
	assert_refused(become_dumpable);
	assert_refused(set_name);
	assert_refused(raise_limit);
	assert_refused(limits_of_parent);
	assert_stopped(use_keyring);
	assert_refused(change_personality);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attack_58_the_dangerous_calls_end_the_judge),
#ifdef __x86_64__
		cmocka_unit_test(attack_58_calls_of_another_abi_end_the_judge),
#endif
		cmocka_unit_test(attack_58_no_process_but_this_one),
		cmocka_unit_test(attack_58_no_other_ids_limits_or_attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
