/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The judge's sandbox: files, memory, devices and sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>

#include "tests/unit/sandbox-fixture.h"

/* ---- files ---- */

static char folder[] = "/tmp/test-sandbox-XXXXXX";
static char file_name[sizeof folder + 8];

static long open_to_write(void)
{
	return open(file_name, O_WRONLY | O_CLOEXEC);
}

static long open_to_read_and_write(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static long open_to_create(void)
{
	return open(file_name, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
}

static long open_to_truncate(void)
{
	return open(file_name, O_RDONLY | O_TRUNC | O_CLOEXEC);
}

static long open_nameless(void)
{
	return open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
}

/* Access mode 3: what opens for ioctl alone. */
static long open_for_ioctl(void)
{
	return open(file_name, 3 | O_CLOEXEC);
}

static long open_by_other_call(void)
{
	const uint64_t how[3] = { O_WRONLY, 0, 0 };

	return syscall(SYS_openat2, AT_FDCWD, file_name, how, sizeof how);
}

static long open_by_creat(void)
{
	return creat(file_name, 0600);
}

static long remove_file(void)
{
	char other[sizeof file_name + 4];

	(void)snprintf(other, sizeof other, "%s.2", file_name);
	return rename(file_name, other) < 0 ? -1 : rename(other, file_name);
}

static long change_mode(void)
{
	return chmod(file_name, 0600);
}

static long cut_file(void)
{
	return truncate(file_name, 0);
}

static long make_folder(void)
{
	char other[sizeof file_name + 4];

	(void)snprintf(other, sizeof other, "%s.d", file_name);
	return mkdir(other, 0700) < 0 ? -1 : rmdir(other);
}

static long make_socket(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s.s", file_name);
	return bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? -1
									 : unlink(address.sun_path);
}

static long file_in_memory(void)
{
	return memfd_create("code", MFD_CLOEXEC);
}

static long change_root(void)
{
	return chroot("/");
}

static long change_folder(void)
{
	return chdir("/");
}

static void attack_58_no_file_is_written(void **state)
{
	(void)state;
	assert_refused(open_to_write);
	assert_refused(open_to_read_and_write);
	assert_refused(open_to_create);
	assert_refused(open_to_truncate);
	assert_refused(open_nameless);
	assert_refused(open_for_ioctl);
	assert_int_equal(inside(open_by_other_call), ENOSYS);
	assert_refused(open_by_creat);
	assert_refused(remove_file);
	assert_refused(change_mode);
	assert_refused(cut_file);
	assert_refused(make_folder);
	assert_refused(make_socket);
	assert_refused(file_in_memory);
	assert_stopped(change_root);
	assert_refused(change_folder);
}

/* ---- memory ---- */

/* The kernel's own answer: musl makes another one of EPERM. */
static long map(int protection, int flags, int fd)
{
#ifdef SYS_mmap2
	return syscall(SYS_mmap2, NULL, 4096, protection, flags, fd, 0) == -1 ? -1 : 0;
#else
	return syscall(SYS_mmap, NULL, 4096, protection, flags, fd, 0) == -1 ? -1 : 0;
#endif
}

static long map_code_anonymous(void)
{
	return map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static long map_writable_code(void)
{
	return map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static long map_writable_code_of_file(void)
{
	return map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE,
		   open("/bin/true", O_RDONLY | O_CLOEXEC));
}

static long protect(int first, int second)
{
	void *place = mmap(NULL, 4096, first, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return place == MAP_FAILED ? -1 : mprotect(place, 4096, second);
}

static long written_becomes_code(void)
{
	return protect(PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC);
}

static long written_becomes_writable_code(void)
{
	return protect(PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static long protect_by_key(void)
{
	void *place = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return syscall(SYS_pkey_mprotect, place, 4096, PROT_READ | PROT_EXEC, -1);
}

static long share_memory(void)
{
	return syscall(SYS_shmget, 0, 4096, 0600 | 01000);
}

static void attack_58_no_code_but_that_of_files(void **state)
{
	(void)state;
	assert_refused(map_code_anonymous);
	assert_refused(map_writable_code);
	assert_refused(map_writable_code_of_file);
	assert_refused(written_becomes_code);
	assert_refused(written_becomes_writable_code);
	assert_refused(protect_by_key);
	assert_stopped(share_memory);
}

/* ---- ioctl ---- */

static long ask_terminal(void)
{
	struct winsize size;

	return ioctl(0, TIOCGWINSZ, &size);
}

static long type_into_terminal(void)
{
	return ioctl(0, TIOCSTI, "x");
}

static long loop_status(void)
{
	char room[512];

	return ioctl(0, 0x4C05 /* LOOP_GET_STATUS64 */, room);
}

static void attack_58_no_ioctl_on_devices(void **state)
{
	(void)state;
	assert_stopped(ask_terminal);
	assert_stopped(type_into_terminal);
	assert_stopped(loop_status);
}

/* ---- sockets ---- */

static long make_inet_socket(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long make_inet6_socket(void)
{
	return socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static long make_netlink_socket(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
}

static long make_crypto_socket(void)
{
	return socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

static long attach_program_to_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int lock = 1;

	return setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &lock, sizeof lock);
}

static int inherited = -1;

/* A socket that was open already: what seccomp cannot tell from another. */
static long connect_inherited(void)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons(9),
					     .sin_addr = { htonl(INADDR_LOOPBACK) } };

	return connect(inherited, (const struct sockaddr *)&address, sizeof address);
}

static long landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	return abi < 0 ? 0 : abi;
}

static long abstract_parent = -1;

static long connect_abstract(void)
{
	struct sockaddr_un address;
	socklen_t length = sizeof address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (getsockname((int)abstract_parent, (struct sockaddr *)&address, &length) < 0)
		return -1;
	return connect(fd, (const struct sockaddr *)&address, length);
}

static void attack_58_no_network(void **state)
{
	(void)state;
	assert_refused(make_inet_socket);
	assert_stopped(make_inet6_socket);
	assert_refused(make_netlink_socket);
	assert_stopped(make_crypto_socket);
	assert_refused(attach_program_to_socket);
}

static void attack_58_landlock_denies_what_seccomp_cannot_see(void **state)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };

	(void)state;
	if (landlock_abi() >= 4) {
		inherited = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_true(inherited >= 0);
		assert_int_equal(inside(connect_inherited), EACCES);
		assert_int_equal(outside(connect_inherited), ECONNREFUSED);
		close(inherited);
	}
	if (landlock_abi() >= 6) {
		abstract_parent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(
			bind((int)abstract_parent, (struct sockaddr *)&any, sizeof any.sun_family),
			0);
		assert_int_equal(listen((int)abstract_parent, 8), 0);
		assert_int_equal(outside(connect_abstract), 0);
		assert_int_equal(inside(connect_abstract), EPERM);
		close((int)abstract_parent);
	}
	if (landlock_abi() < 1)
		skip();
}

static int make_files(void **state)
{
	int fd;

	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(file_name, sizeof file_name, "%s/file", folder);
	fd = open(file_name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static int remove_files(void **state)
{
	(void)state;
	return unlink(file_name) < 0 || rmdir(folder) < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attack_58_no_file_is_written),
		cmocka_unit_test(attack_58_no_code_but_that_of_files),
		cmocka_unit_test(attack_58_no_ioctl_on_devices),
		cmocka_unit_test(attack_58_no_network),
		cmocka_unit_test(attack_58_landlock_denies_what_seccomp_cannot_see),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
