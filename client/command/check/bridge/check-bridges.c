/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: the bridges that the ACL gives this user, and whether frames pass there. */
#include <stdlib.h>
#include <string.h>

#include "client/command/check/check.h"
#include "client/command/machine/bridges.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"
#include "wire/process/namespace.h"

#define NET "/sys/class/net"

/* Two times the forward delay pass before a port forwards; below this nobody minds. */
#define FORWARD_DELAY_FINE 300 /* hundredths of a second */

/* ---- the bridge itself ---- */

static int is_up(const struct check *check, const char *bridge)
{
	long flags = tree_number(check->root, NET "/%s/flags", bridge);

	return flags < 0 || (flags & 1) != 0;
}

static void check_spanning_tree(struct check *check, const char *bridge, const char *quoted)
{
	long state = tree_number(check->root, NET "/%s/bridge/stp_state", bridge);
	long delay = tree_number(check->root, NET "/%s/bridge/forward_delay", bridge);

	if (state <= 0 || delay <= FORWARD_DELAY_FINE)
		return;
	check_add(check, CHECK_WARN,
		  text_format(_("bridge %s: STP keeps a new guest off the network for %ld seconds"),
			      bridge, 2 * delay / 100),
		  text_format("sudo ip link set %s type bridge forward_delay 200", quoted));
}

static void check_link(struct check *check, const char *bridge)
{
	char *quoted = text_shell_quote(bridge);
	struct words ports;

	tree_names(&ports, check->root, NET "/%s/brif", bridge);
	if (!is_up(check, bridge))
		check_add(check, CHECK_WARN,
			  text_format(_("bridge %s: it is down: no frame passes"), bridge),
			  text_format("sudo ip link set %s up", quoted));
	else if (ports.count == 0)
		check_add(check, CHECK_INFO,
			  text_format(_("bridge %s: no port: guests reach this machine and each "
					"other only"),
				      bridge),
			  NULL);
	check_spanning_tree(check, bridge, quoted);
	words_release(&ports);
	free(quoted);
}

/* ---- what was granted there ---- */

static void add_allowed(struct check *check, const struct probe *probe, enum check_level level)
{
	int asks = (probe->offer.flags & VMGRANT_PORT_POLKIT) != 0;

	check_add(
		check, level,
		asks ? text_format(_("bridge %s: allowed for user %s, if polkit agrees"),
				   probe->bridge, check->user)
		     : text_format(_("bridge %s: allowed for user %s"), probe->bridge, check->user),
		NULL);
}

static void add_trial(struct check *check, const struct probe *probe)
{
	switch (probe->card) {
	case VMGRANT_GRANTED:
		add_allowed(check, probe, CHECK_OK);
		break;
	case VMGRANT_POLKIT_CHALLENGE:
		check_advise(
			check, CHECK_WARN,
			text_format(_("bridge %s: allowed for user %s, if polkit agrees: it "
				      "wants a password"),
				    probe->bridge, check->user),
			text_format(_("vmgrant run asks on a terminal; with polkit=no in the rule "
				      "nobody does")));
		break;
	case VMGRANT_POLKIT_DENIED:
		check_advise(
			check, CHECK_FAIL,
			text_format(_("bridge %s: polkit says no to user %s"), probe->bridge,
				    check->user),
			text_format(_("a rule of polkit decides: look in /etc/polkit-1/rules.d")));
		break;
	case VMGRANT_POLKIT_FAILED:
		add_allowed(check, probe, CHECK_INFO); /* the rest is the next check's */
		break;
	default:
		check_add_sentence(check, CHECK_FAIL, probe->sentence);
	}
}

