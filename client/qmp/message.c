/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What QMP's messages are made of, and phrases about results. */
#include "client/qmp/qmp.h"

#include <stdarg.h>
#include <stdio.h>

enum qmp_result qmp_fail(struct qmp *qmp, enum qmp_result result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(qmp->error, sizeof qmp->error, format, arguments);
	va_end(arguments);
	return result;
}

const char *qmp_get_string(json_object *object, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) &&
			       json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : "";
}

int qmp_get_major(json_object *hello)
{
	json_object *version, *qemu, *major;

	return json_object_object_get_ex(hello, "version", &version) &&
			       json_object_object_get_ex(version, "qemu", &qemu) &&
			       json_object_object_get_ex(qemu, "major", &major)
		       ? json_object_get_int(major)
		       : 0;
}

json_object *qmp_argument(const char *key, const char *value)
{
	json_object *arguments = json_object_new_object();

	qmp_add_argument(arguments, key, value);
	return arguments;
}

void qmp_add_argument(json_object *arguments, const char *key, const char *value)
{
	(void)json_object_object_add(arguments, key, json_object_new_string(value));
}
