/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What vmgrant check finds out about this machine, for this person. Each check is
 * a function that looks at one thing, changes nothing, and adds what it found.
 */
#ifndef VMGRANT_CLIENT_COMMAND_CHECK_CHECK_H
#define VMGRANT_CLIENT_COMMAND_CHECK_CHECK_H

#include "client/command/common/text.h"

enum check_level {
	CHECK_OK = 0,
	CHECK_INFO, /* good to know, nothing is wrong */
	CHECK_WARN, /* something that a guest may want is not to be had */
	CHECK_FAIL, /* nothing, or nothing of that kind, will be granted */
};

struct finding {
	enum check_level level;
	const char *check; /* name of the check in the table */
	char *what;        /* object: what there is to say about it */
	char *mend;        /* a command, or what to do in words; NULL: nothing */
};

struct check {
	const char *root;   /* before every path of sysfs, procfs, /dev and /etc; "" but for tests */
	const char *helper;
	const char *device; /* PCI address of --vfio; NULL: without */
	const char *user;   /* who runs this */
	const char *name;   /* of the check that runs */
	int needs_polkit;   /* 1: a rule for this user asks polkit */
	int is_hopeless;    /* 1: no helper that could be asked */
	struct finding *findings;
	size_t count;
};

/* Add a finding; what and mend come from text_format() and belong to *check from now on. */
void check_add(struct check *check, enum check_level level, char *what, char *mend);

void check_release(struct check *check);

/* The worst level of all findings. */
enum check_level check_worst(const struct check *check);

/* ---- installation: check-install.c ---- */
void check_process(struct check *check);
void check_helper(struct check *check);
void check_account(struct check *check);

/* ---- the administrator's policy: check-policy.c ---- */
void check_acl(struct check *check);
void check_bridges(struct check *check);

/* ---- check-polkit.c ---- */
void check_actions(struct check *check);
void check_polkit(struct check *check);
void check_agent(struct check *check);

/* ---- what guests need besides: check-host.c ---- */
void check_tun(struct check *check);
void check_namespaces(struct check *check);
void check_kvm(struct check *check);
void check_vhost(struct check *check);
void check_memory(struct check *check);

/* ---- programs that use the helper: check-clients.c ---- */
void check_qemu(struct check *check);
void check_libvirt(struct check *check);
void check_old_helper(struct check *check);

/* ---- a PCI device and its group, with --vfio: check-vfio.c ---- */
void check_vfio(struct check *check);

#endif
