/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User ids and capabilities: the only file that changes them.
 *
 * The phases, in order, and what each one keeps:
 *
 *   0 as executed   euid 0, everything. Only process.c works here, before any
 *                   argument is read.
 *   1 shrunk        privileges_shrink(): the effective set is emptied before
 *                   anything is looked up; then effective and saved uid are the
 *                   service account's, the real uid stays the caller's (polkit
 *                   and peer credentials need it), the groups are still the
 *                   caller's. Permitted: what the jobs need, and SETGID and
 *                   SETPCAP for the next phase. Effective: nothing. The policy
 *                   is read here: the administrator's files with DAC_OVERRIDE
 *                   around each open, imported qemu files as the caller.
 *   2 finished      privileges_finish(): no supplementary groups, gids the
 *                   account's, bounding set empty, no_new_privs, permitted only
 *                   what this kind of request declares. Requests are judged and
 *                   performed here.
 *
 * A capability is effective only between privileges_raise() and
 * privileges_lower(), around the one call that needs it. What cannot be
 * lowered again ends the process.
 */
#ifndef VMGRANT_HELPER_PRIVILEGES_H
#define VMGRANT_HELPER_PRIVILEGES_H

#include <stddef.h>
#include <sys/types.h>

#include "wire/refusal.h"

/* The jobs' privileges, as bits so that a table can declare several. */
enum privilege {
	PRIVILEGE_NET_ADMIN = 1 << 0, /* CAP_NET_ADMIN: TAP and bridge port */
	PRIVILEGE_OPEN = 1 << 1,      /* CAP_DAC_OVERRIDE: open policy files and nodes */
	PRIVILEGE_LIMITS = 1 << 2,    /* CAP_SYS_RESOURCE: the limit on locked memory */
};

/* The service account, from the name service. */
struct account {
	uid_t uid;
	gid_t gid;
};

/*
 * Is this process setuid root for real? If not, say which of the usual reasons
 * took it away: no_new_privs, a user namespace, a nosuid mount, a file mode.
 */
enum reply_code privileges_check(struct refusal *why);

/*
 * Write messages with the caller's rights: stderr is his, and may be any file.
 * For the end of the process only. Async-signal-safe.
 */
void privileges_speak_as_caller(void);

/* Give up everything and become the caller, for work that needs no privilege. */
enum reply_code privileges_drop(struct refusal *why);

/*
 * Phase 0 to 1. jobs: the enum privilege bits of the requests to come, of which
 * PRIVILEGE_LIMITS may be missing on this system. caller_uid is the real uid;
 * refuses the account itself as caller.
 */
enum reply_code privileges_shrink(unsigned jobs, uid_t caller_uid, struct account *account_out,
				  struct refusal *why);

/* Phase 1 to 2. jobs as above: nothing else stays in the permitted set. */
enum reply_code privileges_finish(unsigned jobs, const struct account *account,
				  struct refusal *why);

/* Phase 1 only: file access with the caller's own rights, and back. 0 or -errno. */
int privileges_enter_caller(uid_t caller_uid);
void privileges_leave_caller(const struct account *account);

/* Make one permitted capability effective, and take it away again. 0 or -errno. */
int privileges_raise(enum privilege privilege);
void privileges_lower(void);

/*
 * In a forked child: all three uids the account's, no capability left. Returns
 * 0, or -1 with errno; async-signal-safe enough for after fork.
 */
int privileges_become_account(const struct account *account);

#endif
