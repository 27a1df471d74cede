/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What QEMU is told about a device. Pure. */
#include "client/command/qemu/qemu-option.h"

#include <stdlib.h>
#include <string.h>

#include "client/text/text.h"

json_object *qemu_option_new(const char *first_key, const char *first)
{
	json_object *option = text_need(json_object_new_object());

	qemu_option_add_text(option, first_key, first);
	return option;
}

void qemu_option_add_text(json_object *option, const char *key, const char *value)
{
	(void)json_object_object_add(option, key, text_need(json_object_new_string(value)));
}

void qemu_option_add_number(json_object *option, const char *key, unsigned value)
{
	(void)json_object_object_add(option, key, text_need(json_object_new_int64(value)));
}

void qemu_option_add_on(json_object *option, const char *key)
{
	(void)json_object_object_add(option, key, text_need(json_object_new_boolean(1)));
}

/* A comma in a value is written twice. */
static void append_value(char **text, json_object *value)
{
	const char *part = json_object_is_type(value, json_type_boolean)
				   ? "on" : json_object_get_string(value);

	for (; *part != '\0'; part++)
		text_append(text, *part == ',' ? ",," : part, *part == ',' ? 2 : 1);
}

static char *write_keys(json_object *option)
{
	char *text = NULL;

	json_object_object_foreach (option, key, value) {
		if (text != NULL) {
			text_append(&text, ",", 1);
			text_append(&text, key, strlen(key));
			text_append(&text, "=", 1);
		}
		append_value(&text, value);
	}
	return text;
}

char *qemu_option_write(json_object *option, enum qemu_syntax syntax)
{
	char *text = syntax == QEMU_SYNTAX_JSON
			     ? text_format("%s", json_object_to_json_string_ext(
							 option, JSON_C_TO_STRING_PLAIN |
								 JSON_C_TO_STRING_NOSLASHESCAPE))
			     : write_keys(option);

	(void)json_object_put(option);
	return text;
}
