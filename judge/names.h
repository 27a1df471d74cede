/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * User and group names of the ACL, resolved by the name service.
 */
#ifndef VMGRANT_JUDGE_NAMES_H
#define VMGRANT_JUDGE_NAMES_H

#include "judge/policy/acl.h"

/* Names of people and groups are shorter than this; a longer one is looked up each time. */
#define NAMES_REMEMBERED_MAX 64

/* One name of a rule that was found to be the asker's own. Zeroed: none. */
struct names_own {
	char name[NAMES_REMEMBERED_MAX];
	uint32_t id;
	long long found_ms; /* on clock_now_ms() */
};

/*
 * What the requests of one connection need not look up again within
 * NAMES_REMEMBERED_MS: the last user's and the last group's name that made a rule
 * the asker's. Zeroed: nothing.
 */
#define NAMES_REMEMBERED_MS 10000
struct names_memory {
	struct names_own user, group;
};

/* Who asks; for names_of_system(). memory: NULL: nothing is remembered. */
struct names_context {
	const struct acl_asker *asker;
	struct names_memory *memory;
};

/*
 * The answers that acl_judge() asks for. context must outlive them; there is
 * nothing to release.
 *
 * A name that is not found means nobody, so that a rule may outlive its account.
 * But where several services are asked, libc says "not found" also when one of
 * them did not answer and a later one knew nothing, and a deny would be lost. So
 * the asker's own ids are then looked up: one that has the name is the answer, one
 * that cannot be looked up a failure, and with one that has no name, or more than
 * a thousand of them, it cannot be told (ACL_NAME_UNTOLD).
 */
struct acl_names names_of_system(struct names_context *context);

/*
 * The name of a uid, escaped. Returns ACL_NAME_FOUND, ACL_NAME_UNKNOWN or
 * ACL_NAME_FAILED; without ACL_NAME_FOUND name_out is left alone.
 */
enum acl_name_result names_of_uid(uid_t uid, char *name_out, size_t size);

#endif
