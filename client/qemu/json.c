/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * JSON as keys and values. Runs as the person.
 *
 * json-c decodes; it does not say where a string stands. Strings come in the same order in
 * the text and in the tree, so counting them tells. Where the count is another (a comment, a
 * key that is there twice) the text is refused.
 */
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "client/qemu/pairs.h"
#include "client/text/text.h"

struct json_walk {
	struct pairs *pairs;
	const char *text;
	/* Behind the string that was last found. */
	const char *rest;
	struct qemu_place place;
	int is_lost;
};

/* The next string of the text: what is between its quotes, or a length of 0 and no quote. */
static const char *string_next(struct json_walk *walk, size_t *length_out)
{
	const char *start = walk->rest + strcspn(walk->rest, "\"'");
	char quote = *start;
	const char *end;

	*length_out = 0;
	if (quote == '\0') {
		walk->rest = start;
		return NULL;
	}
	for (end = start + 1; *end != '\0' && *end != quote; end++) {
		if (*end == '\\' && end[1] != '\0')
			end++;
	}
	*length_out = (size_t)(end - start - 1);
	walk->rest = *end != '\0' ? end + 1 : end;
	return start + 1;
}

/* Where value, the next string of the tree, stands. */
static struct qemu_place string_place(struct json_walk *walk, const char *value)
{
	struct qemu_place place = walk->place;
	size_t length;
	const char *start = string_next(walk, &length);

	if (start == NULL || (memchr(start, '\\', length) == NULL &&
			      (length != strlen(value) || memcmp(start, value, length) != 0))) {
		walk->is_lost = 1;
		return (struct qemu_place){ .word = place.word };
	}
	if (place.word >= 0) {
		place.offset += (size_t)(start - walk->text);
		place.length = length;
	}
	return place;
}

static void walk_value(struct json_walk *walk, const char *key, json_object *value);

static void walk_members(struct json_walk *walk, const char *key, json_object *object)
{
	json_object_object_foreach(object, name, member)
	{
		(void)string_place(walk, name);
		char *inner =
			*key == '\0' ? text_format("%s", name) : text_format("%s.%s", key, name);

		walk_value(walk, inner, member);
		free(inner);
	}
}

static void walk_elements(struct json_walk *walk, const char *key, json_object *array)
{
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		char *inner = text_format("%s.%zu", key, i);

		walk_value(walk, inner, json_object_array_get_idx(array, i));
		free(inner);
	}
}

static void walk_value(struct json_walk *walk, const char *key, json_object *value)
{
	struct qemu_place place = { .word = walk->place.word };
	const char *text = "";

	switch (json_object_get_type(value)) {
	case json_type_object:
		walk_members(walk, key, value);
		return;
	case json_type_array:
		walk_elements(walk, key, value);
		return;
	case json_type_boolean:
		text = json_object_get_boolean(value) ? "on" : "off";
		break;
	case json_type_string:
		text = json_object_get_string(value);
		place = string_place(walk, text);
		break;
	case json_type_null:
		break;
	default:
		text = json_object_get_string(value);
	}
	pairs_add(walk->pairs, text_need(strdup(key)), text_need(strdup(text)), place);
}

/* The object that is all of text, or NULL. */
static json_object *object_parse(const char *text)
{
	json_tokener *tokener = text_need(json_tokener_new());
	/* Without a length json-c takes the NUL as read, and its end is behind it. */
	size_t length = strnlen(text, INT_MAX);
	json_object *object = json_tokener_parse_ex(tokener, text, (int)length);
	size_t end = json_tokener_get_parse_end(tokener);

	json_tokener_free(tokener);
	end += strspn(text + end, " \t\r\n");
	if (json_object_is_type(object, json_type_object) && text[end] == '\0')
		return object;
	(void)json_object_put(object);
	return NULL;
}

int pairs_read_json(struct pairs *pairs, const char *text, struct qemu_place place)
{
	struct json_walk walk = { .pairs = pairs, .text = text, .rest = text, .place = place };
	json_object *object = object_parse(text);
	size_t length;

	if (object == NULL)
		return -1;
	walk_members(&walk, "", object);
	(void)json_object_put(object);
	return walk.is_lost || string_next(&walk, &length) != NULL ? -1 : 0;
}
