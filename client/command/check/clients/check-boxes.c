/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant check: GNOME Boxes, which gives a guest a bridge only if virbr0 is up and a line
 * of QEMU's bridge.conf that begins with "allow" names it, whatever vmgrant's policy says.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/check/check.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

#define BRIDGE "virbr0"
#define CONF "/etc/qemu/bridge.conf"
#define FLATPAK "/var/lib/flatpak/app/org.gnome.Boxes"

static int is_up(const struct check *check)
{
	long flags = tree_number(check->root, "/sys/class/net/" BRIDGE "/flags");

	return flags >= 0 && (flags & IFF_UP) != 0;
}

/* As Boxes reads it: no word for word, and "deny" further down changes nothing. */
static int is_named(const struct check *check)
{
	char *path = tree_path(check->root, CONF), *line = NULL;
	FILE *file = fopen(path, "re");
	size_t size = 0;
	int found = 0;

	while (file != NULL && !found && getline(&line, &size, file) > 0)
		found = strncmp(line, "allow", strlen("allow")) == 0 &&
			strstr(line, BRIDGE) != NULL;
	if (file != NULL)
		(void)fclose(file);
	free(line);
	free(path);
	return found;
}

void check_boxes(struct check *check)
{
	int is_installed = tree_exists(check->root, "/usr/bin/gnome-boxes");

	if (!is_installed && tree_exists(check->root, FLATPAK)) {
		check_advise(check, CHECK_INFO,
			     text_format(_(
				     "GNOME Boxes: in Flatpak setuid has no effect: its guests get "
				     "no bridge")),
			     text_format(_("install it from the distribution's packages")));
		return;
	}
	if (!is_installed)
		return;
	if (!is_up(check))
		check_add(check, CHECK_INFO,
			  text_format(_("GNOME Boxes: %s is not up: its guests get no bridge"),
				      BRIDGE),
			  text_format("sudo virsh -c qemu:///system net-start default"));
	if (!is_named(check))
		check_add(check, CHECK_INFO,
			  text_format(_("GNOME Boxes: %s does not allow %s: no bridge"), CONF,
				      BRIDGE),
			  text_format("sudo mkdir -p /etc/qemu && echo 'allow " BRIDGE "' | "
				      "sudo tee -a " CONF));
	if (is_up(check) && is_named(check))
		check_add(check, CHECK_OK, text_format(_("GNOME Boxes: uses %s"), BRIDGE), NULL);
}