static void add_probe(struct check *check, const struct probe *probe)
{
	if (probe->code == VMGRANT_DENIED) {
		check_add(check, CHECK_INFO,
			  text_format(_("bridge %s: not allowed for user %s"), probe->bridge,
				      check->user),
			  NULL);
		return;
	}
	if (probe->code == VMGRANT_OBJECT) {
		check_add_sentence(check, CHECK_INFO, probe->sentence);
		return;
	}
	if (probe->code != VMGRANT_GRANTED) {
		check_add_sentence(check, CHECK_FAIL, probe->sentence);
		return;
	}
	if (!probe->was_tried || probe->card == VMGRANT_QUOTA) {
		add_allowed(check, probe, CHECK_OK);
		check_advise(
			check, CHECK_WARN,
			text_format(_("bridge %s: user %s has all of the %u cards that the rule "
				      "gives"),
				    probe->bridge, check->user, probe->offer.quota),
			text_format(_("end a guest, or ask the administrator for quota=")));
	} else {
		add_trial(check, probe);
	}
	check_link(check, probe->bridge);
}

/* ---- which bridge to suggest ---- */

/* One with a port that is a device leads out of this machine. */
static unsigned value_of(const struct check *check, const char *bridge)
{
	struct words ports;
	unsigned value = bridge_is_for_containers(bridge) ? 0 : 1;

	tree_names(&ports, check->root, NET "/%s/brif", bridge);
	for (size_t i = 0; value == 1 && i < ports.count; i++)
		value += tree_exists(check->root, NET "/%s/device", ports.items[i]) ? 1 : 0;
	words_release(&ports);
	return value;
}

static const char *best_bridge(const struct check *check)
{
	const char *best = NULL;
	unsigned best_value = 0;

	for (size_t i = 0; i < check->probe_count; i++) {
		unsigned value = value_of(check, check->probes[i].bridge);

		if (value > best_value) {
			best = check->probes[i].bridge;
			best_value = value;
		}
	}
	return best;
}

/* A command that makes one would make it where nobody else is. */
static void add_none(struct check *check, int are_for_containers)
{
	if (namespace_is_other_network())
		check_advise(check, CHECK_WARN,
			     are_for_containers
				     ? text_format(_(
					       "there is no bridge but those of containers in this "
					       "process's network namespace, which is not the "
					       "machine's"))
				     : text_format(_("there is no bridge in this process's network "
						     "namespace, which is not the machine's")),
			     text_format(_(
				     "start it in the machine's (without PrivateNetwork=, outside "
				     "of the container), or use the service, whose bridges are the "
				     "machine's: vmgrant run --door socket")));
	else
		check_add(
			check, CHECK_WARN,
			are_for_containers
				? text_format(_("there is no bridge on this machine but those of "
						"containers"))
				: text_format(_("there is no bridge on this machine")),
			text_format("sudo ip link add br0 type bridge && sudo ip link set br0 up"));
}

static void add_none_allowed(struct check *check)
{
	const char *bridge = best_bridge(check);
	char *name, *user;

	if (bridge == NULL) {
		add_none(check, 1);
		return;
	}
	name = text_shell_quote(bridge);
	user = text_shell_quote(check->user);
	check_add(check, CHECK_WARN,
		  text_format(_("no bridge is allowed for user %s"), check->user),
		  text_format("sudo vmgrant allow bridge %s user %s", name, user));
	free(user);
	free(name);
}

static int is_any_allowed(const struct check *check)
{
	for (size_t i = 0; i < check->probe_count; i++) {
		if (check->probes[i].code != VMGRANT_DENIED && check->probes[i].code != VMGRANT_OBJECT)
			return 1;
	}
	return 0;
}

/* Whether another check has said already why no request is judged. */
static int is_explained(const struct check *check)
{
	switch (check->helper_code) {
	case VMGRANT_POLICY:
		return check_worst_of(check, "acl") == CHECK_FAIL;
	case VMGRANT_INSTALLATION:
		return 0;
	default:
		return check_worst_of(check, "process") == CHECK_FAIL ||
		       check_worst_of(check, "helper") == CHECK_FAIL;
	}
}

void check_bridges(struct check *check)
{
	if (check->helper_code != VMGRANT_GRANTED) {
		if (!is_explained(check))
			check_add_sentence(check, CHECK_FAIL, check->helper_sentence);
		return;
	}
	if (check->probe_count == 0) {
		add_none(check, 0);
		return;
	}
	for (size_t i = 0; i < check->probe_count; i++)
		add_probe(check, &check->probes[i]);
	if (!is_any_allowed(check))
		add_none_allowed(check);
}
