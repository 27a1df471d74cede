/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User ids and capabilities: the only file that changes them. */
#include "helper/privileges.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- why setuid did not work ---- */

/*
 * The first line of uid_map is "0 0 4294967295" only in the initial namespace;
 * in one that maps nobody there is none.
 */
static int in_user_namespace(void)
{
	unsigned inside = 0, outside = 0, length = 0;
	FILE *map = fopen("/proc/self/uid_map", "re");
	int fields;

	if (map == NULL)
		return 0;
	fields = fscanf(map, "%u %u %u", &inside, &outside, &length);
	(void)fclose(map);
	return !(fields == 3 && inside == 0 && outside == 0 && length == 4294967295u);
}

static const char *reason_without_setuid(void)
{
	struct statvfs filesystem;
	struct stat program;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return "no_new_privs is set: a program before this one has switched setuid off "
		       "(QEMU: -sandbox elevateprivileges=deny): start it without that";
	if (in_user_namespace())
		return "started in a user namespace, where setuid programs have no power: start "
		       "it outside of the container or sandbox";
	if (statvfs("/proc/self/exe", &filesystem) == 0 && (filesystem.f_flag & ST_NOSUID) != 0)
		return "its file system is mounted nosuid: ask the administrator to install it "
		       "on one that is not";
	if (stat("/proc/self/exe", &program) == 0 &&
	    ((program.st_mode & S_ISUID) == 0 || program.st_uid != 0))
		return "it is not installed setuid root: ask the administrator for chown root and "
		       "chmod 4755";
	return "the kernel did not honour the setuid bit: start it without a debugger";
}

enum reply_code privileges_check(struct refusal *why)
{
	/*
	 * AT_SECURE tells that libc, too, treated this start as a setuid one. Without
	 * it only root himself is root; "unshare -r" makes anybody look like him.
	 */
	if (geteuid() == 0 && (getauxval(AT_SECURE) != 0 || !in_user_namespace()))
		return REPLY_GRANTED;
	return refuse(why, REPLY_NO_PRIVILEGE, "no privilege: %s", reason_without_setuid());
}

/* ---- capability sets ---- */

#define BIT(capability) (1ULL << (capability))

/* What the way to phase 2 takes, besides what the jobs need. */
#define PHASE_1 (BIT(CAP_SETGID) | BIT(CAP_SETPCAP))

/* The sets of this process, a bit for each capability; the inheritable one is always empty. */
struct sets {
	unsigned long long effective, permitted;
};

/* The sets are asked for each time and remembered nowhere. libc has no calls for them. */
static int read_sets(struct sets *sets_out)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return -1;
	sets_out->effective = (unsigned long long)data[1].effective << 32 | data[0].effective;
	sets_out->permitted = (unsigned long long)data[1].permitted << 32 | data[0].permitted;
	return 0;
}

/* Fails for a capability that is not permitted now. 0, or -1 with errno. */
static int write_sets(unsigned long long effective, unsigned long long permitted)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{ .effective = (unsigned)effective, .permitted = (unsigned)permitted },
		{ .effective = (unsigned)(effective >> 32),
		  .permitted = (unsigned)(permitted >> 32) },
	};

	return syscall(SYS_capset, &header, data) < 0 ? -1 : 0;
}

static int make_effective(unsigned long long wanted)
{
	struct sets sets;

	return read_sets(&sets) < 0 ? -1 : write_sets(wanted, sets.permitted);
}

/* What the kernel says: nothing effective, and nothing permitted but these. */
static int sets_are_lowered(unsigned long long permitted)
{
	struct sets sets;

	return read_sets(&sets) == 0 && sets.effective == 0 && (sets.permitted & ~permitted) == 0;
}

static unsigned capability_of(enum privilege privilege)
{
	switch (privilege) {
	case PRIVILEGE_NET_ADMIN:
		return CAP_NET_ADMIN;
	case PRIVILEGE_LIMITS:
		return CAP_SYS_RESOURCE;
	case PRIVILEGE_OPEN:
	default:
		return CAP_DAC_OVERRIDE;
	}
}

static unsigned long long bits_of(unsigned jobs)
{
	unsigned long long bits = 0;
	struct sets sets;

	if ((jobs & PRIVILEGE_NET_ADMIN) != 0)
		bits |= BIT(CAP_NET_ADMIN);
	if ((jobs & PRIVILEGE_OPEN) != 0)
		bits |= BIT(CAP_DAC_OVERRIDE);
	/* Few requests need it and few containers have it: without it, only those fail. */
	if ((jobs & PRIVILEGE_LIMITS) != 0 && read_sets(&sets) == 0)
		bits |= sets.permitted & BIT(CAP_SYS_RESOURCE);
	return bits;
}

int privileges_raise(enum privilege privilege)
{
	if (make_effective(BIT(capability_of(privilege))) < 0) {
		int error = errno;

		privileges_lower();
		return -error;
	}
	return 0;
}

void privileges_lower(void)
{
	if (make_effective(0) < 0 || !sets_are_lowered(~0ULL))
		abort();
}

