/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant check: whether firewalld rejects what crosses a bridge, where br_netfilter shows it
 * that. It lets through what stays within one interface of a zone only if that interface was
 * put into the zone by name, and the zone forwards. The ports themselves need no zone.
 */
#include <stdlib.h>
#include <string.h>

#include "client/command/check/beside.h"
#include "client/command/check/netfilter.h"
#include "client/command/common/bridges.h"

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

/* Whether a zone, NULL for the default one, lets through what its interfaces exchange. */
static int forwards(const char *zone)
{
	char *option = zone == NULL ? NULL : text_format("--zone=%s", zone);
	struct capture capture;

	netfilter_run(&capture, PROGRAM, "--query-forward", option, NULL);
	free(option);
	return capture.end == CAPTURE_EXITED && capture.status == 0;
}

/* " --zone='work'", or "" for the default zone. */
static char *zone_option(const char *zone)
{
	char *quoted, *option;

	if (zone == NULL)
		return text_format("%s", "");
	quoted = text_shell_quote(zone);
	option = text_format(" --zone=%s", quoted);
	free(quoted);
	return option;
}

/* What has to be done, and then the permanent rules put in force. */
static char *mend_of(const char *bridge, const char *zone, int is_forwarding)
{
	char *quoted = text_shell_quote(bridge), *option = zone_option(zone);
	char *join = zone == NULL ? text_format("sudo " PROGRAM " --permanent --add-interface=%s && ",
						quoted)
				  : text_format("%s", "");
	char *forward = is_forwarding ? text_format("%s", "")
				      : text_format("sudo " PROGRAM " --permanent%s --add-forward && ",
						    option);
	char *mend = text_format("%s%ssudo " PROGRAM " --reload", join, forward);

	free(forward);
	free(join);
	free(option);
	free(quoted);
	return mend;
}

void netfilter_check_firewalld(struct check *check, const struct words *bridges)
{
	for (size_t i = 0; i < bridges->count; i++) {
		const char *bridge = bridges->items[i];
		char *zone;
		int is_forwarding;

		if (bridge_is_for_containers(bridge))
			continue;
		zone = zone_of(bridge);
		is_forwarding = forwards(zone);
		if (zone == NULL || !is_forwarding)
			check_add(check, CHECK_WARN,
				  text_format("bridge %s: firewalld rejects what guests send across "
					      "it (br_netfilter): %s", bridge,
					      zone == NULL ? "it is in no zone"
							   : "its zone does not forward"),
				  mend_of(bridge, zone, is_forwarding));
		free(zone);
	}
}
