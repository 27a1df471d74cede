/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmgrant check: what this machine's kernel gives to guests. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/kvm.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/command/check/check.h"
#include "client/command/common/tree.h"

/* ---- TAP ---- */

/* The helper opens it under the account's own rights for a sealed port. */
void check_tun(struct check *check)
{
	char *path = tree_path(check->root, "/dev/net/tun");
	struct stat status;

	if (stat(path, &status) < 0)
		check_add(check, CHECK_FAIL,
			  text_format("/dev/net/tun: %s: no network card can be made",
				      strerror(errno)),
			  text_format("sudo modprobe tun"));
	else if (!S_ISCHR(status.st_mode))
		check_add(check, CHECK_FAIL, text_format("/dev/net/tun: not a device"),
			  text_format("sudo rm /dev/net/tun && sudo modprobe -r tun && "
				      "sudo modprobe tun"));
	else if ((status.st_mode & 06) != 06)
		check_add(check, CHECK_FAIL,
			  text_format("/dev/net/tun: closed to the account %s: no sealed port can "
				      "be made", VMGRANT_ACCOUNT),
			  text_format("sudo chmod 666 /dev/net/tun"));
	else
		check_add(check, CHECK_OK, text_format("/dev/net/tun: open to everybody"), NULL);
	free(path);
}

/* 1 if this user can really make one; whoever forbids it may have many ways. */
static int can_make_user_namespace(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : 1);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

void check_namespaces(struct check *check)
{
	static const char sealed[] = "sealed ports cannot be made, only those of rules with "
				     "port=direct";

	if (tree_number(check->root, "/proc/sys/user/max_user_namespaces") == 0)
		check_add(check, CHECK_WARN, text_format("user namespaces: forbidden: %s", sealed),
			  text_format("sudo sysctl user.max_user_namespaces=15000"));
	else if (tree_number(check->root, "/proc/sys/kernel/unprivileged_userns_clone") == 0)
		check_add(check, CHECK_WARN,
			  text_format("user namespaces: forbidden to users: %s", sealed),
			  text_format("sudo sysctl kernel.unprivileged_userns_clone=1"));
	else if (tree_number(check->root,
			     "/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
		check_add(check, CHECK_WARN,
			  text_format("user namespaces: without power by AppArmor: %s", sealed),
			  text_format("sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"));
	else if (!can_make_user_namespace())
		check_add(check, CHECK_WARN,
			  text_format("user namespaces: cannot be made here: %s", sealed),
			  text_format("start it outside of the container or sandbox"));
	else
		check_add(check, CHECK_OK,
			  text_format("user namespaces: allowed: ports can be sealed"), NULL);
}

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

	if (module != NULL)
		check_add(check, CHECK_WARN,
			  text_format("/dev/kvm: missing: guests are emulated, which is slow"),
			  text_format("sudo modprobe %s", module));
	else
		check_add(check, CHECK_WARN,
			  text_format("/dev/kvm: missing: guests are emulated, which is slow: the "
				      "processor shows no virtualisation"),
			  text_format("switch it on in the firmware, or in the machine around "
				      "this one"));
}

static void add_closed_kvm(struct check *check, const char *path)
{
	const struct group *group = NULL;
	struct stat status;

	if (stat(path, &status) == 0 && (status.st_mode & 060) == 060 && status.st_gid != 0)
		group = getgrgid(status.st_gid);
	check_add(check, CHECK_WARN,
		  text_format("/dev/kvm: closed to user %s: guests are emulated, which is slow",
			      check->user),
		  group != NULL ? text_format("sudo usermod -aG %s %s, then log in again",
					      group->gr_name, check->user)
				: text_format("sudo chmod 666 /dev/kvm"));
}

void check_kvm(struct check *check)
{
	char *path = tree_path(check->root, "/dev/kvm");
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int error = errno;

	if (fd < 0 && (error == EACCES || error == EPERM))
		add_closed_kvm(check, path);
	else if (fd < 0 && (error == ENOENT || error == ENODEV || error == ENXIO))
		add_no_kvm(check);
	else if (fd < 0)
		check_add(check, CHECK_WARN,
			  text_format("/dev/kvm: cannot be opened: %s", strerror(error)), NULL);
	else if (ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		check_add(check, CHECK_WARN, text_format("/dev/kvm: is not KVM"), NULL);
	else
		check_add(check, CHECK_OK, text_format("/dev/kvm: usable"), NULL);
	if (fd >= 0)
		close(fd);
	free(path);
}

/* ---- vhost-net, locked memory ---- */

void check_vhost(struct check *check)
{
	if (tree_exists(check->root, "/dev/vhost-net"))
		check_add(check, CHECK_OK,
			  text_format("/dev/vhost-net: there, the helper opens it for rules with "
				      "vhost"), NULL);
	else
		check_add(check, CHECK_INFO,
			  text_format("/dev/vhost-net: missing: no card can have vhost=on"),
			  text_format("sudo modprobe vhost_net"));
}

void check_memory(struct check *check)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return;
	if (limit.rlim_cur == RLIM_INFINITY)
		check_add(check, CHECK_INFO, text_format("locked memory: no limit"), NULL);
	else
		check_add(check, CHECK_INFO,
			  text_format("locked memory: %llu KiB: a guest with a PCI device needs as "
				      "much as it has memory: memlock= in the rule gives it",
				      (unsigned long long)limit.rlim_cur / 1024), NULL);
}
