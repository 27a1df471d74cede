/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The judge's sandbox: what it must refuse, and what a judge cannot do without. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "judge/sandbox.h"

/* What became of an attempt inside: 0 it worked, an errno, or minus a signal. */
#define BROKEN 255 /* the sandbox could not be entered */

typedef long (*attempt)(void);

static int inside(attempt try)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct refusal why;
		long result;

		if (judge_sandbox_enter(&why) != REPLY_GRANTED)
			_exit(BROKEN);
		errno = 0;
		result = try();
		_exit(result >= 0 ? 0 : errno);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* The same without the sandbox: an attempt that fails anyway would show nothing. */
static int outside(attempt try)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(try() >= 0 ? 0 : errno);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#define assert_killed(try) assert_int_equal(inside(try), -SIGSYS)
#define assert_refused(try)                                       \
	do {                                                      \
		assert_int_equal(outside(try), 0);                \
		assert_int_equal(inside(try), EPERM);             \
	} while (0)
/* Whoever may not do it at all shows nothing but that the filter comes first. */
#define assert_stopped(try) assert_int_equal(inside(try), EPERM)
#define assert_works(try) assert_int_equal(inside(try), 0)

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
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9),
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
		assert_int_equal(bind((int)abstract_parent, (struct sockaddr *)&any,
				      sizeof any.sun_family), 0);
		assert_int_equal(listen((int)abstract_parent, 8), 0);
		assert_int_equal(outside(connect_abstract), 0);
		assert_int_equal(inside(connect_abstract), EPERM);
		close((int)abstract_parent);
	}
	if (landlock_abi() < 1)
		skip();
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

/* ---- what must work ---- */

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
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = room,
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
		cmocka_unit_test(attack_58_the_dangerous_calls_end_the_judge),
#ifdef __x86_64__
		cmocka_unit_test(attack_58_calls_of_another_abi_end_the_judge),
#endif
		cmocka_unit_test(attack_58_no_process_but_this_one),
		cmocka_unit_test(attack_58_no_other_ids_limits_or_attributes),
		cmocka_unit_test(attack_58_no_file_is_written),
		cmocka_unit_test(attack_58_no_network),
		cmocka_unit_test(attack_58_landlock_denies_what_seccomp_cannot_see),
		cmocka_unit_test(attack_58_no_code_but_that_of_files),
		cmocka_unit_test(attack_58_no_ioctl_on_devices),
		cmocka_unit_test(the_judge_can_do_its_work),
		cmocka_unit_test(the_judge_can_end),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
