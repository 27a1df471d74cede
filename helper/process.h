/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What the process inherited from its caller, made harmless.
 *
 * Runs first, with full privilege, before any argument is read. Everything that
 * survives execve(2) of a setuid program, and what is done about it:
 *
 *   file descriptors     0-2 filled with /dev/null; all but the request socket closed
 *   environment          cleared
 *   signals              dispositions and mask reset, pending ones discarded
 *   interval timers      stopped (POSIX timers do not survive)
 *   resource limits      soft ones raised to the hard ones, which stay the caller's
 *                        bounds; no core file; the stack's left alone
 *   umask, directory     077, /
 *   root directory       harmless: changing it takes a privilege
 *   PR_SET_DUMPABLE      off, again after each change of ids
 *   PR_SET_PDEATHSIG     cleared by the kernel for setuid programs; set in the children
 *   PR_SET_TIMERSLACK    the kernel's default: a huge one makes every wait endless
 *   PR_SET_TSC           on: reading the time stamp counter must not kill
 *   PR_SET_THP_DISABLE   off: only speed
 *   PR_SET_MEMORY_MERGE  off: the time that a page takes tells whether others have the same
 *   PR_SET_CHILD_SUBREAPER  off: what others leave behind is not ours to wait for
 *   PR_SET_MDWE          cannot be undone; nothing here maps memory writable and executable
 *   PR_SET_SPECULATION_CTRL, PR_SET_MCE_KILL, PR_SET_IO_FLUSHER (privileged),
 *   PR_SET_TAGGED_ADDR_CTRL (cleared by the kernel): harmless
 *   PR_SET_NO_NEW_PRIVS, Landlock and seccomp filters without it: take the setuid bit's
 *   power away
 *   PR_SET_NAME, PR_SET_SYSCALL_USER_DISPATCH, PR_TIMER_CREATE_RESTORE_IDS, ARCH_SET_CPUID:
 *   cleared by the kernel
 *   PR_SET_KEEPCAPS      cleared by the kernel; securebits: changing them is privileged
 *   personality          PER_LINUX; the kernel has cleared the dangerous bits
 *   scheduling class     SCHED_OTHER, nice 0 at most: an idle class helps who stops us
 *   processor affinity   every processor that the machine allows
 *   utilisation clamp, PR_SCHED_CORE, PR_SVE_SET_VL, PR_SME_SET_VL: harmless: only speed
 *   I/O priority         none of its own
 *   memory policy        harmless: only speed
 *   keyrings, coredump_filter: not used
 *   cgroup, namespaces   the caller's: what is made belongs there
 *   tracing              the kernel drops the setuid bit's power
 *   oom_score_adj        the caller's: a killed helper leaves nothing behind
 *
 * Each row has a test in tests/system/test_attacks_inherited.py.
 */
#ifndef VMGRANT_HELPER_PROCESS_H
#define VMGRANT_HELPER_PROCESS_H

#include <stddef.h>

#include "wire/refusal/refusal.h"

/* The rows above. Nothing here depends on the arguments. */
enum reply_code process_secure(struct refusal *why);

/*
 * Close every fd but 0-2 and these, in any order, so that none of the caller's reaches a child
 * and none is mistaken for one of ours. Negative ones are none. Returns 0 or -errno.
 */
int process_close_but(const int *kept, size_t count);

#endif
