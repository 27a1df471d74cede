/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What QEMU is told about a device, once for its command line and for QMP. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_QEMU_QEMU_OPTION_H
#define VMGRANT_CLIENT_COMMAND_QEMU_QEMU_OPTION_H

#include <json-c/json.h>

/* How an option is written. */
enum qemu_syntax {
	QEMU_SYNTAX_KEYS = 0, /* TYPE,key=value */
	QEMU_SYNTAX_JSON,
};

/* {"first_key": "first"}, to be extended in the order in which it is to be written. */
json_object *qemu_option_new(const char *first_key, const char *first);

void qemu_option_add_text(json_object *option, const char *key, const char *value);
void qemu_option_add_number(json_object *option, const char *key, unsigned value);
void qemu_option_add_on(json_object *option, const char *key);

/* Write an option and give up the object. The text is the caller's. */
char *qemu_option_write(json_object *option, enum qemu_syntax syntax);

#endif