/* ---- the phases ---- */

static enum reply_code refuse_step(struct refusal *why, const char *step)
{
	return refuse(why, REPLY_INTERNAL, "privileges: %s: %s", step, strerror(errno));
}

void privileges_speak_as_caller(void)
{
	/* As a plain system call, for signal handlers. Where it fails, ids mean nothing. */
	if (geteuid() != getuid())
		(void)syscall(SYS_setresuid, -1, getuid(), -1);
}

enum reply_code privileges_drop(struct refusal *why)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return refuse_step(why, "cannot become the caller");
	if (uid != 0 && write_sets(0, 0) < 0)
		return refuse_step(why, "cannot drop capabilities");
	return REPLY_GRANTED;
}

/* The account is looked up without any effective capability. */
static enum reply_code find_account(uid_t caller_uid, struct account *account, struct refusal *why)
{
	const struct passwd *entry;

	errno = 0;
	entry = getpwnam(VMGRANT_ACCOUNT);
	if (entry == NULL)
		return refuse(why, REPLY_INSTALLATION,
			      "account " VMGRANT_ACCOUNT ": does not exist: ask the administrator "
			      "to run systemd-sysusers, or useradd --system " VMGRANT_ACCOUNT);
	if (entry->pw_uid == 0 || entry->pw_gid == 0 || entry->pw_uid == caller_uid)
		return refuse(why, REPLY_INSTALLATION,
			      "account " VMGRANT_ACCOUNT ": uid %u, gid %u: must be neither root's nor "
			      "the caller's", (unsigned)entry->pw_uid, (unsigned)entry->pw_gid);
	account->uid = entry->pw_uid;
	account->gid = entry->pw_gid;
	return REPLY_GRANTED;
}

enum reply_code privileges_shrink(unsigned jobs, uid_t caller_uid, struct account *account_out,
				  struct refusal *why)
{
	const unsigned long long phase_1 = bits_of(jobs | PRIVILEGE_OPEN) | PHASE_1;
	uid_t real, effective, saved;
	enum reply_code code;

	if (write_sets(0, phase_1 | BIT(CAP_SETUID)) < 0)
		return refuse(why, REPLY_NO_PRIVILEGE,
			      "no privilege: this container or service lacks one of CAP_NET_ADMIN, "
			      "CAP_DAC_OVERRIDE, CAP_SETUID, CAP_SETGID, CAP_SETPCAP: start it outside, "
			      "or give it these");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return refuse_step(why, "cannot drop capabilities");
	code = find_account(caller_uid, account_out, why);
	if (code != REPLY_GRANTED)
		return code;
	/* Without keepcaps the kernel empties the permitted set with the last uid 0. */
	if (make_effective(BIT(CAP_SETUID)) < 0 ||
	    prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
	    setresuid((uid_t)-1, account_out->uid, account_out->uid) < 0 ||
	    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		return refuse_step(why, "cannot become the account " VMGRANT_ACCOUNT);
	if (write_sets(0, phase_1) < 0)
		return refuse_step(why, "cannot drop capabilities");
	/* Changing ids resets the flag to the system's default. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return refuse_step(why, "cannot forbid tracing");
	if (getresuid(&real, &effective, &saved) < 0 || real != caller_uid ||
	    effective != account_out->uid || saved != account_out->uid)
		return refuse(why, REPLY_INTERNAL, "privileges: ids are not what was set");
	return REPLY_GRANTED;
}

int privileges_enter_caller(uid_t caller_uid)
{
	return seteuid(caller_uid) < 0 ? -errno : 0;
}

void privileges_leave_caller(const struct account *account)
{
	if (seteuid(account->uid) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		abort();
}

/* Until the kernel says that there is no such capability. */
static int empty_bounding_set(void)
{
	for (unsigned long capability = 0; capability < 64; capability++) {
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return errno == EINVAL && capability > CAP_AUDIT_READ ? 0 : -1;
	}
	return 0;
}

static int drop_groups(const struct account *account)
{
	if (make_effective(PHASE_1) < 0)
		return -1;
	if (setgroups(0, NULL) < 0 || setresgid(account->gid, account->gid, account->gid) < 0)
		return -1;
	return empty_bounding_set();
}

enum reply_code privileges_finish(unsigned jobs, const struct account *account,
				  struct refusal *why)
{
	const unsigned long long kept = bits_of(jobs);

	if (drop_groups(account) < 0)
		return refuse_step(why, "cannot drop groups and bounding set");
	if (write_sets(0, kept) < 0)
		return refuse_step(why, "cannot drop capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return refuse_step(why, "cannot give up new privileges");
	if (!sets_are_lowered(kept))
		return refuse(why, REPLY_INTERNAL, "privileges: capabilities are not what was set");
	return REPLY_GRANTED;
}

int privileges_become_account(const struct account *account)
{
	if (setresuid(account->uid, account->uid, account->uid) < 0)
		return -1;
	return write_sets(0, 0);
}
