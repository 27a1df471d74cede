/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant check --vfio: a PCI device, its IOMMU group, and the exact commands that
 * bind what has to be bound. Binding is the administrator's act.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/kind/vfio/vfio.h"
#include "client/command/machine/tree.h"
#include "client/command/options/pci-address.h"
#include "client/library/vmgrant.h"
#include "client/text/message.h"

#define PCI "/sys/bus/pci/devices"
#define YAMA "/proc/sys/kernel/yama/ptrace_scope"

/* The class of a bridge to other PCI buses: it stays with its driver. */
#define CLASS_PCI_BRIDGE 0x0604

#define SWITCH_IOMMU_ON                                                                            \
	N_("switch the IOMMU on: VT-d or AMD-Vi in the firmware, and intel_iommu=on on "           \
	   "the kernel's command line")

static int is_installed(const struct check *check, const char *program)
{
	return tree_exists(check->root, "/usr/sbin/%s", program) ||
	       tree_exists(check->root, "/usr/bin/%s", program) ||
	       tree_exists(check->root, "/sbin/%s", program);
}

/* driverctl keeps it over the next start of the machine, sysfs does not. */
static char *binding_command(const struct check *check, const char *address, const char *driver)
{
	char *unbind, *command;

	if (is_installed(check, "driverctl"))
		return text_format("sudo modprobe vfio-pci && sudo driverctl set-override %s "
				   "vfio-pci", address);
	unbind = driver == NULL ? text_format("%s", "")
				: text_format("echo %s >/sys/bus/pci/drivers/%s/unbind && ", address,
					      driver);
	command = text_format("sudo sh -c 'modprobe vfio-pci && echo vfio-pci >" PCI "/%s/"
			      "driver_override && %secho %s >/sys/bus/pci/drivers_probe'",
			      address, unbind, address);
	free(unbind);
	return command;
}

static int is_pci_bridge(const struct check *check, const char *address)
{
	return tree_number(check->root, PCI "/%s/class", address) >> 8 == CLASS_PCI_BRIDGE;
}

/* "0000:03:00.0 (10de:1b80, driver nouveau)" */
static char *describe(const struct check *check, const char *address, const char *driver)
{
	long vendor = tree_number(check->root, PCI "/%s/vendor", address);
	long device = tree_number(check->root, PCI "/%s/device", address);

	return driver == NULL
		       ? text_format(_("%s (%04lx:%04lx, no driver)"), address, vendor, device)
		       : text_format(_("%s (%04lx:%04lx, driver %s)"), address, vendor, device,
				     driver);
}

static int serves_vfio(const char *driver)
{
	return strcmp(driver, "vfio-pci") == 0 || strstr(driver, "vfio") != NULL;
}

static void check_member(struct check *check, const char *address, const char *group)
{
	char *driver = tree_link(check->root, PCI "/%s/driver", address);
	char *name = describe(check, address, driver);

	if (is_pci_bridge(check, address))
		check_add(check, CHECK_OK,
			  text_format(_("%s: group %s: a PCI bridge, stays as it is"), name, group),
			  NULL);
	else if (driver != NULL && serves_vfio(driver))
		check_add(check, CHECK_OK,
			  text_format(_("%s: group %s: bound to VFIO"), name, group), NULL);
	else if (driver == NULL && strcmp(address, check->object) != 0)
		check_add(check, CHECK_OK,
			  text_format(_("%s: group %s: in nobody's use"), name, group), NULL);
	else
		check_add(check, CHECK_FAIL,
			  text_format(_("%s: group %s: %s"), name, group,
				      driver == NULL
					      ? _("not bound to VFIO")
					      : _("the whole group must be free for the guest")),
			  binding_command(check, address, driver));
	if (tree_number(check->root, PCI "/%s/boot_vga", address) == 1)
		check_add(
			check, CHECK_WARN,
			text_format(_("%s: it shows the console of this machine, which goes dark"),
				    address),
			NULL);
	free(name);
	free(driver);
}

static void check_group(struct check *check, const char *group)
{
	char *name = tree_line(check->root, "/sys/kernel/iommu_groups/%s/name", group);
	struct words members;

	if (name != NULL && strcmp(name, "vfio-noiommu") == 0)
		check_advise(
			check, CHECK_FAIL,
			text_format(_("group %s: without IOMMU: a guest could read all of this "
				      "machine's memory: never granted"),
				    group),
			text_format("%s", _(SWITCH_IOMMU_ON)));
	tree_names(&members, check->root, "/sys/kernel/iommu_groups/%s/devices", group);
	for (size_t i = 0; i < members.count; i++)
		check_member(check, members.items[i], group);
	words_release(&members);
	free(name);
}

