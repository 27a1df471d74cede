/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What vmgrant setup has to know of this machine's network. Only reads. */
#include "client/command/setup/network/host.h"

#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/machine/tree.h"
#include "client/text/hash.h"
#include "client/text/message.h"
#include "wire/port/port-prefix.h"

#define NET "/sys/class/net"
#define TYPE_ETHERNET 1 /* ARPHRD_ETHER */

char *host_uplink(void)
{
	FILE *file = fopen("/proc/net/route", "re");
	char line[256], name[IFNAMSIZ], *best = NULL;
	unsigned target, gateway, flags, metric, mask, best_metric = 0;

	while (file != NULL && fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, "%15s %x %x %x %*d %*d %u %x", name, &target, &gateway, &flags,
			   &metric, &mask) != 6 ||
		    target != 0 || mask != 0)
			continue;
		if (best != NULL && metric >= best_metric)
			continue;
		free(best);
		best = text_format("%s", name);
		best_metric = metric;
	}
	if (file != NULL)
		(void)fclose(file);
	return best;
}

static int is_name(const char *name)
{
	return *name != '\0' && strlen(name) < IFNAMSIZ && strchr(name, '/') == NULL &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

int host_has_interface(const char *name)
{
	return is_name(name) && tree_exists("", NET "/%s", name);
}

int host_has_bridge(const char *name)
{
	return is_name(name) && tree_exists("", NET "/%s/bridge", name);
}

int host_name_is_good(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return is_name(name) && strchr(letters, name[0]) != NULL &&
	       strspn(name + 1,
		      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
		       strlen(name + 1) &&
	       strncmp(name, PORT_PREFIX, strlen(PORT_PREFIX)) != 0 && strcmp(name, "all") != 0 &&
	       strcmp(name, "default") != 0;
}

char *host_card_obstacle(const char *card)
{
	char *master;

	if (!host_has_interface(card))
		return text_format(_("there is no such network card"));
	if (host_has_bridge(card))
		return text_format(_("it is a bridge already: name it with --bridge"));
	if (tree_exists("", NET "/%s/phy80211", card) || tree_exists("", NET "/%s/wireless", card))
		return text_format(_("a wireless card cannot be a port of a bridge: access points "
				     "do not allow it"));
	if (tree_number("", NET "/%s/type", card) != TYPE_ETHERNET ||
	    tree_exists("", NET "/%s/tun_flags", card))
		return text_format(_("only an Ethernet card can be a port of a bridge"));
	master = tree_link("", NET "/%s/master", card);
	if (master != NULL) {
		char *obstacle = text_format(_("it belongs to %s already"), master);

		free(master);
		return obstacle;
	}
	return NULL;
}

int host_card_mac(const char *card, char mac_out[18])
{
	char *line = tree_line("", NET "/%s/address", card);
	const int is_good = line != NULL && strlen(line) == 17;

	if (is_good)
		(void)snprintf(mac_out, 18, "%s", line);
	free(line);
	return is_good;
}

/* A number of this machine and that bridge. */
static uint64_t own_hash(const char *bridge)
{
	char *machine = tree_line("", "/etc/machine-id");
	uint64_t hash = hash_text(HASH_EMPTY, machine != NULL ? machine : "");

	free(machine);
	return hash_text(hash_text(hash, "/"), bridge);
}

void host_own_mac(const char *bridge, char mac_out[18])
{
	const uint64_t hash = own_hash(bridge);

	/* 02: made up locally, and no group. */
	(void)snprintf(mac_out, 18, "02:%02x:%02x:%02x:%02x:%02x", (unsigned)(hash >> 40) & 0xff,
		       (unsigned)(hash >> 32) & 0xff, (unsigned)(hash >> 24) & 0xff,
		       (unsigned)(hash >> 16) & 0xff, (unsigned)(hash >> 8) & 0xff);
}

void host_own_uuid(const char *bridge, const char *card, char uuid_out[37])
{
	const uint64_t high = hash_text(hash_text(own_hash(bridge), "/"), card);
	const uint64_t low = hash_text(high, "/");

	/* Version 8 of RFC 9562: made as its maker likes. */
	(void)snprintf(uuid_out, 37, "%08x-%04x-8%03x-8%03x-%012llx", (unsigned)(high >> 32),
		       (unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xfff,
		       (unsigned)(low >> 48) & 0xfff, (unsigned long long)low & 0xffffffffffffull);
}
