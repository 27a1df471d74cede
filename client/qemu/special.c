/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* QEMU's options that have a syntax of their own. Runs as the person. */
#include <stdlib.h>
#include <string.h>

#include "client/qemu/reading.h"
#include "client/text/message.h"
#include "client/text/text.h"

static const char *behind(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0 ? text + strlen(prefix) : NULL;
}

/* ---- -incoming */

/* {"channel-type": ..., "addr": {"transport": "socket", "type": "unix", "path": ...}} */
static void channel_read(struct reading *reading, const char *text)
{
	struct pairs pairs = { 0 };

	if (pairs_read_json(&pairs, text, reading_place(reading, text)) < 0)
		reading_doubt(reading, text, N_("not JSON that can be read"));
	for (size_t i = 0; i < pairs.count; i++) {
		const struct pair *pair = &pairs.items[i];
		const char *dot = strrchr(pair->key, '.');
		const char *key = dot != NULL ? dot + 1 : pair->key;

		if (strcmp(key, "path") == 0)
			(void)reading_add(reading, pair->value, QEMU_USE_MAKE_SOCKET, 0,
					  pair->place);
		else if (strcmp(key, "filename") == 0)
			(void)reading_add(reading, pair->value, QEMU_USE_READ, TAKE_FDSET,
					  pair->place);
		else if (strstr(pair->key, "args.0") != NULL)
			(void)reading_add(reading, pair->value, QEMU_USE_RUN, 0, pair->place);
		else if (reading_is_path(pair->value))
			reading_doubt_pair(reading, pair);
	}
	pairs_release(&pairs);
}

static void incoming_file_read(struct reading *reading, const char *argument, const char *path)
{
	const char *offset = strstr(path, ",offset=");
	size_t length = offset != NULL ? (size_t)(offset - path) : strlen(path);
	char *name = text_need(strndup(path, length));

	if (behind(name, "/dev/fdset/") == NULL)
		(void)reading_add(reading, name, QEMU_USE_READ, TAKE_FDSET,
				  place_part(argument, reading_place(reading, argument),
					     (size_t)(path - argument), length));
	free(name);
}

void incoming_read(struct reading *reading, const char *argument)
{
	static const char *const without[] = { "tcp:", "rdma:", "fd:", "vsock:", "defer" };
	const char *rest;

	if (*argument == '{') {
		channel_read(reading, argument);
		return;
	}
	for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
		if (behind(argument, without[i]) != NULL)
			return;
	}
	if ((rest = behind(argument, "unix:")) != NULL) {
		(void)reading_add(reading, rest, QEMU_USE_MAKE_SOCKET, 0, (struct qemu_place){ 0 });
	} else if ((rest = behind(argument, "file:")) != NULL) {
		incoming_file_read(reading, argument, rest);
	} else if (behind(argument, "exec:") != NULL) {
		(void)reading_add(reading, "/bin/sh", QEMU_USE_RUN, TAKE_IMPLIED,
				  (struct qemu_place){ 0 });
		reading_doubt(reading, argument, N_("a command of the shell"));
	} else {
		reading_doubt(reading, argument, N_("a migration of an unknown form"));
	}
}

/* ---- -initrd */

/*
 * A multiboot kernel gets modules, "FILE ARGUMENTS,FILE", where ",," is a comma; every other
 * gets the file of that name. Which kernel it is, only QEMU knows.
 */
void initrd_read(struct reading *reading, const char *argument)
{
	unsigned take = strpbrk(argument, ", ") != NULL ? TAKE_OPTIONAL : 0;

	(void)reading_add(reading, argument, QEMU_USE_READ, take, (struct qemu_place){ 0 });
	while (take != 0 && *argument != '\0') {
		size_t length = 0;
		char *module = text_need(malloc(strlen(argument) + 1));

		for (; *argument != '\0'; argument++) {
			if (*argument == ',' && *++argument != ',')
				break;
			module[length++] = *argument;
		}
		module[length] = '\0';
		module[strcspn(module, " ")] = '\0';
		if (*module != '\0')
			(void)reading_add(reading, module, QEMU_USE_READ, TAKE_OPTIONAL,
					  (struct qemu_place){ 0 });
		free(module);
	}
}

/* ---- -set, -global */

