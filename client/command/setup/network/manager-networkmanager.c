/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A bridge by NetworkManager: the commands of doc/bridges.md, with what the card's connection
 * says of addresses. That connection stays as it is: the port's comes before it by its
 * priority, so that undoing takes two profiles away and activates the old one. Those two are
 * known by UUIDs of our own, as anybody may rename them, or have others of their names.
 *
 * Not by NetworkManager's own checkpoints, which end with its process: the timer of systemd's
 * that waits for every manager outlives a restart.
 */
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/setup/change/perform.h"
#include "client/command/setup/network/host.h"
#include "client/command/setup/network/manager.h"
#include "client/command/setup/network/nm-profile.h"
#include "client/text/message.h"

/* nmcli's exit status where there is no such connection. */
#define NOT_THERE "-10"

#define ACTIVATED 100ul /* NM_DEVICE_STATE_ACTIVATED */
#define EXTERNAL 0x80ul /* NM_ACTIVATION_STATE_FLAG_EXTERNAL */
#define SERVICE "org.freedesktop.NetworkManager"
#define ACTIVE_CONNECTION "org.freedesktop.NetworkManager.Connection.Active"

/* What moves from the card's connection to the bridge's, and what stays the card's. */
static const char *const of_bridge[] = {
	"ipv4.",
	"ipv6.",
	"proxy.",
	"connection.zone",
	"connection.metered",
	"connection.mdns",
	"connection.llmnr",
	"connection.dns-over-tls",
	NULL,
};
static const char *const of_card[] = { "802-3-ethernet.", "connection.lldp",
				       "connection.wait-device-timeout", NULL };

/* What says nothing of the network, or what the new connections say themselves. */
static const char *const of_profile[] = {
	"connection.autoconnect",
	"connection.auth-retries",
	"connection.id",
	"connection.interface-name",
	"connection.multi-connect",
	"connection.read-only",
	"connection.timestamp",
	"connection.type",
	"connection.uuid",
	"match.",
	"user.",
	NULL,
};

/* ---- asking ---- */

/* What a command printed, to be freed; NULL: it failed. */
static char *output_of(const char *const list[])
{
	struct capture *capture = text_need(malloc(sizeof *capture));
	char *text = NULL;

	if (command_list_succeeds(list, capture))
		text = text_format("%s", capture->text);
	free(capture);
	return text;
}

/* The last line: a warning would come before it. */
static char *last_line(char *text)
{
	char *last = text != NULL ? text_last_line(text, NULL) : NULL;

	last = last != NULL ? text_format("%s", last) : NULL;
	free(text);
	return last;
}

static char *ask_device(const char *field, const char *card)
{
	return last_line(
		output_of(SETUP_WORDS("nmcli", "-e", "no", "-g", field, "device", "show", card)));
}

static int has_connection(const char *key, const char *name)
{
	char *uuid = last_line(output_of(
		SETUP_WORDS("nmcli", "-g", "connection.uuid", "connection", "show", key, name)));
	const int has = uuid != NULL;

	free(uuid);
	return has;
}

static char *profile_of(const char *uuid)
{
	return output_of(
		SETUP_WORDS("nmcli", "-t", "-e", "no", "connection", "show", "uuid", uuid));
}

/* "u 92"; without an answer nothing is taken over. */
static unsigned long flags_of(const char *connection)
{
	char *answer = last_line(output_of(SETUP_WORDS(
		"busctl", "get-property", SERVICE, connection, ACTIVE_CONNECTION, "StateFlags")));
	const int is_number = answer != NULL && strncmp(answer, "u ", 2) == 0;
	const unsigned long flags = is_number ? strtoul(answer + 2, NULL, 10) : EXTERNAL;

	free(answer);
	return flags;
}

/* 1 if somebody else gave the card its addresses, and NetworkManager only looks on. */
static int is_external(const char *uuid)
{
	char *path = last_line(output_of(SETUP_WORDS("nmcli", "-e", "no", "-g", "GENERAL.DBUS-PATH",
						     "connection", "show", "uuid", uuid)));
	const unsigned long flags = path != NULL ? flags_of(path) : EXTERNAL;

	free(path);
	return (flags & EXTERNAL) != 0;
}

