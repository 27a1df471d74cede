/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A bridge by systemd-networkd: the files of doc/bridges.md. The card's own file stays. */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/machine/tree.h"
#include "client/command/setup/change/perform.h"
#include "client/command/setup/network/manager.h"
#include "client/command/setup/network/network-text.h"
#include "client/text/message.h"

#define FOLDER "/etc/systemd/network"

/* ---- what networkd says of a card ---- */

/* Without the quotes that some releases of systemd put around it. */
static char *unquoted(const char *value, size_t length)
{
	const int is_quoted = length >= 2 && value[0] == '"' && value[length - 1] == '"';

	return text_format("%.*s", (int)length - 2 * is_quoted, value + is_quoted);
}

/* The value of NAME= in networkd's notes about a link, to be freed; NULL: none. */
static char *note_of(const char *folder, const char *card, const char *name)
{
	char *path = text_format("/run/systemd/netif/%s/%u", folder, if_nametoindex(card));
	char *text, *value = NULL;
	const size_t length = strlen(name);

	if (setup_read_file(path, NULL, &text) == 0) {
		for (const char *line = text; line != NULL && value == NULL;
		     line = strchr(line, '\n')) {
			line += *line == '\n';
			if (strncmp(line, name, length) == 0 && line[length] == '=')
				value = unquoted(line + length + 1,
						 strcspn(line + length + 1, "\n"));
		}
	}
	free(text);
	free(path);
	return value;
}

static int is_active(void)
{
	struct capture *capture = text_need(malloc(sizeof *capture));
	const int is_good = command_list_succeeds(
		SETUP_WORDS("systemctl", "is-active", "--quiet", "systemd-networkd.service"),
		capture);

	free(capture);
	return is_good;
}

static int manages(const char *card)
{
	char *file;
	int is_ours;

	if (!tree_exists("", "/run/systemd/netif/links") || !is_active())
		return 0;
	if (card == NULL)
		return 1;
	file = note_of("links", card, "NETWORK_FILE");
	is_ours = file != NULL && *file == '/';
	free(file);
	return is_ours;
}

/* ---- the files ---- */

static int add_file(struct setup_changes *changes, char *path, char *text)
{
	char *before;
	int result = setup_read_file(path, NULL, &before), code = VMGRANT_GRANTED;

	free(before);
	if (result == -ENOENT) {
		(void)changes_add_file(changes, NETWORK_PART, path, text, NULL);
		return code;
	}
	code = command_fail(VMGRANT_OBJECT, _("setup: %.256s: is there already"), path);
	free(path);
	free(text);
	return code;
}

/* What a DHCP server knows the card by, so that the bridge keeps its lease. */
static char *lease_lines(const char *card)
{
	char *id = note_of("leases", card, "CLIENTID"), *lines;

	if (id != NULL && strncmp(id, "ff", 2) == 0 && strlen(id) > 10 &&
	    strspn(id, "0123456789abcdef") == strlen(id))
		lines = text_format("\n[DHCPv4]\nIAID=0x%.8s\n", id + 2);
	else
		lines = text_format("%s", "");
	free(id);
	return lines;
}

/* With a number that comes before the file that the card has now. */
static const char *number_before(const char *file, const char *bridge)
{
	char *name = text_format("20-%s-port.network", bridge);
	const int is_before = strcmp(name, text_base_name(file)) < 0;

	free(name);
	return is_before ? "20" : "00";
}

static int refuse(const char *card, const char *file, const char *why)
{
	return command_fail(VMGRANT_OBJECT, _("setup: --uplink %s: %.256s %s: see doc/bridges.md"),
			    card, file, why);
}

/* Whether the card's file can be carried over, and its texts for the bridge and the port. */
static int read_card(const struct bridge_plan *plan, char **file_out, char **text_out,
		     char **port_out)
{
	char *drops = note_of("links", plan->card, "NETWORK_FILE_DROPINS"), *text = NULL, *lease;
	char *file = note_of("links", plan->card, "NETWORK_FILE");
	int code = VMGRANT_GRANTED;

	*file_out = file;
	if (file == NULL)
		code = refuse(plan->card, "systemd-networkd", _("has no file for it"));
	else if (strstr(file, "netplan") != NULL)
		code = manager_refuse_netplan(plan, file);
	else if (drops != NULL && *drops != '\0')
		code = refuse(plan->card, file, _("has drop-ins, which are not carried over"));
	else if (setup_read_file(file, NULL, &text) != 0)
		code = refuse(plan->card, file, _("cannot be read"));
	if (code == VMGRANT_GRANTED) {
		char *network = network_text_for(text, plan->bridge);

		lease = lease_lines(plan->card);
		*text_out = text_format("%s%s", network, lease);
		*port_out = network_text_of_port(text);
		free(lease);
		free(network);
	}
	free(text);
	free(drops);
	return code;
}

static char *guests_text(const char *bridge)
{
	return text_format("[Match]\nName=%s\n\n[Link]\nRequiredForOnline=no\n\n[Network]\n"
			   "LinkLocalAddressing=no\nConfigureWithoutCarrier=yes\n",
			   bridge);
}

static char *netdev_text(const struct bridge_plan *plan)
{
	return text_format("[NetDev]\nName=%s\nKind=bridge\nMACAddress=%s\n\n[Bridge]\nSTP=no\n",
			   plan->bridge, plan->mac);
}

static char *port_text(const struct bridge_plan *plan, const char *rest)
{
	return text_format("[Match]\nName=%s\n\n[Network]\nBridge=%s\n%s", plan->card, plan->bridge,
			   rest);
}

/* port: what else is said of the card; NULL: none becomes a port */
static int add_files(const struct bridge_plan *plan, const char *number, char *network,
		     const char *port, struct setup_changes *changes)
{
	int code = add_file(changes, text_format(FOLDER "/%s-%s.netdev", number, plan->bridge),
			    netdev_text(plan));

	if (code == VMGRANT_GRANTED && port != NULL)
		code = add_file(changes,
				text_format(FOLDER "/%s-%s-port.network", number, plan->bridge),
				port_text(plan, port));
	if (code == VMGRANT_GRANTED)
		return add_file(changes, text_format(FOLDER "/%s-%s.network", number, plan->bridge),
				network);
	free(network);
	return code;
}

static int plan_files(const struct bridge_plan *plan, struct setup_changes *changes)
{
	char *file = NULL, *network = NULL, *port = NULL;
	const char *number = "20";
	struct setup_change *first;
	int code = VMGRANT_GRANTED;

	if (plan->card == NULL)
		network = guests_text(plan->bridge);
	else
		code = read_card(plan, &file, &network, &port);
	if (code == VMGRANT_GRANTED && file != NULL)
		number = number_before(file, plan->bridge);
	free(file);
	if (code != VMGRANT_GRANTED)
		return code;
	/* Undone last, when the files are gone. */
	first = changes_add_empty(changes, NETWORK_PART);
	change_add_undo(first, SETUP_WORDS("networkctl", "reload"));
	change_add_undo(first, SETUP_WORDS("-", "networkctl", "delete", plan->bridge));
	if (plan->card != NULL)
		change_add_undo(first, SETUP_WORDS("networkctl", "reconfigure", plan->card));
	code = add_files(plan, number, network, port, changes);
	free(port);
	if (code == VMGRANT_GRANTED)
		(void)changes_add_command(changes, NETWORK_PART,
					  SETUP_WORDS("networkctl", "reload"));
	return code;
}

const struct setup_manager manager_networkd = { "networkd", "systemd-networkd", manages,
						plan_files };
