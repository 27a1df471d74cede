/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What an interface's alias says about a port of ours. Pure. */
#include "wire/port/port-alias.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/port/mac.h"

#define HEAD "vmgrant: user "
#define UID " (uid "
#define ON ") on "
#define LOCK "lock-mac="
#define VLAN "vlan="
#define VLAN_MAX 4094

void port_alias_format(const char *user, const struct port_alias *alias,
		       char text_out[PORT_ALIAS_SIZE])
{
	const unsigned char *mac = alias->guest_mac;
	char lock[sizeof ", " LOCK + MAC_TEXT_LENGTH] = "", vlan[sizeof ", " VLAN "4294967295"] = "";

	if (alias->is_locked)
		(void)snprintf(lock, sizeof lock, ", " LOCK "%02x:%02x:%02x:%02x:%02x:%02x",
			       mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (alias->vlan != 0)
		(void)snprintf(vlan, sizeof vlan, ", " VLAN "%u", alias->vlan);
	/* Of 255 bytes the rest takes at most 120. */
	(void)snprintf(text_out, PORT_ALIAS_SIZE, HEAD "%.128s" UID "%u" ON "%.15s%s%s%s", user,
		       (unsigned)alias->uid, alias->bridge, alias->isolated ? ", isolated" : "",
		       lock, vlan);
}

/* A whole number of digits up to max. Returns what follows it, or NULL. */
static const char *read_number(const char *text, unsigned long max, unsigned long *number_out)
{
	char *end;

	errno = 0;
	if (*text < '0' || *text > '9')
		return NULL;
	*number_out = strtoul(text, &end, 10);
	return errno != 0 || *number_out > max ? NULL : end;
}

/* One limit, of this many characters. */
static int parse_word(const char *word, size_t length, struct port_alias *alias)
{
	const size_t head = strlen(LOCK);
	unsigned long vlan;

	if (length == strlen("isolated") && strncmp(word, "isolated", length) == 0) {
		alias->isolated = 1;
		return 0;
	}
	if (length > head && strncmp(word, LOCK, head) == 0) {
		alias->is_locked = 1;
		return mac_parse(word + head, length - head, alias->guest_mac);
	}
	if (strncmp(word, VLAN, strlen(VLAN)) != 0 ||
	    read_number(word + strlen(VLAN), VLAN_MAX, &vlan) != word + length || vlan == 0)
		return -1;
	alias->vlan = (unsigned)vlan;
	return 0;
}

/* "br0, isolated, vlan=42". A bridge's name has no space. */
static int parse_limits(const char *text, struct port_alias *alias)
{
	const char *comma = strstr(text, ", ");
	size_t length = comma != NULL ? (size_t)(comma - text) : strlen(text);

	if (length == 0 || length >= sizeof alias->bridge)
		return -1;
	memcpy(alias->bridge, text, length);
	while (comma != NULL) {
		text = comma + strlen(", ");
		comma = strstr(text, ", ");
		length = comma != NULL ? (size_t)(comma - text) : strlen(text);
		if (parse_word(text, length, alias) < 0)
			return -1;
	}
	return 0;
}

int port_alias_parse(const char *text, struct port_alias *alias_out)
{
	const char *place = NULL, *end;
	unsigned long uid;

	*alias_out = (struct port_alias){ 0 };
	if (strncmp(text, HEAD, strlen(HEAD)) != 0)
		return -1;
	/* The last one: a user's name may hold anything, what follows it holds none. */
	for (const char *next = strstr(text, UID); next != NULL; next = strstr(next + 1, UID))
		place = next;
	if (place == NULL)
		return -1;
	end = read_number(place + strlen(UID), 4294967295u, &uid);
	if (end == NULL || strncmp(end, ON, strlen(ON)) != 0)
		return -1;
	alias_out->uid = (uid_t)uid;
	return parse_limits(end + strlen(ON), alias_out);
}
