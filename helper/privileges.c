/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* User ids and capabilities, phase by phase; sets.c writes the sets. */
#include "helper/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helper/sets.h"
#include "wire/process/namespace.h"

/* What the way to phase 1 takes, besides what the door needs. */
#define SHRINKING (SETS_BIT(CAP_SETUID) | SETS_BIT(CAP_SETGID) | SETS_BIT(CAP_SETPCAP))

/* Of the process that makes namespaces, and after that of what it forks to build in one. */
#define MAKING (SETS_BIT(CAP_SYS_ADMIN) | SETS_BIT(CAP_NET_ADMIN))

/* Of the process that writes audit records. */
#define AUDITING SETS_BIT(CAP_AUDIT_WRITE)

int privileges_are_given(void)
{
	uid_t real, effective, saved;

	return getauxval(AT_SECURE) == 0 && getresuid(&real, &effective, &saved) == 0 && real != 0 &&
	       effective == real && saved == real && !namespace_is_users();
}

/* ---- ids of this thread alone ---- */

/* Architectures that once had ids of 16 bits have the others under these names. */
#ifdef SYS_setresuid32
#define CALL_SETRESUID SYS_setresuid32
#define CALL_SETRESGID SYS_setresgid32
#define CALL_SETGROUPS SYS_setgroups32
#else
#define CALL_SETRESUID SYS_setresuid
#define CALL_SETRESGID SYS_setresgid
#define CALL_SETGROUPS SYS_setgroups
#endif

/* The real one, or -1 to leave it; and the effective and saved ones. 0, or -1 with errno. */
static int set_uids(uid_t real, uid_t others)
{
	return syscall(CALL_SETRESUID, real, others, others) < 0 ? -1 : 0;
}

static int set_gids(gid_t real, gid_t others)
{
	return syscall(CALL_SETRESGID, real, others, others) < 0 ? -1 : 0;
}

static int set_groups(size_t count, const gid_t *groups)
{
	return syscall(CALL_SETGROUPS, count, groups) < 0 ? -1 : 0;
}

/* ---- what it was started with ---- */

int privileges_are_real(void)
{
	/*
	 * AT_SECURE tells that libc, too, treated this start as a setuid one. Without
	 * it only root himself is root; "unshare -r" makes anybody look like him.
	 */
	return (geteuid() == 0 || sets_permit(SHRINKING | SETS_BIT(CAP_NET_ADMIN))) &&
	       (getauxval(AT_SECURE) != 0 || !namespace_is_users());
}

int privileges_begin(void)
{
	unsigned long long effective, permitted;

	if (sets_read(&effective, &permitted) < 0)
		return -errno;
	/* Of a setuid start they are. */
	return effective == permitted || sets_write(permitted, permitted) == 0 ? 0 : -errno;
}

static unsigned long long bits_of(unsigned rights)
{
	return ((rights & ORDER_RIGHT_PORTS) != 0 ? SETS_BIT(CAP_NET_ADMIN) : 0) |
	       ((rights & ORDER_RIGHT_NODES) != 0 ? SETS_BIT(CAP_DAC_OVERRIDE) : 0) |
	       ((rights & ORDER_RIGHT_LIMITS) != 0 ? SETS_BIT(CAP_SYS_RESOURCE) : 0);
}

/* 0 or -errno; then none is effective. */
static int raise_these(unsigned long long capabilities)
{
	int error;

	if (sets_make_effective(capabilities) == 0)
		return 0;
	error = errno;
	privileges_lower();
	return -error;
}

int privileges_raise(enum order_right right)
{
	return raise_these(bits_of(right));
}

void privileges_lower(void)
{
	if (sets_make_effective(0) < 0 || !sets_are_lowered(~0ULL))
		abort();
}

unsigned privileges_held(void)
{
	unsigned long long effective, permitted;
	unsigned rights = 0;

	if (sets_read(&effective, &permitted) < 0)
		return 0;
	for (unsigned right = 1; right <= ORDER_RIGHTS_ALL; right <<= 1) {
		if ((permitted & bits_of(right)) != 0)
			rights |= right;
	}
	return rights;
}

int privileges_keep(unsigned rights)
{
	unsigned long long effective, permitted;

	if (sets_read(&effective, &permitted) < 0)
		return -errno;
	permitted &= bits_of(rights);
	if (sets_write(0, permitted) < 0)
		return -errno;
	return sets_are_lowered(permitted) ? 0 : -EPERM;
}