/* The connection that NetworkManager has activated on a card, to be freed; NULL: none. */
static char *connection_of(const char *card)
{
	/* "100 (connected)", of which only the number is the same in every language. */
	char *state = ask_device("GENERAL.STATE", card), *uuid = NULL;

	if (state != NULL && strtoul(state, NULL, 10) == ACTIVATED)
		uuid = ask_device("GENERAL.CON-UUID", card);
	if (uuid != NULL && is_external(uuid)) {
		free(uuid);
		uuid = NULL;
	}
	free(state);
	return uuid;
}

static int manages(const char *card)
{
	/* nmcli fails where NetworkManager does not run. */
	char *answer =
		card != NULL ? connection_of(card)
			     : output_of(SETUP_WORDS("nmcli", "-g", "UUID", "connection", "show"));
	const int is_ours = answer != NULL;

	free(answer);
	return is_ours;
}

/* ---- planning ---- */

static int refuse(const char *card, const char *why)
{
	return command_fail(VMGRANT_OBJECT,
			    _("setup: --uplink %s: NetworkManager %s: see "
			      "doc/bridges.md"),
			    card, why);
}

/*
 * The file that netplan made for a connection, to be freed; NULL: somebody else made it. Those
 * that NetworkManager itself has written by way of netplan, as it does on Ubuntu, are its own.
 */
static char *netplan_file_of(const char *uuid)
{
	static const char folder[] = "/run/NetworkManager/system-connections/netplan-";
	char *text = output_of(
		SETUP_WORDS("nmcli", "-e", "no", "-g", "UUID,FILENAME", "connection", "show"));
	char *rest = text, *line, *file = NULL;
	const size_t length = strlen(uuid);

	while (rest != NULL && (line = capture_next_line(&rest)) != NULL) {
		if (strncmp(line, uuid, length) != 0 || line[length] != ':')
			continue;
		line += length + 1;
		if (strncmp(line, folder, strlen(folder)) == 0 &&
		    strncmp(line + strlen(folder), "NM-", 3) != 0)
			file = text_format("%s", line);
		break;
	}
	free(text);
	return file;
}

/* What would be lost, such as offloads of the card or the people who may use the connection. */
static int check_rest(const char *card, const char *profile)
{
	struct words known = { 0 };
	int code = VMGRANT_GRANTED;
	char *other, *why;

	words_add_all(&known, of_bridge);
	words_add_all(&known, of_card);
	words_add_all(&known, of_profile);
	other = nm_profile_other(profile, (const char *const *)known.items);
	if (other != NULL) {
		why = text_format(
			_("has a connection with %.64s for it, which is not carried over"), other);
		code = refuse(card, why);
		free(why);
	}
	free(other);
	words_release(&known);
	return code;
}

static int check_profile(const char *card, const char *profile)
{
	char *type = profile != NULL ? nm_profile_value(profile, "connection.type") : NULL;
	int code = VMGRANT_GRANTED;

	if (profile == NULL || type == NULL)
		code = refuse(card, _("does not say what its connection is"));
	else if (strcmp(type, "802-3-ethernet") != 0)
		code = refuse(card, _("has a connection for it that is not of Ethernet"));
	else if (nm_profile_has(profile, "802-1x"))
		code = refuse(card, _("has a connection with 802.1X for it, which is not carried "
				      "over"));
	else
		code = check_rest(card, profile);
	free(type);
	return code;
}

/* autoconnect: with "no" it waits for its port, and no address is there twice meanwhile. */
static struct setup_change *add_bridge(const struct bridge_plan *plan, const char *autoconnect,
				       struct setup_changes *changes)
{
	struct setup_change *change;
	char uuid[37];

	host_own_uuid(plan->bridge, "", uuid);
	change = changes_add_command(changes, NETWORK_PART,
				     SETUP_WORDS("nmcli", "connection", "add", "type", "bridge",
						 "con-name", plan->bridge, "ifname", plan->bridge,
						 "autoconnect", autoconnect, "bridge.mac-address",
						 plan->mac, "bridge.stp", "no", "connection.uuid",
						 uuid));
	change_add_undo(change,
			SETUP_WORDS(NOT_THERE, "nmcli", "connection", "delete", "uuid", uuid));
	return change;
}

