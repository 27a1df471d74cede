/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What is added to the command line of a QEMU. Pure. */
#include "client/command/qemu/launch.h"

#include <stdlib.h>
#include <string.h>

#include "client/command/qemu/qemu-program.h"

char *launch_free_id(char *const arguments[], const char *stem, enum launch_id form,
		     unsigned first)
{
	char *id = text_format(LAUNCH_PREFIX "%s", stem);

	if (form == LAUNCH_ID_PLAIN && !qemu_line_has_word(arguments, id))
		return id;
	do {
		free(id);
		id = text_format(LAUNCH_PREFIX "%s%u", stem, first++);
	} while (qemu_line_has_word(arguments, id));
	return id;
}

unsigned launch_number_of(const char *id, const char *stem)
{
	return (unsigned)strtoul(id + strlen(LAUNCH_PREFIX) + strlen(stem), NULL, 10);
}

enum qemu_syntax launch_device_syntax(const struct launch_qemu *qemu)
{
	return qemu->version >= QEMU_JSON_DEVICE ? QEMU_SYNTAX_JSON : QEMU_SYNTAX_KEYS;
}

/* ---- words ---- */

void launch_add(struct words *words, const char *option, char *value)
{
	words_add(words, text_format("%s", option));
	words_add(words, value);
}

void launch_add_device(struct words *words, json_object *device, const struct launch_qemu *qemu)
{
	launch_add(words, "-device", qemu_option_write(device, launch_device_syntax(qemu)));
}

void launch_add_slot(json_object *device, struct launch_qemu *qemu)
{
	unsigned slot = qemu_line_take_slot(&qemu->line, &qemu->machine);
	char *address = text_format("0x%x", slot);

	if (slot != 0)
		qemu_option_add_text(device, "addr", address);
	free(address);
}

unsigned launch_free_set(unsigned first, char *const arguments[])
{
	char *word = text_format("%u", first);

	while (qemu_line_has_word(arguments, word)) {
		free(word);
		word = text_format("%u", ++first);
	}
	free(word);
	return first;
}

void launch_add_fd(struct words *words, int fd, unsigned set, const char *id)
{
	launch_add(words, "-add-fd",
		   text_format("fd=%d,set=%u,opaque=" LAUNCH_PREFIX "%s", fd, set, id));
}
