/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The policy: the ACL file, what it includes and what it imports.
 *
 * Half a policy is no policy: an error in any file, a file that cannot be read
 * or that somebody else could have written makes the whole load fail. The one
 * exception keeps the promise of qemu-bridge-helper: inside an imported qemu
 * file, an include that is missing, a folder, or not for the caller is passed over,
 * and of one with an error the rules before the error count.
 */
#ifndef VMGRANT_JUDGE_POLICY_LOAD_H
#define VMGRANT_JUDGE_POLICY_LOAD_H

#include "judge/policy/acl.h"
#include "judge/policy/sources.h"
#include "judge/policy/trusted-file.h"

#define POLICY_FILES_MAX 1024
#define POLICY_DEPTH_MAX 8

/* Rules, and the texts and names that they point into. */
struct policy {
	struct acl acl;
	void **memory;
	size_t memory_count, memory_capacity;
	size_t file_count;
	struct policy_sources sources;
};

/*
 * With whose rights a file is opened. The judge opens the administrator's with its own and
 * has the helper open the caller's (ORDER_WALK); check-acl and explain open both themselves.
 * Both have the contract of trusted_file_open().
 */
struct policy_opener {
	void *context;
	int (*administrator)(void *context, const char *path, mode_t kind,
			     struct trusted_problem *problem);
	int (*caller)(void *context, const char *path, mode_t kind,
		      struct trusted_problem *problem);
	/* policy_sources_add(), with rights that can be had again later. */
	int (*note)(void *context, struct policy_sources *sources, const char *path);
	/* What an imported file says in vain, as to qemu; NULL: nobody wants to know. */
	void (*passed_over)(void *context, const struct acl_error *what);
};

/* Returns 0, or -1 with *error filled. Release in both cases. */
int policy_load(struct policy *policy, const char *path, const struct policy_opener *opener,
		struct acl_error *error);

void policy_release(struct policy *policy);

#endif
