/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * An option's keys and values. Runs as the person.
 *
 * The syntax is that of QEMU's util/qemu-option.c and util/keyval.c: ",," in a value is a
 * comma, and the last of several values counts.
 */
#include "client/qemu/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "client/text/text.h"

void pairs_add(struct pairs *pairs, char *key, char *value, struct qemu_place place)
{
	/* In steps of powers of two. */
	if ((pairs->count & (pairs->count + 1)) == 0)
		pairs->items = text_need(
			realloc(pairs->items, (2 * pairs->count + 1) * sizeof *pairs->items));
	pairs->items[pairs->count++] = (struct pair){ .key = key, .value = value, .place = place };
}

void pairs_borrow(struct pairs *pairs, const struct pair *pair)
{
	pairs_add(pairs, pair->key, pair->value, pair->place);
}

void pairs_release(struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		free(pairs->items[i].key);
		free(pairs->items[i].value);
	}
	free(pairs->items);
	*pairs = (struct pairs){ 0 };
}

/* The value that begins at text, without quoting; *length_out is what it takes there. */
static char *value_read(const char *text, size_t *length_out)
{
	char *value = text_need(malloc(strlen(text) + 1));
	size_t length = 0, at = 0;

	for (; text[at] != '\0'; at++) {
		if (text[at] == ',' && text[++at] != ',') {
			at--;
			break;
		}
		value[length++] = text[at];
	}
	value[length] = '\0';
	*length_out = at;
	return value;
}

/* A word without '=': "server", "nowait". */
static void flag_add(struct pairs *pairs, const char *word, size_t length, struct qemu_place place)
{
	int is_off = length > 2 && strncmp(word, "no", 2) == 0;
	char *key = text_need(strndup(word, length));

	/* "noacl" may be the name of a key as well: both are there then. */
	place.length = 0;
	if (is_off)
		pairs_add(pairs, text_need(strdup(key + 2)), text_need(strdup("off")), place);
	pairs_add(pairs, key, text_need(strdup("on")), place);
}

void pairs_read_list(struct pairs *pairs, const char *text, const char *first_key,
		     struct qemu_place place)
{
	const char *start = text;

	for (int is_first = 1; *text != '\0'; is_first = 0) {
		size_t length = strcspn(text, "=,");
		struct qemu_place at = place;
		const char *value;
		char *decoded, *key;

		if (text[length] != '=' && (!is_first || first_key == NULL)) {
			flag_add(pairs, text, length, place);
			text += text[length] == ',' ? length + 1 : length;
			continue;
		}
		value = text[length] == '=' ? text + length + 1 : text;
		key = text_need(text[length] == '=' ? strndup(text, length) : strdup(first_key));
		decoded = value_read(value, &at.length);
		at.offset += (size_t)(value - start);
		text = value + at.length;
		text += *text == ',' ? 1 : 0;
		if (place.word < 0)
			at = place;
		pairs_add(pairs, key, decoded, at);
	}
}

const struct pair *pairs_find(const struct pairs *pairs, const char *key)
{
	for (size_t i = pairs->count; i > 0; i--) {
		if (strcmp(pairs->items[i - 1].key, key) == 0)
			return &pairs->items[i - 1];
	}
	return NULL;
}

const char *pairs_value(const struct pairs *pairs, const char *key)
{
	const struct pair *pair = pairs_find(pairs, key);

	return pair != NULL ? pair->value : NULL;
}

int pairs_is_superseded(const struct pairs *pairs, const struct pair *pair)
{
	return pairs_find(pairs, pair->key) != pair;
}

int pairs_is_on(const struct pairs *pairs, const char *key)
{
	const char *value = pairs_value(pairs, key);

	return value != NULL && (strcmp(value, "on") == 0 || strcmp(value, "true") == 0 ||
				 strcmp(value, "yes") == 0 || strcmp(value, "y") == 0);
}

struct qemu_place place_part(const char *value, struct qemu_place place, size_t skipped,
			     size_t length)
{
	/* Where a comma is doubled or a character escaped, lengths differ. */
	if (place.length != strlen(value))
		return (struct qemu_place){ .word = place.word };
	place.offset += skipped;
	place.length = length;
	return place;
}
