/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The short form of a character device: -serial, -monitor, -qmp, -gdb. Runs as the person.
 *
 * As chardev/char.c reads it: qemu_chr_parse_compat().
 */
#include <stdlib.h>
#include <string.h>

#include "client/qemu/reading.h"
#include "client/text/message.h"
#include "client/text/text.h"

/* What a prefix stands for. */
struct short_form {
	const char *prefix;
	const char *backend;
	/* The rest is the value of that key, commas and all, or a list that begins with it. */
	const char *key;
	int is_list;
};

static const struct short_form FORMS[] = {
	{ "file:", "file", "path", 0 },          { "pipe:", "pipe", "path", 0 },
	{ "unix:", "socket", "path", 1 },        { "pty:", "pty", "path", 0 },
	{ "/dev/parport", "parallel", NULL, 0 }, { "/dev/ppi", "parallel", NULL, 0 },
	{ "/dev/", "serial", NULL, 0 },
};

/* What names no file before its first comma. */
static int is_without_file(const char *text)
{
	static const char *const words[] = { "null",    "pty",   "msmouse", "wctablet",
					     "braille", "stdio", "testdev", "none",
					     "vc",      "con:",  "" };
	static const char *const prefixes[] = { "tcp:",   "telnet:", "tn3270:",  "websocket:",
						"udp:",   "vc:",     "chardev:", "vc,",
						"stdio,", "pty,",    "null," };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(text, words[i]) == 0)
			return 1;
	}
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
			return 1;
	}
	return 0;
}

static void form_read(struct reading *reading, const struct short_form *form, const char *text,
		      struct qemu_place place)
{
	size_t skipped = form->key != NULL ? strlen(form->prefix) : 0;
	struct pairs pairs = { 0 };

	place.offset += skipped;
	place.length -= place.length >= skipped ? skipped : place.length;
	pairs_add(&pairs, text_need(strdup("backend")), text_need(strdup(form->backend)),
		  (struct qemu_place){ .word = -1 });
	if (form->is_list)
		pairs_read_list(&pairs, text + skipped, form->key, place);
	else
		pairs_add(&pairs, text_need(strdup("path")), text_need(strdup(text + skipped)),
			  place);
	group_read(reading, "chardev", &pairs);
	pairs_release(&pairs);
}

/* A form without a file may have a list behind its first comma: "tcp::1,logfile=/x". */
static void rest_read(struct reading *reading, const char *text, struct qemu_place place)
{
	const char *comma = strchr(text, ',');
	const char *backend = strncmp(text, "pty", 3) == 0 ? "pty" : "null";
	struct pairs pairs = { 0 };

	pairs_add(&pairs, text_need(strdup("backend")), text_need(strdup(backend)),
		  (struct qemu_place){ .word = -1 });
	if (comma != NULL) {
		place.offset += (size_t)(comma + 1 - text);
		pairs_read_list(&pairs, comma + 1, NULL, place);
	}
	group_read(reading, "chardev", &pairs);
	pairs_release(&pairs);
}

void chardev_read(struct reading *reading, const char *text, struct qemu_place place)
{
	if (strncmp(text, "mon:", 4) == 0) {
		text += 4;
		place.offset += 4;
		place.length -= place.length >= 4 ? 4 : 0;
	}
	for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++) {
		if (strncmp(text, FORMS[i].prefix, strlen(FORMS[i].prefix)) == 0) {
			form_read(reading, &FORMS[i], text, place);
			return;
		}
	}
	if (is_without_file(text))
		rest_read(reading, text, place);
	else
		reading_doubt(reading, text, N_("a character device of an unknown form"));
}
