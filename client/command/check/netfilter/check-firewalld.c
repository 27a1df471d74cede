/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant check: whether firewalld rejects what crosses a bridge, where br_netfilter shows it
 * that. It lets what stays within one zone through if that zone forwards, as zones do unless
 * somebody has changed it, or they come from firewalld before 1.0. Ports need no zone.
 */
#include <stdlib.h>
#include <string.h>

#include "client/command/check/beside/beside.h"
#include "client/command/check/netfilter/netfilter.h"
#include "client/command/machine/bridges.h"

#define PROGRAM "firewall-cmd"

int netfilter_has_firewalld(const struct check *check)
{
	size_t index = 0;
	char *pid = beside_find(check, "firewalld", &index);
	int is_found = pid != NULL;

	free(pid);
	return is_found;
}

/* The zone that an interface is in by name, to be freed; NULL: none, or no answer. */
static char *zone_of(const char *interface)
{
	char *option = text_format("--get-zone-of-interface=%s", interface);
	struct capture capture;

	netfilter_run(&capture, PROGRAM, option, NULL, NULL);
	free(option);
	if (capture.end != CAPTURE_EXITED || capture.status != 0)
		return NULL;
	return text_format("%.*s", (int)strcspn(capture.text, "\n"), capture.text);
}

/* Whether a zone, NULL for the default one, does not let through what its interfaces exchange. */
static int rejects(const char *zone)
{
	char *option = zone == NULL ? NULL : text_format("--zone=%s", zone);
	struct capture capture;

	netfilter_run(&capture, PROGRAM, "--query-forward", option, NULL);
	free(option);
	/* "no"; whatever else it may be is no answer. */
	return capture.end == CAPTURE_EXITED && capture.status == 1;
}

/* What has to be done, and then the permanent rules put in force. zone: NULL for the default one. */
static char *mend_of(const char *zone)
{
	char *quoted = zone == NULL ? NULL : text_shell_quote(zone);
	char *mend = text_format("sudo " PROGRAM " --permanent%s%s --add-forward && sudo " PROGRAM
				 " --reload", zone == NULL ? "" : " --zone=",
				 zone == NULL ? "" : quoted);

	free(quoted);
	return mend;
}

void netfilter_check_firewalld(struct check *check, const struct words *bridges)
{
	for (size_t i = 0; i < bridges->count; i++) {
		const char *bridge = bridges->items[i];
		char *zone;

		if (bridge_is_for_containers(bridge))
			continue;
		zone = zone_of(bridge);
		if (rejects(zone))
			check_add(check, CHECK_WARN,
				  text_format("bridge %s: firewalld rejects what guests send across "
					      "it (br_netfilter): its zone, %s, does not forward", bridge,
					      zone == NULL ? "the default one" : zone), mend_of(zone));
		free(zone);
	}
}
