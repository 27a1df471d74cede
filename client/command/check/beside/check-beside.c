/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant check: software that configures a host's interfaces, and would do so with the
 * ports of guests: an address on a port, the host's default route by way of a guest, a
 * port that is taken off its bridge. Of what runs it is said whether it was told to leave
 * our ports alone. Where files can be dropped in, ours were installed.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "client/command/check/beside/beside.h"
#include "client/text/message.h"

/* A file of ours that some software reads, from the first of several folders that has it. */
struct drop_in {
	const char *process;    /* name of the software's process */
	const char *name;       /* of the file */
	const char *folders[5]; /* the administrator's first */
	const char *text;       /* for printf(1) */
	const char *harm;
	const char *reload;
};

static const struct drop_in drop_ins[] = {
	{
		"systemd-udevd",
		"00-vmgrant.link",
		{ "/etc/systemd/network", "/run/systemd/network", "/usr/local/lib/systemd/network",
		  "/usr/lib/systemd/network", "/lib/systemd/network" },
		"[Match]\\nOriginalName=" PORT_PATTERN "\\n\\n[Link]\\nMACAddressPolicy=none\\n",
		N_("may give ports of guests other addresses, which a bridge then takes over"),
		"sudo udevadm control --reload",
	},
	{
		"systemd-network",
		"00-vmgrant.network",
		{ "/etc/systemd/network", "/run/systemd/network", "/usr/local/lib/systemd/network",
		  "/usr/lib/systemd/network", "/lib/systemd/network" },
		"[Match]\\nName=" PORT_PATTERN "\\n\\n[Link]\\nUnmanaged=yes\\n",
		N_("would configure ports of guests for which some .network file has a [Match]"),
		"sudo networkctl reload",
	},
	{
		"NetworkManager",
		"00-vmgrant.conf",
		{ "/etc/NetworkManager/conf.d", "/run/NetworkManager/conf.d",
		  "/usr/lib/NetworkManager/conf.d" },
		"[device-vmgrant]\\nmatch-device=interface-name:" PORT_PREFIX "*\\nmanaged=0\\n",
		N_("manages ports of guests"),
		"sudo systemctl reload NetworkManager",
	},
};

static const struct {
	const char *process;
	void (*look)(struct check *check);
} others[] = {
	{ "dhcpcd", beside_dhcpcd },
	{ "connmand", beside_connman },
	{ "lldpd", beside_lldpd },
};

static int is_running(const struct check *check, const char *process)
{
	size_t index = 0;
	char *pid = beside_find(check, process, &index);
	int is_found = pid != NULL;

	free(pid);
	return is_found;
}

/* The first of its folders that has it; -1: none. An empty file, or a link to /dev/null, masks. */
static int find_drop_in(const struct check *check, const struct drop_in *drop_in, int *is_masked)
{
	for (int i = 0; i < 5 && drop_in->folders[i] != NULL; i++) {
		char *path = tree_path(check->root, "%s/%s", drop_in->folders[i], drop_in->name);
		struct stat status;
		int result = stat(path, &status);

		free(path);
		if (result < 0)
			continue;
		*is_masked = !S_ISREG(status.st_mode) || status.st_size == 0;
		return i;
	}
	return -1;
}

static void look_for_drop_in(struct check *check, const struct drop_in *drop_in)
{
	int is_masked = 0, place = find_drop_in(check, drop_in, &is_masked);

	if (place >= 0 && !is_masked)
		return;
	if (place >= 0)
		check_add(check, CHECK_WARN,
			  text_format(_("%s: runs, and %s: %s/%s is masked"), drop_in->process,
				      _(drop_in->harm), drop_in->folders[place], drop_in->name),
			  text_format("sudo rm %s/%s && %s", drop_in->folders[place], drop_in->name,
				      drop_in->reload));
	else
		check_add(check, CHECK_WARN,
			  text_format(_("%s: runs, and %s: %s is missing"), drop_in->process,
				      _(drop_in->harm), drop_in->name),
			  text_format("sudo mkdir -p %s && printf '%s' | sudo tee %s/%s && %s",
				      drop_in->folders[0], drop_in->text, drop_in->folders[0],
				      drop_in->name, drop_in->reload));
}

void check_beside(struct check *check)
{
	const size_t before = check->count;
	int running = 0;

	for (size_t i = 0; i < sizeof drop_ins / sizeof drop_ins[0]; i++) {
		if (!is_running(check, drop_ins[i].process))
			continue;
		running++;
		look_for_drop_in(check, &drop_ins[i]);
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		if (!is_running(check, others[i].process))
			continue;
		running++;
		others[i].look(check);
	}
	if (running > 0 && check->count == before)
		check_add(check, CHECK_OK,
			  text_format(_("other software: leaves the ports of guests alone")), NULL);
}
