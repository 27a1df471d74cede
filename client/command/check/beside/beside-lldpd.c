/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: lldpd, which tells whoever is behind an interface about this host. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/check/beside/beside.h"
#include "client/text/message.h"

enum taken { TAKEN_NOT = 0, TAKEN, TAKEN_FOR_SURE };

/* As pattern_match() of lldpd: !!P lets in whatever else there is, !P keeps out, P lets in. */
static enum taken takes_ours(const char *patterns)
{
	char *copy = text_format("%s", patterns), *rest = copy, *word;
	int is_denied = 0, is_taken = 0, is_forced = 0;

	while (!is_forced && (word = strsep(&rest, ",")) != NULL) {
		if (strncmp(word, "!!", 2) == 0)
			is_forced = fnmatch(word + 2, BESIDE_SAMPLE, 0) == 0;
		else if (*word == '!')
			is_denied |= fnmatch(word + 1, BESIDE_SAMPLE, 0) == 0;
		else if (*word != '\0')
			is_taken |= fnmatch(word, BESIDE_SAMPLE, 0) == 0;
	}
	free(copy);
	if (is_forced)
		return TAKEN_FOR_SURE;
	return is_taken && !is_denied ? TAKEN : TAKEN_NOT;
}

static void keep_pattern(char **pattern, const char *value)
{
	/* Quotes of the shell, or of lldpcli. */
	value += strspn(value, " \t=\"'");
	free(*pattern);
	*pattern = text_format("%.*s", (int)strcspn(value, " \t\"'"), value);
}

/* Its arguments cannot be seen, but the file that has them can. */
static void read_lldpd_arguments(const struct check *check, const char *name, char **pattern)
{
	FILE *file = beside_open(check, name);
	char line[BESIDE_LINE_SIZE];
	const char *begin, *option;

	while ((begin = beside_line(file, line)) != NULL) {
		option = *begin == '#' ? NULL : strstr(begin, "-I");
		if (option != NULL)
			keep_pattern(pattern, option + 2);
	}
	beside_close(file);
}

static void read_lldpd_file(const struct check *check, const char *name, char **pattern)
{
	static const char command[] = "configure system interface pattern";
	FILE *file = beside_open(check, name);
	char line[BESIDE_LINE_SIZE];
	const char *begin, *value;

	while ((begin = beside_line(file, line)) != NULL) {
		value = beside_value(begin, command);
		if (value != NULL)
			keep_pattern(pattern, value);
	}
	beside_close(file);
}

void beside_lldpd(struct check *check)
{
	char *pattern = text_format("*");
	enum taken taken;
	struct words names;

	read_lldpd_arguments(check, "/etc/default/lldpd", &pattern);
	read_lldpd_arguments(check, "/etc/sysconfig/lldpd", &pattern);
	read_lldpd_file(check, "/etc/lldpd.conf", &pattern);
	tree_names(&names, check->root, "/etc/lldpd.d");
	for (size_t i = 0; i < names.count; i++) {
		size_t length = strlen(names.items[i]);
		char *path;

		if (length < 5 || strcmp(names.items[i] + length - 5, ".conf") != 0)
			continue;
		path = text_format("/etc/lldpd.d/%s", names.items[i]);
		read_lldpd_file(check, path, &pattern);
		free(path);
	}
	words_release(&names);
	taken = takes_ours(pattern);
	if (taken == TAKEN_FOR_SURE)
		check_advise(check, CHECK_WARN,
			     text_format(_("lldpd: runs, and tells guests about this host")),
			     text_format(_("take what begins with !! out of the pattern %s in "
					   "/etc/lldpd.d or /etc/lldpd.conf"),
					 pattern));
	else if (taken == TAKEN)
		check_add(check, CHECK_WARN,
			  text_format(_("lldpd: runs, and tells guests about this host")),
			  text_format("echo 'configure system interface pattern %s,!" PORT_PREFIX
				      "*' | sudo tee /etc/lldpd.d/zz-vmgrant.conf && sudo "
				      "systemctl restart lldpd",
				      pattern));
	free(pattern);
}