static void add_port(const struct bridge_plan *plan, const char *port, const char *profile,
		     struct setup_changes *changes)
{
	struct setup_change *change;
	char uuid[37];

	host_own_uuid(plan->bridge, plan->card, uuid);
	change = changes_add_command(changes, NETWORK_PART,
				     SETUP_WORDS("nmcli", "connection", "add", "type", "ethernet",
						 "con-name", port, "ifname", plan->card, "master",
						 plan->bridge, "connection.autoconnect-priority",
						 "999", "connection.uuid", uuid));
	nm_profile_carry(&change->command, profile, of_card);
	change_add_undo(change,
			SETUP_WORDS(NOT_THERE, "nmcli", "connection", "delete", "uuid", uuid));
}

static void move_card(const struct bridge_plan *plan, const char *port, const char *old,
		      const char *profile, struct setup_changes *changes)
{
	struct setup_change *first = changes_add_empty(changes, NETWORK_PART);

	/* Undone last, when the bridge is gone. */
	change_add_undo(first, SETUP_WORDS("nmcli", "connection", "up", "uuid", old));
	nm_profile_carry(&add_bridge(plan, "no", changes)->command, profile, of_bridge);
	add_port(plan, port, profile, changes);
	(void)changes_add_command(changes, NETWORK_PART,
				  SETUP_WORDS("nmcli", "connection", "up", "id", port));
	(void)changes_add_command(changes, NETWORK_PART,
				  SETUP_WORDS("nmcli", "connection", "modify", "id", plan->bridge,
					      "connection.autoconnect", "yes",
					      "connection.autoconnect-slaves", "1"));
}

static int plan_move(const struct bridge_plan *plan, const char *port,
		     struct setup_changes *changes)
{
	char *old = connection_of(plan->card), *profile = NULL;
	char *file = old == NULL ? NULL : netplan_file_of(old);
	int code = VMGRANT_GRANTED;

	if (old == NULL)
		code = refuse(plan->card, _("has no connection of its own for it"));
	else if (file != NULL)
		code = manager_refuse_netplan(plan, file);
	free(file);
	if (code == VMGRANT_GRANTED) {
		profile = profile_of(old);
		code = check_profile(plan->card, profile);
	}
	if (code == VMGRANT_GRANTED)
		move_card(plan, port, old, profile, changes);
	free(profile);
	free(old);
	return code;
}

static void plan_guests_only(const struct bridge_plan *plan, struct setup_changes *changes)
{
	struct words *command = &add_bridge(plan, "yes", changes)->command;

	words_add_all(command, SETUP_WORDS("ipv4.method", "disabled", "ipv6.method", "disabled"));
	(void)changes_add_command(changes, NETWORK_PART,
				  SETUP_WORDS("nmcli", "connection", "up", "id", plan->bridge));
}

static int plan_connections(const struct bridge_plan *plan, struct setup_changes *changes)
{
	char *port = plan->card != NULL ? text_format("%s-%s", plan->bridge, plan->card) : NULL;
	const char *there;
	char bridge_uuid[37], port_uuid[37];
	int code = VMGRANT_GRANTED;

	host_own_uuid(plan->bridge, "", bridge_uuid);
	host_own_uuid(plan->bridge, port != NULL ? plan->card : "", port_uuid);
	there = has_connection("id", plan->bridge)                  ? plan->bridge
		: port != NULL && has_connection("id", port)        ? port
		: has_connection("uuid", bridge_uuid)               ? bridge_uuid
		: port != NULL && has_connection("uuid", port_uuid) ? port_uuid
								    : NULL;
	if (there != NULL)
		code = command_fail(VMGRANT_OBJECT,
				    _("setup: NetworkManager has a connection %s already: try "
				      "nmcli connection up %s, or delete"),
				    there, there);
	else if (port != NULL)
		code = plan_move(plan, port, changes);
	else
		plan_guests_only(plan, changes);
	free(port);
	return code;
}

const struct setup_manager manager_networkmanager = { "networkmanager", "NetworkManager", manages,
						      plan_connections };
