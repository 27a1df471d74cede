/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The seccomp filter of a program that is shut in.
 *
 * It denies, where QEMU's own sandbox denies more: that one may be missing, or the program be
 * another one. What is here reaches past namespaces (keys, vsock, the terminal, who opens which
 * program), opens much of the kernel to attack (bpf, perf), or undoes the walls (mounts,
 * namespaces, ptrace). An io_uring makes the calls of a thread that no filter looks at: it would
 * have every socket that is denied here.
 */
#include "client/confine/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/confine/confine.h"
#include "wire/process/own-arch.h"

#define X32_BIT 0x40000000u
#define TIOCLINUX_REQUEST 0x541Cu

#ifdef __s390x__
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

#define NEW_NAMESPACES                                                                         \
	((unsigned)CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC |  \
	 CLONE_NEWUTS | CLONE_NEWCGROUP)

static const int denied[] = {
	SYS_add_key,
	SYS_keyctl,
	SYS_request_key,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_kcmp,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_open_tree,
	SYS_move_mount,
	SYS_fsopen,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fspick,
	SYS_setns,
	SYS_unshare,
	SYS_open_by_handle_at,
	SYS_name_to_handle_at,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_kexec_load,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_acct,
	SYS_quotactl,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_syslog,
	SYS_personality,
	SYS_pidfd_getfd,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_inotify_init1,
	SYS_fanotify_init,
#ifdef SYS_inotify_init
	SYS_inotify_init,
#endif
#ifdef SYS_quotactl_fd
	SYS_quotactl_fd,
#endif
#ifdef SYS_open_tree_attr
	SYS_open_tree_attr,
#endif
#ifdef SYS_mount_setattr
	SYS_mount_setattr,
#endif
#ifdef SYS_kexec_file_load
	SYS_kexec_file_load,
#endif
#ifdef SYS_socketcall
	/* Its families are in memory. */
	SYS_socketcall,
#endif
#ifdef SYS_iopl
	SYS_iopl,
	SYS_ioperm,
#endif
};

#define DENIED (sizeof denied / sizeof denied[0])

/* Of 64 bits the lower half, which is all that the kernel looks at in an int. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8u * (n))
#else
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8u * (n) + 4u)
#endif

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)(offset))
#define SKIP_UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), 0, (count))
#define SKIP_IF(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(value), (count), 0)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | (error))
#define ALLOW RETURN(SECCOMP_RET_ALLOW)

static size_t add_denied(struct sock_filter *code)
{
	size_t count = 0;

	for (size_t i = 0; i < DENIED; i++) {
		code[count++] = (struct sock_filter)SKIP_UNLESS(denied[i], 1);
		code[count++] = (struct sock_filter)REFUSE(EPERM);
	}
	return count;
}

#ifdef OWN_ARCH
/* Another way of calling would be another list of numbers. */
static const struct sock_filter head[] = {
	LOAD(offsetof(struct seccomp_data, arch)),
	SKIP_IF(OWN_ARCH, 1),
	RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(offsetof(struct seccomp_data, nr)),
#ifdef __x86_64__
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
	REFUSE(ENOSYS),
#endif
};

/* Each call's part ends the program; the number is loaded before. */
static const struct sock_filter tail[] = {
#ifdef SYS_clone3
	/* Its flags are in memory, where no filter sees them: libraries take clone() instead. */
	SKIP_UNLESS(SYS_clone3, 1),
	REFUSE(ENOSYS),
#endif
	SKIP_UNLESS(SYS_clone, 4),
	LOAD(ARGUMENT(CLONE_FLAGS)),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1),
	REFUSE(EPERM),
	ALLOW,
	/* Typing into the terminal that the person uses. */
	SKIP_UNLESS(SYS_ioctl, 5),
	LOAD(ARGUMENT(1)),
	SKIP_IF(TIOCSTI, 1),
	SKIP_UNLESS(TIOCLINUX_REQUEST, 1),
	REFUSE(EPERM),
	ALLOW,
	/* A pair of another family would be a socket of it, too. */
	SKIP_IF(SYS_socketpair, 2),
	SKIP_IF(SYS_socket, 1),
	ALLOW,
	LOAD(ARGUMENT(0)),
	SKIP_UNLESS(AF_UNIX, 1),
	ALLOW,
	/* libusb listens to uevents, of which none come to namespaces of other users than root. */
	SKIP_UNLESS(AF_NETLINK, 4),
	LOAD(ARGUMENT(2)),
	SKIP_UNLESS(NETLINK_KOBJECT_UEVENT, 1),
	ALLOW,
	REFUSE(EAFNOSUPPORT),
};

static const struct sock_filter ip_sockets[] = {
	SKIP_UNLESS(AF_INET, 1),
	ALLOW,
	SKIP_UNLESS(AF_INET6, 1),
	ALLOW,
};

static const struct sock_filter end[] = { REFUSE(EAFNOSUPPORT) };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define APPEND(code, count, array)                                                             \
	for (size_t i = 0; i < COUNT(array); i++)                                              \
	(code)[(count)++] = (array)[i]

int confine_filter_enter(enum confine_sockets sockets)
{
	struct sock_filter code[COUNT(head) + 2 * DENIED + COUNT(tail) + COUNT(ip_sockets) +
				COUNT(end)];
	struct sock_fprog program = { .filter = code };
	size_t count = 0;

	APPEND(code, count, head);
	count += add_denied(code + count);
	APPEND(code, count, tail);
	if (sockets == CONFINE_SOCKETS_IP)
		APPEND(code, count, ip_sockets);
	APPEND(code, count, end);
	program.len = (unsigned short)count;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0
		       ? confine_fail("seccomp", errno) : 0;
}
#else
int confine_filter_enter(enum confine_sockets sockets)
{
	(void)sockets;
	(void)add_denied;
	return confine_fail("seccomp", ENOSYS);
}
#endif
