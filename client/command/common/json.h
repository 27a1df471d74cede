/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What commands print with --json.
 */
#ifndef VMGRANT_CLIENT_COMMAND_COMMON_JSON_H
#define VMGRANT_CLIENT_COMMAND_COMMON_JSON_H

#include <json-c/json.h>
#include <stdint.h>

#include "client/text/text.h"

/* Add a member. The object takes the value; a text is copied. */
void json_add(json_object *object, const char *key, json_object *value);
void json_add_text(json_object *object, const char *key, const char *text);
void json_add_number(json_object *object, const char *key, uint64_t number);
void json_add_flag(json_object *object, const char *key, int is_set);

/* An array of copies of the words. */
json_object *json_list(const struct words *words);

/* Print it on standard output, for people who look at it, too. It stays the caller's. */
void json_print(json_object *object);

#endif
