/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The judge's sandbox: what a judge that has been taken over can still ask of the kernel.
 *
 * Without privilege, from the inside, for good, in this order:
 *
 *   1 no_new_privs   no program gives this process anything, and the next two may be set.
 *   2 Landlock       where the kernel has it, whatever the ids are: nothing is written, made,
 *                    removed or executed. ABI 1 (Linux 5.13) gives these; ABI 2 (5.19) links
 *                    and renames between folders; ABI 3 (6.2) truncating; ABI 4 (6.7) no TCP
 *                    bind or connect; ABI 5 (6.10) no ioctl on a device opened from here on;
 *                    ABI 6 (6.12) no abstract socket and no signal to a process outside.
 *                    Each ABI also denies ptrace, and with it /proc/PID/mem and the like, of
 *                    processes outside, the account's own askers and other judges.
 *   3 seccomp        the calls of calls.txt, by libseccomp at build time; calls of
 *                    another ABI of the machine (i386 and x32 on x86_64) end the judge.
 *
 * What stays possible: reading what the account may read, connecting to AF_UNIX sockets
 * that it may reach (nscd, sssd, nslcd, winbind, userdb, the log; a name-service module needs
 * them), and what the inherited fds allow. Name-service modules load and work; one that
 * speaks over the network itself, as the old nss_ldap, gets EPERM for its socket, and its
 * names cannot be looked up: the rules that name them refuse.
 */
#ifndef VMGRANT_JUDGE_SANDBOX_SANDBOX_H
#define VMGRANT_JUDGE_SANDBOX_SANDBOX_H

#include "wire/refusal/refusal.h"

/*
 * Enter the sandbox. The process has one thread, all its ids are the account's, it holds
 * no capability, and what it has still to do with prctl(), signals and children is done.
 *
 * A kernel without Landlock, or a container that hides it, is no error. One without seccomp
 * filters is: refuses with REPLY_INTERNAL, and the process must end.
 */
enum reply_code judge_sandbox_enter(struct refusal *why);

#endif