/* QEMU's opens are answered then, for which vmgrant run reads QEMU's memory. */
static void check_by_group(struct check *check, const char *group)
{
	long scope = tree_number(check->root, YAMA);

	check_add(check, CHECK_OK, text_format(_("/dev/vfio/%s and /dev/vfio/vfio: there"), group),
		  NULL);
	if (scope < 2)
		return;
	check_advise(
		check, CHECK_WARN,
		text_format(_("%s is %ld: vmgrant run --vfio works with 0 or 1 only"), YAMA, scope),
		text_format(_("a kernel with iommufd and QEMU 9 or newer need none of it; the "
			      "setting protects all programs of this machine")));
}

static int is_there(const struct check *check, const char *path)
{
	return tree_exists(check->root, "%s", path) || check_is_closed(check, path);
}

/* The node of a device or group, and the one for memory: 1 if one of them is closed. Frees path. */
static int add_closed(struct check *check, char *path, const char *memory)
{
	const char *const paths[] = { path, memory };
	int count = 0;

	for (size_t i = 0; i < 2; i++) {
		if (!check_is_closed(check, paths[i]))
			continue;
		check_add_closed(check, CHECK_FAIL, paths[i], _("a guest cannot have the device"));
		count++;
	}
	free(path);
	return count > 0;
}

static void check_open_nodes(struct check *check, const struct words *devices, const char *group)
{
	if (devices->count > 0 && tree_exists(check->root, "/dev/iommu"))
		check_add(check, CHECK_OK,
			  text_format(_("/dev/vfio/devices/%s and /dev/iommu: there"),
				      devices->items[0]),
			  NULL);
	else if (tree_exists(check->root, "/dev/vfio/%s", group) &&
		 tree_exists(check->root, "/dev/vfio/vfio"))
		check_by_group(check, group);
	else if (check_worst(check) == CHECK_FAIL)
		check_add(check, CHECK_FAIL,
			  text_format(_("group %s: no node below /dev/vfio: they come with the "
					"binding to vfio-pci"),
				      group),
			  NULL);
	else
		check_advise(
			check, CHECK_FAIL,
			text_format(_("group %s: bound to VFIO, but its nodes are not here: no "
				      "/dev/vfio/%s"),
				    group, group),
			text_format(_("start it outside of the container, or give the container "
				      "/dev/vfio")));
}

/* By iommufd if the kernel has it, as the helper does. */
static void check_nodes(struct check *check, const char *group)
{
	struct words devices;
	int is_closed;

	tree_names(&devices, check->root, PCI "/%s/vfio-dev", check->object);
	if (devices.count > 0 && is_there(check, "/dev/iommu"))
		is_closed = add_closed(check, text_format("/dev/vfio/devices/%s", devices.items[0]),
				       "/dev/iommu");
	else
		is_closed = add_closed(check, text_format("/dev/vfio/%s", group), "/dev/vfio/vfio");
	if (!is_closed)
		check_open_nodes(check, &devices, group);
	words_release(&devices);
}

static void ask_helper(struct check *check)
{
	struct vmgrant_connection *connection = vmgrant_connect(check->helper);
	struct vmgrant_vfio_request request = {
		.size = sizeof request, .address = check->object, .flags = VMGRANT_DEVICE_QUERY,
	};
	struct vmgrant_vfio vfio = { .size = sizeof vfio };

	if (connection == NULL)
		return;
	if (vmgrant_vfio(connection, &request, &vfio) == VMGRANT_GRANTED)
		check_add(check, CHECK_OK,
			  text_format((vfio.flags & VMGRANT_NODE_POLKIT) != 0
					      ? _("%s: allowed for user %s, if polkit agrees")
					      : _("%s: allowed for user %s"),
				      check->object, check->user),
			  NULL);
	else
		check_add(check, CHECK_WARN, text_format("%s", vmgrant_error(connection)), NULL);
	vmgrant_close(connection);
}

static void check_device(struct check *check)
{
	char *group;

	if (!tree_exists(check->root, PCI "/%s", check->object)) {
		check_advise(check, CHECK_FAIL,
			     text_format(_("%s: there is no such PCI device"), check->object),
			     text_format(_("lspci -D lists them")));
		return;
	}
	group = tree_link(check->root, PCI "/%s/iommu_group", check->object);
	if (group == NULL) {
		check_advise(check, CHECK_FAIL,
			     text_format(_("%s: in no IOMMU group: it cannot be given to a guest"),
					 check->object),
			     text_format("%s", _(SWITCH_IOMMU_ON)));
		return;
	}
	check_group(check, group);
	check_nodes(check, group);
	free(group);
	if (*check->root == '\0')
		ask_helper(check);
}

void check_vfio(struct check *check)
{
	const char *given = check->object;
	char address[PCI_ADDRESS_SIZE];

	if (pci_address_complete(given, strlen(given), address) < 0) {
		check_advise(check, CHECK_FAIL,
			     text_format(_("%.64s: not a PCI address: like 0000:03:00.0"), given),
			     text_format(_("lspci -D lists them")));
		return;
	}
	check->object = address;
	check_device(check);
	check->object = given;
}
