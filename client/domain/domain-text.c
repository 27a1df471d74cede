/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What vmgrant-domain found, between it and vmgrant. */
#include "client/domain/domain-text.h"

#include <json-c/json.h>
#include <stdlib.h>

#define VARIABLES "variables"
#define DROPPED "dropped"

/* The members that are texts, for both directions. */
static const struct {
	const char *key;
	size_t place;
} members[] = {
	{ "error", offsetof(struct domain_text, error) },
	{ "xml", offsetof(struct domain_text, xml) },
	{ "changed", offsetof(struct domain_text, changed) },
	{ "name", offsetof(struct domain_text, name) },
	{ "uuid", offsetof(struct domain_text, uuid) },
	{ "emulator", offsetof(struct domain_text, emulator) },
	{ "architecture", offsetof(struct domain_text, architecture) },
	{ "machine", offsetof(struct domain_text, machine) },
};

#define MEMBER_COUNT (sizeof members / sizeof members[0])

static char *const *read_member(const struct domain_text *domain, size_t i)
{
	return (char *const *)(const void *)((const char *)domain + members[i].place);
}

static char **member(struct domain_text *domain, size_t i)
{
	return (char **)(void *)((char *)domain + members[i].place);
}

void domain_text_release(struct domain_text *domain)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		free(*member(domain, i));
	words_release(&domain->dropped);
}

char *domain_text_encode(const struct domain_text *domain)
{
	json_object *object = text_need(json_object_new_object());
	json_object *dropped = text_need(json_object_new_array());
	const char *text;
	char *copy;

	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		if (*read_member(domain, i) != NULL)
			(void)json_object_object_add(
				object, members[i].key,
				json_object_new_string(*read_member(domain, i)));
	}
	for (size_t i = 0; i < domain->dropped.count; i++)
		(void)json_object_array_add(dropped,
					    json_object_new_string(domain->dropped.items[i]));
	(void)json_object_object_add(object, DROPPED, dropped);
	(void)json_object_object_add(object, VARIABLES,
				     json_object_new_boolean(domain->has_variables));
	text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
	(void)text_need(text == NULL ? NULL : object);
	copy = text_format("%s", text);
	(void)json_object_put(object);
	return copy;
}

/* Its text, in the object itself; NULL: it is none. */
static const char *string_of(json_object *value)
{
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

int domain_text_decode(struct domain_text *domain, const char *json)
{
	json_object *object = json_tokener_parse(json), *value;

	*domain = (struct domain_text){ 0 };
	if (!json_object_is_type(object, json_type_object)) {
		(void)json_object_put(object);
		return -1;
	}
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		const char *text = string_of(json_object_object_get(object, members[i].key));

		if (text != NULL)
			*member(domain, i) = text_format("%s", text);
	}
	domain->has_variables = json_object_get_boolean(json_object_object_get(object, VARIABLES));
	value = json_object_object_get(object, DROPPED);
	for (size_t i = 0; json_object_is_type(value, json_type_array) &&
			   i < (size_t)json_object_array_length(value);
	     i++) {
		const char *text = string_of(json_object_array_get_idx(value, i));

		if (text != NULL)
			words_add(&domain->dropped, text_format("%s", text));
	}
	(void)json_object_put(object);
	return 0;
}
