/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: what a card is made of, the TUN driver and namespaces. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/command/check/check.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

#define TUN "/dev/net/tun"

/* ---- TAP ---- */

static void add_missing_tun(struct check *check)
{
	int is_loaded = tree_exists(check->root, "/sys/class/misc/tun");

	check_add(check, CHECK_FAIL,
		  text_format(_("%s: missing: no network card can be made"), TUN),
		  text_format(is_loaded ? "sudo mkdir -p /dev/net && sudo mknod -m 666 " TUN
					  " c 10 200"
					: "sudo modprobe tun"));
}

/* Why the node itself cannot be opened, although its mode would allow it. */
static void check_tun_open(struct check *check, const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int error = errno;

	if (fd >= 0) {
		close(fd);
		check_add(check, CHECK_OK, text_format(_("%s: open to everybody"), TUN), NULL);
	} else if (error == EPERM) {
		check_add_closed(check, CHECK_FAIL, TUN, _("no network card can be made"));
	} else if (error == ENODEV || error == ENXIO) {
		check_add(check, CHECK_FAIL, text_format(_("%s: the driver is missing"), TUN),
			  text_format("sudo modprobe tun"));
	} else {
		check_add(check, CHECK_FAIL, text_format(TUN ": %s", strerror(error)), NULL);
	}
}

/* The helper opens it under the account's own rights for a sealed port. */
static void judge_tun(struct check *check, const char *path, const struct stat *status)
{
	struct statvfs filesystem;

	if (!S_ISCHR(status->st_mode))
		check_add(check, CHECK_FAIL, text_format(_("%s: not a device"), TUN),
			  text_format("sudo rm -r " TUN " && sudo mknod -m 666 " TUN " c 10 200"));
	else if (statvfs(path, &filesystem) == 0 && (filesystem.f_flag & ST_NODEV) != 0)
		check_add(check, CHECK_FAIL,
			  text_format(_("%s: its file system is mounted nodev"), TUN),
			  text_format("sudo mount -o remount,dev "
				      "\"$(findmnt --noheadings --output TARGET --target " TUN
				      ")\""));
	else if ((status->st_mode & 06) != 06)
		check_add(check, CHECK_FAIL,
			  text_format(_("%s: closed to the account %s: no sealed port can be made"),
				      TUN, VMGRANT_ACCOUNT),
			  text_format("sudo chmod 666 " TUN));
	else
		check_tun_open(check, path);
}

void check_tun(struct check *check)
{
	char *path = tree_path(check->root, TUN);
	struct stat status;

	if (check_got_card(check, VMGRANT_PORT_SEALED))
		check_add(check, CHECK_OK, text_format(_("%s: usable"), TUN), NULL);
	else if (stat(path, &status) < 0)
		add_missing_tun(check);
	else
		judge_tun(check, path, &status);
	free(path);
}

/* ---- namespaces ---- */

/* 1 if this user can really make one; whoever forbids it may have many ways. */
static int can_make_user_namespace(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* A rule that needs one was tried, and it did not work. */
static int has_failed(const struct check *check)
{
	for (size_t i = 0; i < check->probe_count; i++) {
		if (check->probes[i].was_tried && check->probes[i].card == VMGRANT_INTERNAL)
			return 1;
	}
	return 0;
}

/* The setuid program does without them; the service does if its drop-in is there. */
static void add_forbidden(struct check *check, const char *what)
{
	if (has_failed(check))
		check_advise(
			check, CHECK_FAIL,
			text_format(_("user namespaces: %s: sealed ports cannot be made"), what),
			text_format(_("port=direct in the rule needs none, and the service's "
				      "drop-in no-user-namespaces.conf does without")));
	else
		check_add(
			check, check_got_card(check, VMGRANT_PORT_SEALED) ? CHECK_OK : CHECK_INFO,
			text_format(
				_("user namespaces: %s: ports are sealed with CAP_SYS_ADMIN instead"),
				what),
			NULL);
}

/* AppArmor can allow them to the helper alone. */
static void add_apparmor(struct check *check)
{
	const char *what = _("restricted by AppArmor");

	if (!has_failed(check)) {
		add_forbidden(check, what);
		return;
	}
	check_add(check, CHECK_FAIL,
		  text_format(_("user namespaces: %s: sealed ports cannot be made"), what),
		  text_format("printf 'abi <abi/4.0>,\\nprofile vmgrant-helper %s "
			      "flags=(unconfined) {\\n userns,\\n}\\n' | sudo tee "
			      "/etc/apparmor.d/vmgrant-helper && sudo apparmor_parser -r "
			      "/etc/apparmor.d/vmgrant-helper",
			      check->helper));
}

void check_namespaces(struct check *check)
{
	if (tree_number(check->root, "/proc/sys/user/max_user_namespaces") == 0)
		add_forbidden(check, _("forbidden"));
	else if (tree_number(check->root, "/proc/sys/kernel/unprivileged_userns_clone") == 0)
		add_forbidden(check, _("forbidden to users"));
	else if (tree_number(check->root,
			     "/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
		add_apparmor(check);
	else if (!check_got_card(check, VMGRANT_PORT_SEALED) && !can_make_user_namespace())
		check_advise(
			check, CHECK_WARN,
			text_format(_("user namespaces: cannot be made here: sealed ports cannot "
				      "be made")),
			text_format(_("start it outside of the container or sandbox")));
	else
		check_add(check, CHECK_OK,
			  text_format(_("user namespaces: allowed: ports can be sealed")), NULL);
}
