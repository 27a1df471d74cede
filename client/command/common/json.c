/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What commands print with --json. */
#include "client/command/common/json.h"

#include <stdio.h>

void json_add(json_object *object, const char *key, json_object *value)
{
	(void)json_object_object_add(object, key, value);
}

void json_add_text(json_object *object, const char *key, const char *text)
{
	json_add(object, key, json_object_new_string(text));
}

void json_add_number(json_object *object, const char *key, uint64_t number)
{
	json_add(object, key, json_object_new_uint64(number));
}

void json_add_flag(json_object *object, const char *key, int is_set)
{
	json_add(object, key, json_object_new_boolean(is_set));
}

json_object *json_list(const struct words *words)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < words->count; i++)
		(void)json_object_array_add(list, json_object_new_string(words->items[i]));
	return list;
}

void json_print(json_object *object)
{
	(void)puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
								  JSON_C_TO_STRING_NOSLASHESCAPE));
}
