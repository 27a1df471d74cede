/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A connection profile of NetworkManager. Pure. */
#include "client/command/setup/network/nm-profile.h"

#include <stdlib.h>
#include <string.h>

/*
 * What says "not set", for most properties, also for those that newer releases add. Of these,
 * default-or-eui64 is none: a profile without ipv6.addr-gen-mode has it, and a new one has not.
 */
static const char *const neutral[] = {
	"", "no", "-1", "0", "0x0", "auto", "none", "unknown", "default", NULL,
};

/* What says so even of those properties that follow what is set elsewhere: not "no", nor 0. */
static const char *const left_open[] = { "", "-1", "unknown", "default", NULL };

static const char *const undecided[] = {
	"802-3-ethernet.accept-all-mac-addresses",
	"connection.dns-over-tls",
	"connection.llmnr",
	"connection.mdns",
	"connection.metered",
	"ipv4.auto-route-ext-gw",
	"ipv4.dad-timeout",
	"ipv4.dhcp-ipv6-only-preferred",
	"ipv4.dhcp-send-release",
	"ipv4.replace-local-rule",
	"ipv4.required-timeout",
	"ipv4.route-metric",
	"ipv4.routed-dns",
	"ipv6.auto-route-ext-gw",
	"ipv6.dhcp-send-release",
	"ipv6.ip6-privacy",
	"ipv6.replace-local-rule",
	"ipv6.required-timeout",
	"ipv6.route-metric",
	"ipv6.routed-dns",
};

/* Properties that are on in a new profile, or are always said. */
static const struct {
	const char *name, *usual;
} others[] = {
	{ "802-3-ethernet.wake-on-lan", "default" },
	{ "ipv4.method", "" },
	{ "ipv6.method", "" },
	{ "ipv4.may-fail", "yes" },
	{ "ipv6.may-fail", "yes" },
	{ "ipv4.dhcp-send-hostname", "yes" },
	{ "ipv6.dhcp-send-hostname", "yes" },
	/* Since 1.52 these have the old names' values. */
	{ "ipv4.dhcp-send-hostname-deprecated", "yes" },
	{ "ipv6.dhcp-send-hostname-deprecated", "yes" },
};

static int begins(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line == '\n' ? line + 1 : line;
}

static int is_in(const char *const list[], const char *value)
{
	for (size_t i = 0; list[i] != NULL; i++) {
		if (strcmp(value, list[i]) == 0)
			return 1;
	}
	return 0;
}

static int is_usual(const char *name, const char *value)
{
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		if (strcmp(name, others[i].name) == 0)
			return strcmp(value, others[i].usual) == 0 || strcmp(value, "-1") == 0;
	}
	for (size_t i = 0; i < sizeof undecided / sizeof undecided[0]; i++) {
		if (strcmp(name, undecided[i]) == 0)
			return is_in(left_open, value);
	}
	return is_in(neutral, value);
}

char *nm_profile_value(const char *text, const char *name)
{
	const size_t length = strlen(name);

	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		if (begins(line, name) && line[length] == ':') {
			const size_t all = strcspn(line, "\n") - length - 1;

			return all == 0 ? NULL : text_format("%.*s", (int)all, line + length + 1);
		}
	}
	return NULL;
}

int nm_profile_has(const char *text, const char *setting)
{
	const size_t length = strlen(setting);

	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		if (begins(line, setting) && line[length] == '.')
			return 1;
	}
	return 0;
}

static int is_wanted(const char *name, const char *const wanted[])
{
	for (size_t i = 0; wanted[i] != NULL; i++) {
		if (begins(name, wanted[i]))
			return 1;
	}
	return 0;
}

/* Name and value of the line, to be freed. Returns 0 if it has none. */
static int split(const char *line, char **name_out, char **value_out)
{
	const size_t all = strcspn(line, "\n"), length = strcspn(line, ":\n");

	if (line[length] != ':')
		return 0;
	*name_out = text_format("%.*s", (int)length, line);
	*value_out = text_format("%.*s", (int)(all - length - 1), line + length + 1);
	return 1;
}

char *nm_profile_other(const char *text, const char *const known[])
{
	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		char *name, *value;
		int is_known;

		/* What begins with a capital letter is not of the profile, but of its state. */
		if ((*line >= 'A' && *line <= 'Z') || !split(line, &name, &value))
			continue;
		is_known = is_wanted(name, known) || is_usual(name, value);
		free(value);
		if (!is_known)
			return name;
		free(name);
	}
	return NULL;
}

void nm_profile_carry(struct words *words, const char *text, const char *const wanted[])
{
	for (const char *line = text; *line != '\0'; line = next_line(line)) {
		char *name, *value;

		if (!split(line, &name, &value))
			continue;
		if (is_wanted(name, wanted) && !is_usual(name, value)) {
			words_add(words, name);
			/* What is shown so and not usual is a set of flags without any. */
			if (*value == '\0')
				text_append(&value, "0", 1);
			words_add(words, value);
			continue;
		}
		free(name);
		free(value);
	}
}
