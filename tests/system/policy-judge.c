/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The judge's verdicts about policy files, for test_acl_oracle.py: without accounts, devices
 * or a world, thousands in a second. Commands come on the standard input, each is answered
 * by a line.
 *
 *   load PATH                                  "good", or "bad" and why
 *   ask UID GID[,GID...] bridge NAME           "deny", or "allow", the line and the options
 *   ask UID GID[,GID...] usb IDS PORT CLASS SERIAL     SERIAL "-": none
 *   ask UID GID[,GID...] vfio ADDRESS IDS
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "judge/policy/load.h"

#define GROUPS_MAX 8
#define LINE_SIZE 512

struct name {
	const char *text;
	unsigned id;
};

/* The same as in test_acl_oracle.py. */
static const struct name users[] = {
	{ "alice", 1000 }, { "bob", 1001 }, { "LAB\\erin", 1004 }, { "20231234", 1005 }, { NULL, 0 },
};
static const struct name groups[] = {
	{ "students", 2000 }, { "gpu", 2001 }, { "domain users", 2002 }, { NULL, 0 },
};

/* ---- files: whoever wrote them is trusted here ---- */

static int open_any(void *context, const char *path, mode_t kind, struct trusted_problem *problem)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | (kind == S_IFDIR ? O_DIRECTORY : 0));
	struct stat status;

	(void)context;
	*problem = (struct trusted_problem){ TRUSTED_NOT_OPENED, errno, "cannot be opened" };
	if (fd >= 0 && kind == S_IFREG && fstat(fd, &status) == 0 && !S_ISREG(status.st_mode)) {
		close(fd);
		fd = -1;
		*problem = (struct trusted_problem){ TRUSTED_IS_FOLDER, EISDIR, "a folder" };
	}
	if (fd >= 0)
		*problem = (struct trusted_problem){ 0 };
	return fd;
}

static int note(void *context, struct policy_sources *sources, const char *path)
{
	(void)context;
	return policy_sources_add(sources, path);
}

/* ---- names ---- */

static enum acl_name_result find(const struct name *names, const char *name, unsigned *id_out)
{
	for (; names->text != NULL; names++) {
		if (strcmp(names->text, name) == 0) {
			*id_out = names->id;
			return ACL_NAME_FOUND;
		}
	}
	return ACL_NAME_UNKNOWN;
}

static enum acl_name_result find_user(void *context, const char *name, uid_t *uid_out)
{
	(void)context;
	return find(users, name, uid_out);
}

static enum acl_name_result find_group(void *context, const char *name, gid_t *gid_out)
{
	(void)context;
	return find(groups, name, gid_out);
}

/* ---- questions ---- */

static void read_ids(const char *text, uint16_t *first, uint16_t *second)
{
	char *rest;

	*first = (uint16_t)strtoul(text, &rest, 16);
	*second = (uint16_t)strtoul(rest + 1, NULL, 16);
}

/* The words of a question are kept by the caller. */
static void read_object(char *const words[], struct acl_object *object, uint8_t *class)
{
	*object = (struct acl_object){ .kind = ACL_KIND_NONE };
	if (strcmp(words[0], "bridge") == 0) {
		object->kind = ACL_KIND_BRIDGE;
		object->bridge = words[1];
	} else if (strcmp(words[0], "usb") == 0) {
		object->kind = ACL_KIND_USB;
		read_ids(words[1], &object->usb.vendor, &object->usb.product);
		object->usb.port = words[2];
		*class = (uint8_t)strtoul(words[3], NULL, 16);
		object->usb.classes = class;
		object->usb.class_count = 1;
		object->usb.serial = strcmp(words[4], "-") == 0 ? NULL : words[4];
	} else {
		object->kind = ACL_KIND_VFIO;
		object->vfio.address = words[1];
		read_ids(words[2], &object->vfio.vendor, &object->vfio.device);
	}
}

static void answer(const struct policy *policy, char *const words[])
{
	static const struct acl_names names = { NULL, find_user, find_group };
	gid_t gids[GROUPS_MAX];
	struct acl_asker asker = { .uid = (uid_t)strtoul(words[0], NULL, 10), .groups = gids };
	const struct acl_rule *rule = NULL;
	struct acl_object object;
	uint8_t class = 0;
	char *end = words[1] - 1;

	do
		gids[asker.group_count++] = (gid_t)strtoul(end + 1, &end, 10);
	while (*end == ',' && asker.group_count < GROUPS_MAX);
	read_object(words + 2, &object, &class);
	if (acl_judge(&policy->acl, &object, &asker, &names, &rule) != ACL_VERDICT_ALLOW) {
		puts("deny");
		return;
	}
	printf("allow %s:%u %u %u %u %llu %u %u %u %u %u\n", rule->file, rule->line,
	       rule->options.queues, rule->options.quota, rule->options.vlan,
	       (unsigned long long)rule->options.memlock_bytes, rule->options.vhost,
	       rule->options.lock_mac, rule->options.isolated, rule->options.port_direct,
	       rule->options.polkit_skip);
}

int main(void)
{
	static const struct policy_opener opener = {
		.administrator = open_any, .caller = open_any, .note = note,
	};
	struct policy policy = { .file_count = 0 };
	/* The rules say where they stand by it. */
	char path[LINE_SIZE] = "", line[LINE_SIZE], *words[10] = { NULL };
	struct acl_error error;

	while (fgets(line, sizeof line, stdin) != NULL) {
		size_t count = 0;

		for (char *word = strtok(line, " \n"); word != NULL && count < 9; word = strtok(NULL, " \n"))
			words[count++] = word;
		if (strcmp(words[0], "load") == 0) {
			char message[700] = "";

			policy_release(&policy);
			(void)snprintf(path, sizeof path, "%s", words[1]);
			if (policy_load(&policy, path, &opener, &error) == 0) {
				puts("good");
			} else {
				acl_error_format(&error, message, sizeof message);
				printf("bad %s\n", message);
			}
		} else {
			answer(&policy, words + 1);
		}
		(void)fflush(stdout);
	}
	policy_release(&policy);
	return 0;
}
