/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The filter of the process that holds CAP_SYS_ADMIN: what is left of it, in wrong hands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/port/maker.h"
#include "inside/builder.h"
#include "tests/unit/attempt-fixture.h"

/* The filter, as the process that makes namespaces enters it. */
static int enter_filter(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1 : maker_enter_filter();
}

static int inside(attempt try)
{
	return outcome(enter_filter, try);
}

/* As root the kernel would let most of these pass; the filter comes first for everybody. */
static void assert_all_refused(const attempt *attempts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		print_message("attempt %zu\n", i);
		assert_int_equal(inside(attempts[i]), EPERM);
	}
}

#define ASSERT_REFUSED(attempts)                                                                   \
	assert_all_refused(attempts, sizeof(attempts) / sizeof *(attempts))

/* ---- namespaces and processes ---- */

static long unshare_with(unsigned long flags)
{
	return syscall(SYS_unshare, flags);
}

static long unshare_mounts(void)
{
	return unshare_with(CLONE_NEWNS);
}

static long unshare_users(void)
{
	return unshare_with(CLONE_NEWUSER);
}

static long unshare_both(void)
{
	return unshare_with(CLONE_NEWNET | CLONE_NEWNS);
}

static long unshare_nothing(void)
{
	return unshare_with(0);
}

static long enter_namespace(void)
{
	return syscall(SYS_setns, -1, CLONE_NEWNET);
}

static long clone_into_namespace(void)
{
	return syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
}

static long clone_with_memory(void)
{
	return syscall(SYS_clone, CLONE_VM | SIGCHLD, 0, 0, 0, 0);
}

static long clone_otherwise(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	return syscall(SYS_clone3, &args, sizeof args);
}

static long run_program(void)
{
	char *const argv[] = { (char[]){ "true" }, NULL };

	return execve("/bin/true", argv, NULL);
}

static long be_traced(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long signal_oneself(void)
{
	return syscall(SYS_kill, getpid(), 0);
}

static long change_ids(void)
{
	return syscall(SYS_setuid, getpid());
}

static long dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long load_program(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long load_module(void)
{
	return syscall(SYS_init_module, NULL, 0, NULL);
}

static long mount_something(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static long wait_by_ring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

static void namespaces_and_processes_of_other_kinds_are_refused(void **state)
{
	static const attempt attempts[] = {
		unshare_mounts, unshare_users, unshare_both, unshare_nothing, enter_namespace,
		clone_into_namespace, clone_with_memory, clone_otherwise, run_program, be_traced,
		signal_oneself, change_ids, dumpable, load_program, load_module, mount_something,
		wait_by_ring,
	};

	(void)state;
	ASSERT_REFUSED(attempts);
}

/* ---- files and sockets ---- */

static long open_another_file(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}

/* The same text somewhere else, where it could be changed. */
static long open_copy_of_path(void)
{
	char path[sizeof "/dev/net/tun"];

	memcpy(path, builder_tun_path, sizeof path);
	return syscall(SYS_openat, AT_FDCWD, path, O_RDWR);
}

static long open_end_of_path(void)
{
	return syscall(SYS_openat, AT_FDCWD, builder_tun_path + 4, O_RDWR);
}

static long open_by_structure(void)
{
	return syscall(SYS_openat2, AT_FDCWD, builder_tun_path, NULL, 0);
}

static long other_folder(void)
{
	return chdir("/tmp");
}

static long other_root(void)
{
	return chroot("/tmp");
}

static long unix_socket(void)
{
	return socket(AF_UNIX, SOCK_DGRAM, 0);
}

static long internet_socket(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static long audit_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
}

static long generic_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
}

static long make_interface(void)
{
	struct ifreq request = { 0 };

	return ioctl(0, TUNSETIFF, &request);
}

static long write_to_caller(void)
{
	return write(STDERR_FILENO, "", 0);
}

static void other_files_and_sockets_are_refused(void **state)
{
	static const attempt attempts[] = {
		open_another_file, open_copy_of_path, open_end_of_path, open_by_structure,
		other_folder, other_root, unix_socket, internet_socket, audit_socket,
		generic_socket, make_interface, write_to_caller,
	};

	(void)state;
	ASSERT_REFUSED(attempts);
}

/* ---- the memory that the paths lie in ---- */

static void *page_of_path(void)
{
	const uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);

	return (void *)((uintptr_t)builder_tun_path & ~(size - 1));
}

static long make_writable(void)
{
	return mprotect(page_of_path(), 1, PROT_READ | PROT_WRITE);
}

static long unmap(void)
{
	return munmap(page_of_path(), 1);
}

static long map_over(void)
{
	return mmap(page_of_path(), 1, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ? -1 : 0;
}

static long move_over(void)
{
	return mremap(page_of_path(), 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED,
		      (uintptr_t)page_of_path() + (1 << 30)) == MAP_FAILED ? -1 : 0;
}

/* Not at NULL, where musl says ENOMEM for EPERM. */
static long executable_memory(void)
{
	return mmap(page_of_path(), 1, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

/* Where something is, the kernel takes another place. */
static long map_beside(void)
{
	void *page = mmap(page_of_path(), 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);

	return page != MAP_FAILED && page != page_of_path() &&
	       strcmp(builder_tun_path, "/dev/net/tun") == 0 ? 0 : -1;
}

static void the_paths_stay_what_they_are(void **state)
{
	static const attempt attempts[] = { make_writable, unmap, map_over, move_over,
					    executable_memory };

	(void)state;
	ASSERT_REFUSED(attempts);
	assert_int_equal(inside(map_beside), 0);
}

/* ---- what it is for ---- */

static long open_namespace(void)
{
	return syscall(SYS_openat, AT_FDCWD, builder_namespace_path, O_RDONLY | O_CLOEXEC);
}

static long fork_plainly(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long speak_to_kernel(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

static void what_it_is_for_works(void **state)
{
	(void)state;
	assert_int_equal(inside(open_namespace), 0);
	assert_int_equal(inside(fork_plainly), 0);
	assert_int_equal(inside(speak_to_kernel), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(namespaces_and_processes_of_other_kinds_are_refused),
		cmocka_unit_test(other_files_and_sockets_are_refused),
		cmocka_unit_test(the_paths_stay_what_they_are),
		cmocka_unit_test(what_it_is_for_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