/* ---- from phase 0 to 1 ---- */

static enum reply_code refuse_step(struct refusal *why, const char *step)
{
	return refuse(why, REPLY_INTERNAL, "privileges: %s: %s", step, strerror(errno));
}

/*
 * Until the kernel says that there is no such capability. Not by libcap-ng: it goes on when
 * one could not be dropped, and reads /proc before and after.
 */
static int empty_bounding_set(void)
{
	for (unsigned long capability = 0; capability < 64; capability++) {
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return errno == EINVAL && capability > CAP_AUDIT_READ ? 0 : -1;
	}
	return 0;
}

/* Without keepcaps the kernel empties the permitted set with the last uid 0. */
static int take_ids(const struct account *account)
{
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || set_groups(0, NULL) < 0 ||
			       set_gids((gid_t)-1, account->gid) < 0 ||
			       set_uids((uid_t)-1, account->uid) < 0 ||
			       prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0
		       ? -1
		       : 0;
}

enum reply_code privileges_refuse_unmapped(struct refusal *why)
{
	return refuse(why, REPLY_NO_PRIVILEGE,
		      "no privilege: this user namespace does not map the account "
		      VMGRANT_ACCOUNT " (PrivateUsers=, a container): start it outside");
}

/*
 * The last of both ways into phase 1. Changing ids resets the dumpable flag to the system's
 * default.
 */
static enum reply_code close_up(unsigned long long kept, struct refusal *why)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return refuse_step(why, "cannot forbid new privileges and tracing");
	if (!sets_are_lowered(kept))
		return refuse(why, REPLY_INTERNAL, "privileges: capabilities are not what was set");
	return REPLY_GRANTED;
}

/* Each step with just what it takes. On a failure something may still be effective. */
static enum reply_code shrink(unsigned long long kept, const struct account *account,
			      struct refusal *why)
{
	if (sets_write(SHRINKING, SHRINKING | kept) < 0)
		return refuse(why, REPLY_NO_PRIVILEGE,
			      "no privilege: this container or service lacks one of CAP_NET_ADMIN, "
			      "CAP_DAC_OVERRIDE, CAP_SETUID, CAP_SETGID, CAP_SETPCAP: start it "
			      "outside, or give it these");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
	    empty_bounding_set() < 0)
		return refuse_step(why, "cannot empty the bounding set");
	/* EINVAL: an id that this user namespace does not map, as with PrivateUsers=yes. */
	if (take_ids(account) < 0)
		return errno != EINVAL
			       ? refuse_step(why, "cannot become the account " VMGRANT_ACCOUNT)
			       : privileges_refuse_unmapped(why);
	if (sets_write(0, kept) < 0)
		return refuse_step(why, "cannot drop capabilities");
	return close_up(kept, why);
}

enum reply_code privileges_shrink(unsigned rights, const struct account *account,
				  struct refusal *why)
{
	unsigned long long effective, permitted, kept = bits_of(rights);
	enum reply_code code;

	/*
	 * Few requests need it and few containers have it: without it, only those fail. Whoever
	 * gives the file its capabilities chooses those for devices, too.
	 */
	if (sets_read(&effective, &permitted) < 0)
		return refuse_step(why, "cannot read capabilities");
	kept &= permitted |
		(geteuid() == 0 ? ~SETS_BIT(CAP_SYS_RESOURCE) : SETS_BIT(CAP_NET_ADMIN));
	code = shrink(kept, account, why);
	if (code != REPLY_GRANTED && sets_make_effective(0) < 0)
		abort();
	return code;
}

/* ---- from phase 0 to 1, with ids and capabilities that systemd gave ---- */

/* Others could open what the rules say nothing about. systemd adds the account's own group. */
static int has_own_groups(const struct account *account)
{
	gid_t group = account->gid;
	int count = getgroups(1, &group);

	return count == 0 || (count == 1 && group == account->gid);
}

static int ids_are_given(const struct account *account)
{
	uid_t real, effective, saved;
	gid_t real_gid, effective_gid, saved_gid;

	return has_own_groups(account) && getresuid(&real, &effective, &saved) == 0 &&
	       real == account->uid && effective == real && saved == real &&
	       getresgid(&real_gid, &effective_gid, &saved_gid) == 0 && real_gid == account->gid &&
	       effective_gid == real_gid && saved_gid == real_gid;
}

