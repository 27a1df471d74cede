/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check --disk: whether a disk can be had, and what is in the way. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/command/kind/disk/disk.h"
#include "client/command/machine/tree.h"
#include "client/library/vmgrant.h"
#include "client/text/message.h"

#define NAMES_MAX 4u

/* The names below a folder of /dev/disk that lead to the same device. */
static unsigned add_names(struct check *check, const struct stat *wanted, const char *folder,
			  unsigned count)
{
	struct words names;

	tree_names(&names, check->root, "/dev/disk/%s", folder);
	for (size_t i = 0; i < names.count && count < NAMES_MAX; i++) {
		char *path = tree_path(check->root, "/dev/disk/%s/%s", folder, names.items[i]);
		struct stat found;

		if (stat(path, &found) == 0 && S_ISBLK(found.st_mode) &&
		    found.st_rdev == wanted->st_rdev &&
		    strncmp(names.items[i], "lvm-pv-uuid-", 12) != 0) {
			check_add(check, CHECK_OK,
				  text_format(_("/dev/disk/%s/%s: a name that a rule may use"),
					      folder, names.items[i]),
				  NULL);
			count++;
		}
		free(path);
	}
	words_release(&names);
	return count;
}

static void say_rule(struct check *check, const char *sentence)
{
	check_advise(
		check, CHECK_FAIL, text_format("%s", sentence),
		text_format(_("a rule in %s: allow disk NAME user %s, with one of the names above"),
			    VMGRANT_ACL_FILE, check->user));
}

static char *say_allowed(const struct check *check, const struct vmgrant_disk *disk, int is_ro)
{
	const int asks = (disk->flags & VMGRANT_NODE_POLKIT) != 0;

	if (is_ro)
		return text_format(
			asks ? _("%s: %s: allowed for user %s, read-only, if polkit agrees")
			     : _("%s: %s: allowed for user %s, read-only"),
			check->object, disk->node, check->user);
	return text_format(asks ? _("%s: %s: allowed for user %s, if polkit agrees")
				: _("%s: %s: allowed for user %s"),
			   check->object, disk->node, check->user);
}

/* Judged by the rules and by what uses the disk; nothing is opened. */
static void ask_helper(struct check *check)
{
	struct vmgrant_connection *connection = vmgrant_connect(check->helper);
	struct vmgrant_disk_request request = {
		.size = sizeof request, .name = check->object, .flags = VMGRANT_DEVICE_QUERY,
	};
	struct vmgrant_disk disk = { .size = sizeof disk };
	enum vmgrant_code code;
	int is_ro = 0;

	if (connection == NULL) {
		check_add(check, CHECK_FAIL,
			  text_format(_("vmgrant-helper: cannot be started: %s"), strerror(errno)),
			  NULL);
		return;
	}
	code = vmgrant_disk(connection, &request, &disk);
	if (code == VMGRANT_UNSUPPORTED) {
		is_ro = 1;
		request.flags |= VMGRANT_DISK_READ_ONLY;
		code = vmgrant_disk(connection, &request, &disk);
	}
	if (code == VMGRANT_GRANTED)
		check_add(check, CHECK_OK, say_allowed(check, &disk, is_ro), NULL);
	else if (code == VMGRANT_DENIED)
		say_rule(check, vmgrant_error(connection));
	else
		check_add_sentence(check, CHECK_FAIL, vmgrant_error(connection));
	vmgrant_close(connection);
}

void check_disk(struct check *check)
{
	struct stat status;
	char *path = tree_path(check->root, "%s", check->object);
	int error = stat(path, &status) < 0 ? errno : 0;
	unsigned count;

	free(path);
	if (error != 0 || !S_ISBLK(status.st_mode)) {
		check_advise(check, CHECK_FAIL,
			     text_format("%.256s: %s", check->object,
					 error != 0 ? strerror(error) : _("this is no disk")),
			     text_format(_("ls -l /dev/disk/by-id shows those that are there")));
		return;
	}
	if (check_is_closed(check, check->object))
		check_add_closed(check, CHECK_FAIL, check->object,
				 _("a guest cannot have the disk"));
	count = add_names(check, &status, "by-id", 0);
	count = add_names(check, &status, "by-path", count);
	(void)add_names(check, &status, "by-partuuid", count);
	ask_helper(check);
}
