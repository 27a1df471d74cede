/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What libvirt's description of a domain says. Pure. */
#include "client/command/libvirt/domain-text.h"

#include <stdlib.h>
#include <string.h>

#define EMULATOR "    <emulator>"
#define EMULATOR_END "</emulator>\n"

static const struct {
	const char *text;
	char character;
} entities[] = {
	{ "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' }, { "&apos;", '\'' },
};

#define ENTITY_COUNT (sizeof entities / sizeof entities[0])

/* ---- text of XML ---- */

/* To be freed; NULL: it has something that is no plain text. */
static char *unescape(const char *text, size_t length)
{
	char *plain = NULL;

	text_append(&plain, "", 0);
	while (length > 0) {
		size_t i = 0, step = 1;

		while (i < ENTITY_COUNT &&
		       strncmp(text, entities[i].text, strlen(entities[i].text)) != 0)
			i++;
		if (*text == '<' || (*text == '&' && i == ENTITY_COUNT)) {
			free(plain);
			return NULL;
		}
		step = i == ENTITY_COUNT ? 1 : strlen(entities[i].text);
		if (step > length)
			step = length;
		text_append(&plain, i == ENTITY_COUNT ? text : &entities[i].character, 1);
		text += step;
		length -= step;
	}
	return plain;
}

static char *escape(const char *plain)
{
	char *text = NULL;

	text_append(&text, "", 0);
	for (; *plain != '\0'; plain++) {
		size_t i = 0;

		while (i < ENTITY_COUNT && entities[i].character != *plain)
			i++;
		if (i == ENTITY_COUNT)
			text_append(&text, plain, 1);
		else
			text_append(&text, entities[i].text, strlen(entities[i].text));
	}
	return text;
}

/* ---- lines ---- */

/* What stands behind a line's beginning, of the only line that begins so; NULL: none, or more. */
static const char *find_line(const char *xml, const char *beginning)
{
	const char *found = NULL;

	for (const char *line = xml; line != NULL && *line != '\0';) {
		if (strncmp(line, beginning, strlen(beginning)) == 0) {
			if (found != NULL)
				return NULL;
			found = line + strlen(beginning);
		}
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	return found;
}

/* The text up to an end on the same line, to be freed; NULL: there is none. */
static char *take_text(const char *text, const char *end)
{
	const char *found = text == NULL ? NULL : strstr(text, end);

	if (found == NULL || memchr(text, '\n', (size_t)(found - text)) != NULL)
		return NULL;
	return unescape(text, (size_t)(found - text));
}

/* The value of an attribute of the element on that line, to be freed; NULL: it has none. */
static char *take_attribute(const char *line, const char *name)
{
	char *key = text_format(" %s='", name), *value = NULL;
	const char *found = line == NULL ? NULL : strstr(line, key);
	const char *end = line == NULL ? NULL : strchr(line, '>');

	if (found != NULL && end != NULL && found < end)
		value = take_text(found + strlen(key), "'");
	free(key);
	return value;
}

const char *domain_text_read(struct domain_text *domain, const char *xml)
{
	const char *type = find_line(xml, "    <type");

	*domain = (struct domain_text){
		.name = take_text(find_line(xml, "  <name>"), "</name>\n"),
		.uuid = take_text(find_line(xml, "  <uuid>"), "</uuid>\n"),
		.emulator = take_text(find_line(xml, EMULATOR), EMULATOR_END),
		.architecture = take_attribute(type, "arch"),
		.machine = take_attribute(type, "machine"),
		.has_variables = strstr(xml, "<qemu:env name='VMGRANT'") != NULL ||
				 strstr(xml, "<qemu:env name='VMGRANT_FILE'") != NULL,
	};
	if (domain->name == NULL || domain->uuid == NULL)
		return "no <name> or <uuid> that can be read";
	if (domain->architecture == NULL || domain->machine == NULL)
		return "no <type> with an architecture and a machine that can be read";
	return domain->emulator == NULL ? "not one <emulator> that can be read" : NULL;
}

void domain_text_release(struct domain_text *domain)
{
	free(domain->name);
	free(domain->uuid);
	free(domain->emulator);
	free(domain->architecture);
	free(domain->machine);
}

char *domain_text_with_emulator(const char *xml, const char *path)
{
	const char *text = find_line(xml, EMULATOR);
	const char *end = text == NULL ? NULL : strstr(text, EMULATOR_END);
	char *escaped, *changed;

	if (end == NULL)
		return NULL;
	escaped = escape(path);
	changed = text_format("%.*s%s%s", (int)(text - xml), xml, escaped, end);
	free(escaped);
	return changed;
}

/* ---- what libvirt drops ---- */

static int has_word(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++) {
		if (strcmp(words->items[i], word) == 0)
			return 1;
	}
	return 0;
}

static void find_dropped_in(const char *card, struct words *dropped)
{
	static const struct {
		const char *line;
		const char *attribute; /* NULL: the element itself */
		const char *name;
	} wishes[] = {
		{ "      <driver ", "queues", "<driver queues>" },
		{ "      <vlan>", NULL, "<vlan>" },
		{ "      <vlan ", NULL, "<vlan>" }, /* trunk='yes' */
		{ "      <port ", "isolated", "<port isolated>" },
		{ "      <target ", "dev", "<target dev>" },
	};

	for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i++) {
		const char *line = find_line(card, wishes[i].line);
		char *value = NULL;

		if (line != NULL && wishes[i].attribute != NULL)
			/* With the blank before the attribute. */
			value = take_attribute(line - 1, wishes[i].attribute);
		if (line != NULL && (wishes[i].attribute == NULL || value != NULL) &&
		    !has_word(dropped, wishes[i].name))
			words_add(dropped, text_format("%s", wishes[i].name));
		free(value);
	}
}

void domain_text_find_dropped(const char *xml, struct words *dropped)
{
	static const char beginning[] = "    <interface type='bridge'";
	static const char end[] = "\n    </interface>";

	for (const char *card = strstr(xml, beginning); card != NULL;
	     card = strstr(card, beginning)) {
		const char *stop = strstr(card, end);
		char *text;

		if (stop == NULL)
			return;
		text = text_format("%.*s", (int)(stop - card), card);
		find_dropped_in(text, dropped);
		free(text);
		card = stop;
	}
}
