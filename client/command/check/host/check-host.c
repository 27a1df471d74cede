/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: what this machine's kernel gives to guests. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/command/check/check.h"
#include "client/command/check/host/group-advice.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

/* ---- KVM ---- */

/* "kvm_intel", "kvm_amd", or NULL where the processor offers no virtualisation. */
static const char *kvm_module(const struct check *check)
{
	char *path = tree_path(check->root, "/proc/cpuinfo");
	FILE *file = fopen(path, "re");
	const char *module = NULL;
	char *line = NULL;
	size_t size = 0;

	while (file != NULL && module == NULL && getline(&line, &size, file) > 0) {
		if (strncmp(line, "flags", 5) != 0)
			continue;
		module = strstr(line, " vmx") != NULL ? "kvm_intel"
						      : strstr(line, " svm") != NULL ? "kvm_amd" : "";
	}
	free(line);
	free(path);
	if (file != NULL)
		(void)fclose(file);
	return module != NULL && *module == '\0' ? NULL : module;
}

static void add_no_kvm(struct check *check)
{
	const char *module = kvm_module(check);

	if (module != NULL && tree_exists(check->root, "/sys/class/misc/kvm"))
		check_add(check, CHECK_WARN,
			  text_format(_("/dev/kvm: missing: guests are emulated, which is slow")),
			  text_format("sudo mknod -m 666 /dev/kvm c 10 232"));
	else if (module != NULL)
		check_add(check, CHECK_WARN,
			  text_format(_("/dev/kvm: missing: guests are emulated, which is slow")),
			  text_format("sudo modprobe %s", module));
	else
		check_advise(
			check, CHECK_WARN,
			text_format(_("/dev/kvm: missing: the processor shows no "
				      "virtualisation")),
			text_format(_("guests are emulated, which is slow: switch it on in the "
				      "firmware, or in the machine around this one")));
}

static void add_closed_kvm(struct check *check, const char *path)
{
	const struct group *group = NULL;
	struct stat status;

	if (stat(path, &status) == 0 && (status.st_mode & 060) == 060 && status.st_gid != 0)
		group = getgrgid(status.st_gid);
	if (group != NULL && group_gives_power(group))
		group = NULL;
	check_add(check, CHECK_WARN,
		  group != NULL
			  ? text_format(_("/dev/kvm: closed to user %s (counts from the next "
					  "login): guests are emulated, which is slow"),
					check->user)
			  : text_format(_("/dev/kvm: closed to user %s: guests are emulated, which "
					  "is slow"),
					check->user),
		  group != NULL ? group_command(group, check->user)
				: text_format("sudo chmod 666 /dev/kvm"));
}

void check_kvm(struct check *check)
{
	char *path = tree_path(check->root, "/dev/kvm");
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int error = errno;

	if (fd < 0 && error == EACCES)
		add_closed_kvm(check, path);
	else if (fd < 0 && error == EPERM)
		check_add_closed(check, CHECK_WARN, "/dev/kvm",
				 _("guests are emulated, which is slow"));
	else if (fd < 0 && (error == ENOENT || error == ENODEV || error == ENXIO))
		add_no_kvm(check);
	else if (fd < 0)
		check_add(check, CHECK_WARN,
			  text_format(_("/dev/kvm: cannot be opened: %s"), strerror(error)), NULL);
	else if (ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		check_add(check, CHECK_WARN, text_format(_("/dev/kvm: is not KVM")), NULL);
	else
		check_add(check, CHECK_OK, text_format(_("/dev/kvm: usable")), NULL);
	if (fd >= 0)
		close(fd);
	free(path);
}

/* ---- vhost-net, locked memory ---- */

void check_vhost(struct check *check)
{
	/* Where the driver is there, it is the node that is missing. */
	int is_loaded = tree_exists(check->root, "/sys/class/misc/vhost-net");

	if (tree_exists(check->root, "/dev/vhost-net"))
		check_add(check, CHECK_OK,
			  text_format(_("/dev/vhost-net: there, for rules with vhost")), NULL);
	else if (check_is_closed(check, "/dev/vhost-net"))
		check_add_closed(check, CHECK_INFO, "/dev/vhost-net",
				 _("no card can have vhost=on"));
	else
		check_add(check, CHECK_INFO,
			  text_format(_("/dev/vhost-net: missing: no card can have vhost=on")),
			  text_format(is_loaded ? "sudo mknod -m 666 /dev/vhost-net c 10 238"
						: "sudo modprobe vhost_net"));
}

void check_memory(struct check *check)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return;
	if (limit.rlim_cur == RLIM_INFINITY)
		check_add(check, CHECK_INFO, text_format(_("locked memory: no limit")), NULL);
	else
		check_add(check, CHECK_INFO,
			  text_format(
				  _("locked memory: %llu KiB; memlock= in a rule for a PCI device "
				    "gives more"),
				  (unsigned long long)limit.rlim_cur / 1024),
			  NULL);
}
