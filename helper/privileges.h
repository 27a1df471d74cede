/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * User ids and capabilities: the only file that changes them.
 *
 * The phases, in order, and what each one keeps:
 *
 *   0 as executed   euid 0, everything; or the caller's, and the file's capabilities. process.c resets what was inherited, main.c
 *                   opens what only root can (the lock file; /dev/net/tun for a
 *                   drop-in) and starts the thread of walk.c. Nothing that the caller
 *                   wrote is read but "--fd=N".
 *   1 shrunk        privileges_shrink(): effective and saved ids are the service
 *                   account's, the real ones stay the caller's (polkit and peer
 *                   credentials need the uid). No supplementary group, bounding set
 *                   empty, no_new_privs, permitted only what the door needs, effective
 *                   nothing. The judge is forked here.
 *                   The service comes here by privileges_confine(): it was started as the
 *                   account with capabilities that systemd gave it, and no other id.
 *   2 kept          privileges_keep(): permitted only what the policy could ever make
 *                   this caller need.
 *
 * The judge and the asker are forks of phase 1 or 2 that call
 * privileges_become_account() first of all: no capability, all ids the account's.
 * Where user namespaces are forbidden, a fork of phase 0 calls privileges_become_maker(), and
 * its forks, one for each sealed port, privileges_make_namespace(): see port/maker.h. Where audit
 * records are written, another fork of phase 0 calls privileges_become_auditor(): auditor.h.
 *
 * Ids are changed by plain system calls: libc's functions change them in every thread,
 * and the thread of walk.c has its own.
 *
 * A capability is effective only between privileges_raise() and privileges_lower(),
 * around the one call that needs it. What cannot be lowered again ends the process.
 *
 * Sets are written by libcap-ng. It has no call that reads them without reading /proc
 * as well, none that changes some ids, or those of one thread, and none that tells
 * whether the bounding set could be emptied: these are plain system calls.
 */
#ifndef VMGRANT_HELPER_PRIVILEGES_H
#define VMGRANT_HELPER_PRIVILEGES_H

#include <sys/types.h>

#include "helper/account.h"
#include "wire/orders/orders.h"
#include "wire/refusal/refusal.h"

/*
 * 1 if this process is setuid root for real, or has file capabilities that suffice to become the
 * account and to make ports; else it has no more power than its caller.
 */
int privileges_are_real(void);

/* Phase 0: with file capabilities, make effective what a setuid start has so. 0 or -errno. */
int privileges_begin(void);

/* 1 if systemd gave this process its capabilities: one id that is not root's, no setuid bit. */
int privileges_are_given(void);

/*
 * Phase 0 to 1. rights: enum order_right bits that the door may need, of which
 * ORDER_RIGHT_LIMITS may be missing on this system, and with file capabilities all but
 * ORDER_RIGHT_PORTS. On a refusal nothing is effective.
 */
enum reply_code privileges_shrink(unsigned rights, const struct account *account,
				  struct refusal *why);

/*
 * The same for the service: of its capabilities only these are left. rights beside
 * ORDER_RIGHT_PORTS may be missing: a site that gives no devices.
 */
enum reply_code privileges_confine(unsigned rights, const struct account *account,
				   struct refusal *why);

/* enum order_right bits of what is permitted now. */
unsigned privileges_held(void);

/* The sentence for an id that cannot be taken: EINVAL. */
enum reply_code privileges_refuse_unmapped(struct refusal *why);

/* Phase 1 to 2. Never adds anything. 0 or -errno. */
int privileges_keep(unsigned rights);

/* Make one permitted capability effective, and take it away again. 0 or -errno. */
int privileges_raise(enum order_right right);
void privileges_lower(void);

/*
 * In the thread of walk.c, from phase 0: no capability, the account's effective and saved
 * ids, but file access with the caller's own uid, gid and groups. 0, or -1 with errno.
 */
int privileges_become_reader(const struct account *account);

/*
 * In a forked child: all ids the account's, no capability, and the child ends when its
 * parent does. Returns 0, or -1 with errno; async-signal-safe enough for after fork.
 */
int privileges_become_account(const struct account *account, pid_t parent);

/* 1 if this process has what privileges_become_maker() keeps. */
int privileges_can_make_namespaces(void);

/*
 * The same from phase 0, with CAP_SYS_ADMIN and CAP_NET_ADMIN still permitted: for the process
 * of port/maker.h, which goes behind its filter next.
 */
int privileges_become_maker(const struct account *account, pid_t parent);

/*
 * In a fork of that one: make a network namespace and go into it. After it CAP_SYS_ADMIN is gone,
 * and CAP_NET_ADMIN is effective for what is built there. Returns 0 or errno; ends the process
 * if the capability stays.
 */
int privileges_make_namespace(void);

/* 1 if this process has what privileges_become_auditor() keeps. */
int privileges_can_audit(void);

/*
 * From phase 0, in a fork: all ids the account's, CAP_AUDIT_WRITE permitted and nothing else. It
 * does not end with its parent: what was sent to it is to be written. 0, or -1 with errno.
 */
int privileges_become_auditor(const struct account *account);

/* There: make that effective, until privileges_lower(). 0 or -errno. */
int privileges_raise_audit(void);

/*
 * For good: no capability, all ids the caller's. For the end of the process, which
 * writes to stderr, which is the caller's and may be any file. Ends the process if it
 * fails.
 */
void privileges_become_caller(void);

#endif
