/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a QEMU command line says about the guest.
 *
 * QEMU merges options that are given several times, the last value of a key wins, and
 * so it does here. Nothing is judged: a line that QEMU refuses may be read in any way.
 */
#include "client/command/qemu/qemu-line.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Above are what chipsets have of their own: 0x1a to 0x1f on q35. */
#define SLOT_TOP 0x18u
#define SLOT_BOTTOM 0x08u
#define SLOTS 32u

#define CONFIG_BYTES_MAX (1024 * 1024)

#define WORD_CHARACTERS \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

/* ---- keys and values ---- */

static void copy(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
}

static void take_uuid(struct qemu_line *line, const char *text)
{
	size_t length = 0;

	for (; *text != '\0' && length + 1 < sizeof line->uuid; text++) {
		char c = *text >= 'A' && *text <= 'F' ? (char)(*text - 'A' + 'a') : *text;

		if (c != '-')
			line->uuid[length++] = c;
	}
	line->uuid[length] = '\0';
}

static int is_on(const char *value)
{
	return strcmp(value, "on") == 0 || strcmp(value, "true") == 0 ||
	       strcmp(value, "yes") == 0 || strcmp(value, "y") == 0;
}

static void take_key(struct qemu_line *line, const char *group, const char *key, const char *value)
{
	if (strcmp(group, "machine") == 0 && strcmp(key, "type") == 0)
		copy(line->machine, sizeof line->machine, value);
	else if (strcmp(group, "machine") == 0 && strcmp(key, "pcie") == 0)
		line->pci = is_on(value) ? QEMU_PCI_SWITCHED_ON : QEMU_PCI_BY_MACHINE;
	else if (strcmp(group, "name") == 0 && strcmp(key, "guest") == 0)
		copy(line->name, sizeof line->name, value);
}

/* "TYPE,key=value,key=value", where ",," is a comma. A first word without '=' is of that key. */
static void take_list(struct qemu_line *line, const char *group, const char *first_key,
		      const char *text)
{
	for (int is_first = 1; *text != '\0'; is_first = 0) {
		char piece[QEMU_LINE_NAME_SIZE];
		size_t length = 0;
		char *equals;

		for (; *text != '\0'; text++) {
			if (*text == ',' && *++text != ',')
				break;
			if (length + 1 < sizeof piece)
				piece[length++] = *text;
		}
		piece[length] = '\0';
		equals = strchr(piece, '=');
		if (equals != NULL) {
			*equals = '\0';
			take_key(line, group, piece, equals + 1);
		} else if (is_first) {
			take_key(line, group, first_key, piece);
		}
	}
}

/* ---- slots ---- */

/* "0x18", "18.0": hexadecimal both. */
static void take_slot(struct qemu_line *line, const char *text)
{
	char *end;
	unsigned long slot = strtoul(text, &end, 16);

	if (end != text && slot < SLOTS)
		line->slots |= 1u << slot;
}

static void take_json_slot(struct qemu_line *line, const char *text)
{
	json_object *object = json_tokener_parse(text), *slot;

	if (json_object_is_type(object, json_type_object) &&
	    json_object_object_get_ex(object, "addr", &slot)) {
		/* A number is slot and function in one. */
		if (json_object_is_type(slot, json_type_int))
			line->slots |= 1u << ((unsigned)json_object_get_int(slot) >> 3) % SLOTS;
		else
			take_slot(line, json_object_get_string(slot));
	}
	(void)json_object_put(object);
}

static void take_slots(struct qemu_line *line, const char *text)
{
	static const char key[] = "addr=";

	if (*text == '{') {
		take_json_slot(line, text);
		return;
	}
	for (const char *found = strstr(text, key); found != NULL;
	     found = strstr(found + 1, key)) {
		/* localaddr= and macaddr= are something else. */
		if (found != text && (found[-1] == ',' || found[-1] == '.'))
			take_slot(line, found + sizeof key - 1);
	}
}

unsigned qemu_line_take_slot(struct qemu_line *line, const struct qemu_machine *machine)
{
	for (unsigned slot = SLOT_TOP; machine->has_slots && slot >= SLOT_BOTTOM; slot--) {
		if ((line->slots & 1u << slot) == 0) {
			line->slots |= 1u << slot;
			return slot;
		}
	}
	return 0;
}

/* ---- files ---- */

void qemu_line_read_config(const char *text, struct qemu_line *line)
{
	char key[64], value[QEMU_LINE_NAME_SIZE];

	text += strspn(text, " \t");
	if (*text == '[') {
		if (sscanf(text, "[%63[^] \"]", line->section) != 1)
			line->section[0] = '\0';
		return;
	}
	if (*text == '#' || sscanf(text, "%63[^= \t] = \"%255[^\"]\"", key, value) != 2)
		return;
	take_key(line, line->section, key, value);
	if (strcmp(key, "addr") == 0)
		take_slot(line, value);
}

/* Regular files only: what a pipe has is for QEMU. */
static FILE *open_config(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	FILE *file = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		file = fdopen(fd, "r");
	else
		errno = ESPIPE;
	if (file == NULL)
		close(fd);
	return file;
}

static void read_config(const char *path, struct qemu_line *line)
{
	FILE *file = open_config(path);
	size_t size = 0, left = CONFIG_BYTES_MAX;
	char *text = NULL;
	ssize_t length;

	if (file == NULL) {
		if (line->unread == NULL) {
			line->unread = path;
			line->unread_error = errno;
		}
		return;
	}
	line->section[0] = '\0';
	while ((length = getline(&text, &size, file)) > 0 && (size_t)length < left) {
		left -= (size_t)length;
		qemu_line_read_config(text, line);
	}
	free(text);
	(void)fclose(file);
}

/* ---- arguments ---- */

void qemu_line_read(char *const arguments[], struct qemu_line *line)
{
	*line = (struct qemu_line){ 0 };
	for (; *arguments != NULL; arguments++) {
		const char *option = *arguments, *value = arguments[1];

		take_slots(line, option);
		if (option[0] != '-' || value == NULL)
			continue;
		/* One dash or two: QEMU takes both. */
		option += option[1] == '-' ? 2 : 1;
		if (strcmp(option, "machine") == 0 || strcmp(option, "M") == 0)
			take_list(line, "machine", "type", value);
		else if (strcmp(option, "name") == 0)
			take_list(line, "name", "guest", value);
		else if (strcmp(option, "uuid") == 0)
			take_uuid(line, value);
		else if (strcmp(option, "readconfig") == 0)
			read_config(value, line);
	}
}

int qemu_line_has_word(char *const arguments[], const char *word)
{
	size_t length = strlen(word);

	for (; *arguments != NULL; arguments++) {
		const char *text = *arguments, *found;

		for (; (found = strstr(text, word)) != NULL; text = found + 1) {
			int begins = found == *arguments ||
				     strchr(WORD_CHARACTERS, found[-1]) == NULL;

			if (begins && (found[length] == '\0' ||
				       strchr(WORD_CHARACTERS, found[length]) == NULL))
				return 1;
		}
	}
	return 0;
}
