/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A file of QEMU's options, as -readconfig takes it. Runs as the person.
 *
 * Lines are [group "id"], [group] and key = "value", as qemu_config_foreach() reads them. What
 * is too long for QEMU's own limits is so for this one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/qemu/reading.h"
#include "client/text/message.h"
#include "client/text/text.h"

#define NAME_SIZE 64
#define VALUE_SIZE 1024
#define CONFIG_BYTES_MAX (1024 * 1024)

/* One group's keys, until the next group begins. */
struct section {
	char group[NAME_SIZE];
	struct pairs pairs;
};

static void section_end(struct reading *reading, struct section *section)
{
	if (section->group[0] != '\0')
		group_read(reading, section->group, &section->pairs);
	pairs_release(&section->pairs);
}

static void line_read(struct reading *reading, struct section *section, const char *line)
{
	char name[NAME_SIZE], value[VALUE_SIZE];

	if (line[strspn(line, " \t\r")] == '\0' || *line == '#')
		return;
	if (*line == '[') {
		section_end(reading, section);
		section->group[0] = '\0';
		(void)sscanf(line, "[%63[^] ]", section->group);
		return;
	}
	value[0] = '\0';
	/* NOLINTNEXTLINE(cert-err34-c): these are words, no numbers. */
	if (sscanf(line, " %63s = \"%1023[^\"]\"", name, value) < 1 || strchr(line, '=') == NULL) {
		reading_doubt(reading, line, N_("not a line of a configuration"));
		return;
	}
	pairs_add(&section->pairs, text_need(strdup(name)), text_need(strdup(value)),
		  (struct qemu_place){ .word = -1 });
}

static void text_read(struct reading *reading, char *text)
{
	struct section section = { .group = "" };

	while (*text != '\0') {
		size_t length = strcspn(text, "\n");
		int is_last = text[length] == '\0';

		text[length] = '\0';
		line_read(reading, &section, text);
		text += length + (is_last ? 0 : 1);
	}
	section_end(reading, &section);
}

/* All of a file, ended by NUL, or NULL with errno. */
static char *file_text(const char *path)
{
	/* A pipe in its place must not hold us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text = NULL;
	struct stat about;
	ssize_t length;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size < CONFIG_BYTES_MAX) {
		text = text_need(malloc(CONFIG_BYTES_MAX));
		length = read(fd, text, CONFIG_BYTES_MAX - 1);
		text[length > 0 ? length : 0] = '\0';
	} else {
		errno = EINVAL;
	}
	(void)close(fd);
	return text;
}

void config_read(struct reading *reading, const char *path)
{
	char *text;

	(void)reading_add(reading, path, QEMU_USE_READ, 0, (struct qemu_place){ 0 });
	text = file_text(path);
	if (text == NULL) {
		reading_doubt(reading, path, N_("a configuration that cannot be read"));
		return;
	}
	text_read(reading, text);
	free(text);
}