/* "drive.disk0.file=/path": a key that is given to something later. */
void set_read(struct reading *reading, const char *argument)
{
	const char *first = strchr(argument, '.');
	const char *second = first != NULL ? strchr(first + 1, '.') : NULL;
	const char *equals = second != NULL ? strchr(second, '=') : NULL;
	struct pairs pairs = { 0 };
	char *group;

	if (equals == NULL) {
		reading_doubt(reading, argument, N_("not GROUP.ID.KEY=VALUE"));
		return;
	}
	group = text_need(strndup(argument, (size_t)(first - argument)));
	pairs_add(&pairs, text_need(strndup(second + 1, (size_t)(equals - second - 1))),
		  text_need(strdup(equals + 1)),
		  (struct qemu_place){ .word = reading->word,
				       .offset = (size_t)(equals + 1 - argument),
				       .length = reading->word >= 0 ? strlen(equals + 1) : 0 });
	group_read(reading, group, &pairs);
	pairs_release(&pairs);
	free(group);
}

/* Of every device of a kind. "driver.property=value" came as a key with its value. */
void global_read(struct reading *reading, const struct pairs *pairs)
{
	/* Its name is not looked at where it is part of the key: keys of one device only. */
	const char *driver = pairs_value(pairs, "driver");
	const char *property = pairs_value(pairs, "property");
	const struct pair *pair = pairs_find(pairs, "value");
	struct pairs one = { 0 };

	if (driver == NULL && pairs->count > 0) {
		const char *dot = strchr(pairs->items[0].key, '.');

		pair = &pairs->items[0];
		property = dot != NULL ? dot + 1 : NULL;
	}
	if (property == NULL || pair == NULL)
		return;
	pairs_add(&one, text_need(strdup(property)), text_need(strdup(pair->value)), pair->place);
	if (!key_read(reading, "device", driver, property, one.items, &one) &&
	    reading_is_path(pair->value))
		reading_doubt_pair(reading, pair);
	pairs_release(&one);
}

/* ---- displays */

static void vnc_socket_read(struct reading *reading, const char *address, enum qemu_use use)
{
	const char *path = address != NULL ? behind(address, "unix:") : NULL;

	if (path != NULL && *path != '\0')
		(void)reading_add(reading, path, use, 0, (struct qemu_place){ 0 });
}

void vnc_read(struct reading *reading, const struct pairs *pairs)
{
	enum qemu_use use = pairs_is_on(pairs, "reverse") ? QEMU_USE_CONNECT : QEMU_USE_MAKE_SOCKET;

	/* Several of each can be given. */
	for (size_t i = 0; i < pairs->count; i++) {
		if (strcmp(pairs->items[i].key, "vnc") == 0 ||
		    strcmp(pairs->items[i].key, "websocket") == 0)
			vnc_socket_read(reading, pairs->items[i].value, use);
	}
	keys_read(reading, "vnc", NULL, pairs);
}

void spice_read(struct reading *reading, const struct pairs *pairs)
{
	const char *address = pairs_value(pairs, "addr");
	struct pairs others = { 0 };

	if (address != NULL && *address != '\0' && pairs_is_on(pairs, "unix"))
		(void)reading_add(reading, address, QEMU_USE_MAKE_SOCKET, 0,
				  (struct qemu_place){ 0 });
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->items[i];

		if (strcmp(pair->key, "addr") != 0)
			pairs_borrow(&others, pair);
	}
	/* Where there is TLS, its files are in the working folder unless they are named. */
	if (pairs_find(pairs, "tls-port") != NULL && pairs_find(pairs, "x509-dir") == NULL)
		(void)reading_add(reading, ".", QEMU_USE_FOLDER, TAKE_READ_ONLY | TAKE_IMPLIED,
				  (struct qemu_place){ 0 });
	keys_read(reading, "spice", NULL, &others);
	free(others.items);
}

/* ---- parts of others */

void accelerators_read(struct reading *reading, const char *list)
{
	while (*list != '\0') {
		size_t length = strcspn(list, ":");
		char *name = text_need(strndup(list, length));

		needs_read(reading, "accel", name, &(struct pairs){ 0 });
		free(name);
		list += length + (list[length] == ':' ? 1 : 0);
	}
}

void forward_read(struct reading *reading, const char *rule)
{
	const char *target = strchr(rule, '-');
	const char *command = target != NULL ? behind(target + 1, "cmd:") : NULL;
	char *program;

	if (target == NULL)
		return;
	if (command == NULL) {
		chardev_read(reading, target + 1, (struct qemu_place){ .word = -1 });
		return;
	}
	program = text_need(strndup(command, strcspn(command, " ")));
	(void)reading_add(reading, program, QEMU_USE_RUN, 0, (struct qemu_place){ 0 });
	free(program);
}
