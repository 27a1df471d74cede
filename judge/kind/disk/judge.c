/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* May the caller have the disk that a request names? Needs no privilege. */
#include "judge/kind/disk/judge.h"

#include <errno.h>
#include <string.h>

#include "judge/acl-verdict.h"
#include "judge/kind/disk/named.h"
#include "judge/kind/disk/use.h"

/* ---- what the rules say ---- */

static enum reply_code judge_as(struct matter *matter, const struct disk_named *named, int is_written,
				struct refusal *why)
{
	const struct acl_object object = {
		.kind = ACL_KIND_DISK,
		.disk = {
			.own = { named->own, named->own_count },
			.shared = { named->shared, named->shared_count },
			.is_written = is_written != 0,
		},
	};

	return judge_object(matter->request, &object, &matter->session->caller,
			    &matter->session->policy, &matter->rule, why);
}

/* A rule with ro gives a disk that is not written; who has one may know what is missing. */
static enum reply_code judge_named(struct matter *matter, const struct disk_named *named,
				   struct refusal *why)
{
	enum reply_code code = judge_as(matter, named, !matter->request->disk.read_only, why);
	struct refusal other;
	char object[REQUEST_TEXT_SIZE];

	if (code != REPLY_DENIED || matter->request->disk.read_only ||
	    judge_as(matter, named, 0, &other) != REPLY_GRANTED)
		return code;
	request_describe(matter->request, object);
	return refuse(why, REPLY_UNSUPPORTED,
		      "%s: the rule gives it read-only: ask for it with ,ro", object);
}

/*
 * Nothing is there. Who may have what the request names, by the very word of a rule, may
 * know that; to others it is as if it were forbidden.
 */
static enum reply_code refuse_missing(struct matter *matter, struct refusal *why)
{
	const char *name = matter->request->disk.name;
	const struct disk_named named = { .own = &name, .own_count = 1, .shared = &name,
				     .shared_count = 1 };
	enum reply_code code = judge_as(matter, &named, 0, why);
	char object[REQUEST_TEXT_SIZE];
	int error = -matter->disk.find_result;

	if (code != REPLY_GRANTED)
		return code;
	request_describe(matter->request, object);
	if (error == EPERM)
		return refuse(why, REPLY_OBJECT, "%s: others than root can change where this name "
			      "leads: ask the administrator", object);
	if (error == ENOTBLK)
		return refuse(why, REPLY_OBJECT, "%s: this is no disk", object);
	return refuse(why, REPLY_OBJECT, "%s: no such disk is there: ls /dev/disk/by-id shows "
		      "those that are", object);
}

/* ---- what no rule gives ---- */

static enum reply_code refuse_used(const struct matter *matter, int result, const char *text,
				   struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];

	if (result == 0)
		return REPLY_GRANTED;
	request_describe(matter->request, object);
	if (result < 0)
		return refuse(why, REPLY_OBJECT, "%s: cannot tell whether this machine uses it: %s: "
			      "try again", object, strerror(-result));
	return refuse(why, REPLY_OBJECT, "%.160s: in use: %s: unmount it, or stop what uses it",
		      object, text);
}

static enum reply_code judge_device(const struct matter *matter, struct refusal *why)
{
	const struct disk_object *disk = &matter->disk;
	const char *problem = disk_device_problem(&disk->device);
	char object[REQUEST_TEXT_SIZE], use[DISK_USE_SIZE];

	request_describe(matter->request, object);
	if (problem != NULL)
		return refuse(why, REPLY_OBJECT, "%s: it is %s, which is never handed out", object,
			      problem);
	if (disk->device.is_write_protected && !matter->request->disk.read_only)
		return refuse(why, REPLY_OBJECT, "%s: it is write-protected: ask for it with ,ro",
			      object);
	return refuse_used(matter, disk_use_find(&disk->places, &disk->device, use), use, why);
}

enum reply_code disk_judge(struct matter *matter, struct refusal *why)
{
	struct disk_named named = { .own = NULL };
	enum reply_code code;
	int result;

	if (matter->disk.find_result < 0)
		return refuse_missing(matter, why);
	result = disk_named_find(&matter->disk.places, &matter->disk.device,
				 &matter->session->policy.acl, &named);
	/* To whom nothing is known to be allowed, nothing is said. */
	code = result < 0 ? judge_deny(matter->request, &matter->session->caller, why)
			  : judge_named(matter, &named, why);
	disk_named_release(&named);
	if (code != REPLY_GRANTED)
		return code;
	matter->options = matter->rule->options;
	return judge_device(matter, why);
}

/* Looked at by opening: the helper may not be let to, as by its unit. */
static enum reply_code refuse_closed(const struct matter *matter, const char *node,
				     const char *allowed, struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];

	request_describe(matter->request, object);
	return refuse_closed_device(why, REPLY_OBJECT, object, node, allowed);
}

enum reply_code disk_check_unused(const struct matter *matter, struct refusal *why)
{
	const struct disk_object *disk = &matter->disk;
	struct orders *orders = &matter->session->orders;
	char use[DISK_USE_SIZE];
	int result = disk_use_find(&disk->places, &disk->device, use);

	if (result != 0)
		return refuse_used(matter, result, use, why);
	result = disk_use_find_claim(&disk->device, orders, use);
	if (result == -EPERM)
		return refuse_closed(matter, "another path to it", "block-sd", why);
	if (result == 0)
		result = disk_use_find_loop(&disk->places, &disk->device, orders, use);
	if (result == -EPERM)
		return refuse_closed(matter, "/dev/loop*, which may stand on it,", "block-loop",
				     why);
	return refuse_used(matter, result, use, why);
}
