/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant check: whether firewalld rejects what crosses a bridge, where br_netfilter shows it
 * that. It lets what stays within one zone through if that zone forwards, as zones do unless
 * somebody has changed it, or they come from firewalld before 1.0; but only for interfaces that
 * are in the zone by name, as NetworkManager's are. Ports need no zone.
 */
#include <stdlib.h>
#include <string.h>

#include "client/command/check/beside/beside.h"
#include "client/command/check/netfilter/netfilter.h"
#include "client/command/machine/bridges.h"
#include "client/text/message.h"

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

/* What an option with a yes and a no says of a zone, NULL for the default one. */
static int answers_no(const char *query, const char *zone)
{
	char *option = zone == NULL ? NULL : text_format("--zone=%s", zone);
	struct capture capture;

	netfilter_run(&capture, PROGRAM, query, option, NULL);
	free(option);
	/* "no"; whatever else it may be is no answer. */
	return capture.end == CAPTURE_EXITED && capture.status == 1;
}

/* Where the default zone accepts everything, or firewalld does not answer, nothing is said. */
static int default_zone_rejects(void)
{
	struct capture capture;

	netfilter_run(&capture, PROGRAM, "--permanent", "--get-target", NULL);
	return capture.end == CAPTURE_EXITED && capture.status == 0 &&
	       strstr(capture.text, "ACCEPT") == NULL;
}

/* In the zone whose rules it meets already; what has to be done, and then put in force. */
static void check_unnamed(struct check *check, const char *bridge)
{
	char *quoted;

	if (!default_zone_rejects())
		return;
	quoted = text_shell_quote(bridge);
	check_add(check, CHECK_WARN,
		  text_format(_("bridge %s: firewalld rejects what guests send across it "
				"(br_netfilter): the bridge is in no zone by name"),
			      bridge),
		  text_format("sudo " PROGRAM " --permanent --add-interface=%s && %ssudo " PROGRAM
			      " --reload",
			      quoted,
			      answers_no("--query-forward", NULL) ? "sudo " PROGRAM
								    " --permanent --add-forward && "
								  : ""));
	free(quoted);
}

static void check_zone(struct check *check, const char *bridge, const char *zone)
{
	char *quoted;

	if (!answers_no("--query-forward", zone))
		return;
	quoted = text_shell_quote(zone);
	check_add(check, CHECK_WARN,
		  text_format(_("bridge %s: firewalld rejects what guests send across it "
				"(br_netfilter): its zone, %s, does not forward"),
			      bridge, zone),
		  text_format("sudo " PROGRAM
			      " --permanent --zone=%s --add-forward && sudo " PROGRAM " --reload",
			      quoted));
	free(quoted);
}

void netfilter_check_firewalld(struct check *check, const struct words *bridges)
{
	for (size_t i = 0; i < bridges->count; i++) {
		const char *bridge = bridges->items[i];
		char *zone;

		if (bridge_is_for_containers(bridge))
			continue;
		zone = zone_of(bridge);
		if (zone == NULL)
			check_unnamed(check, bridge);
		else
			check_zone(check, bridge, zone);
		free(zone);
	}
}