enum reply_code privileges_confine(unsigned rights, const struct account *account,
				   struct refusal *why)
{
	unsigned long long effective, permitted, kept = bits_of(rights);

	if (sets_read(&effective, &permitted) < 0)
		return refuse_step(why, "cannot read capabilities");
	kept &= permitted;
	if (sets_write(0, kept) < 0 || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return refuse_step(why, "cannot drop capabilities");
	if ((kept & SETS_BIT(CAP_NET_ADMIN)) == 0)
		return refuse(why, REPLY_NO_PRIVILEGE,
			      "service: has no CAP_NET_ADMIN: see "
			      "AmbientCapabilities= in vmgrant.service");
	if (!ids_are_given(account))
		return refuse(why, REPLY_INSTALLATION,
			      "service: must run with the ids of the account " VMGRANT_ACCOUNT
			      " and no other group: see vmgrant.service");
	return close_up(kept, why);
}

/* ---- other people's ids ---- */

int privileges_become_reader(const struct account *account)
{
	if (set_gids((gid_t)-1, account->gid) < 0 || set_uids((uid_t)-1, account->uid) < 0 ||
	    sets_write(0, 0) < 0 || !sets_are_lowered(0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	/* These never fail; a second call tells what became of the first. */
	(void)setfsgid(getgid());
	(void)setfsuid(getuid());
	errno = EPERM;
	if ((gid_t)setfsgid((gid_t)-1) != getgid() || (uid_t)setfsuid((uid_t)-1) != getuid())
		return -1;
	/* Of the whole process, and reset by each of these. */
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* All ids the account's for good, and these capabilities permitted. */
static int take_all_ids(const struct account *account, unsigned long long kept)
{
	return set_gids(account->gid, account->gid) < 0 ||
			       set_uids(account->uid, account->uid) < 0 ||
			       sets_write(0, kept) < 0 || !sets_are_lowered(kept) ||
			       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0
		       ? -1
		       : 0;
}

/* The same, and an end with the parent. */
static int become(const struct account *account, pid_t parent, unsigned long long kept)
{
	if (take_all_ids(account, kept) < 0)
		return -1;
	/* Last: a change of ids forgets it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	errno = ESRCH;
	return getppid() == parent ? 0 : -1;
}

int privileges_become_account(const struct account *account, pid_t parent)
{
	return become(account, parent, 0);
}

/* ---- namespaces where users may make none ---- */

int privileges_can_make_namespaces(void)
{
	return sets_permit(MAKING);
}

/* From phase 0, in a fork: these capabilities, however the process was started. 0 or -1. */
static int shrink_to(unsigned long long kept, const struct account *account)
{
	struct refusal why;

	if (geteuid() != account->uid)
		return shrink(kept, account, &why) == REPLY_GRANTED ? 0 : -1;
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
			       sets_write(0, kept) < 0 || close_up(kept, &why) != REPLY_GRANTED
		       ? -1
		       : 0;
}

int privileges_become_maker(const struct account *account, pid_t parent)
{
	return shrink_to(MAKING, account) < 0 ? -1 : become(account, parent, MAKING);
}

int privileges_make_namespace(void)
{
	int error;

	sets_follow_fork();
	if (sets_make_effective(MAKING) < 0)
		return errno;
	error = unshare(CLONE_NEWNET) < 0 ? errno : 0;
	/* For good, and before anything else is done. */
	if (sets_write(SETS_BIT(CAP_NET_ADMIN), SETS_BIT(CAP_NET_ADMIN)) < 0)
		abort();
	return error;
}

/* ---- the kernel's audit log ---- */

int privileges_can_audit(void)
{
	return sets_permit(AUDITING);
}

int privileges_become_auditor(const struct account *account)
{
	return shrink_to(AUDITING, account) < 0 ? -1 : take_all_ids(account, AUDITING);
}

int privileges_raise_audit(void)
{
	return raise_these(AUDITING);
}

void privileges_become_caller(void)
{
	const uid_t uid = getuid();
	const gid_t gid = getgid();

	/* Nothing to change: the service, or a program without power, which may not even try. */
	if (geteuid() == uid && uid != 0) {
		if (!sets_are_lowered(0) && (sets_write(0, 0) < 0 || !sets_are_lowered(0)))
			abort();
		return;
	}
	if (set_gids(gid, gid) < 0 || set_uids(uid, uid) < 0 ||
	    (uid != 0 && (sets_write(0, 0) < 0 || !sets_are_lowered(0))))
		abort();
}
