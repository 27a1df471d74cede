/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * libFuzzer entry: any bytes as a policy, in both syntaxes, and judged.
 *
 * The first four bytes choose the question and what the loader and the name
 * service answer; the rest is the text. Beyond memory safety it holds the
 * promises that other parts rely on: what an error says may be printed and points
 * into the text, and no rule has a value that its table forbids.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/policy/acl.h"

#define HEADER_BYTES 4u
#define FILE_NAME    "/etc/\nacl"

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- what surrounds the parser ---- */

struct answers {
	int visit_fails, visit_names_file;
	enum acl_name_result name;
	uint32_t id;
};

static int visit(void *context, const char *path, struct acl_error *error)
{
	const struct answers *answers = context;

	REQUIRE(path[0] == '/');
	REQUIRE(strlen(path) <= ACL_LINE_MAX);
	if (!answers->visit_fails)
		return 0;
	acl_error_set(error, answers->visit_names_file ? path : NULL, 0, 0, path, "no");
	return -1;
}

static void hear(void *context, const struct acl_error *what)
{
	(void)context;
	REQUIRE(what->line > 0 && what->column > 0);
	REQUIRE(strstr(what->message, "passed over") != NULL ||
		strstr(what->message, "longer than") != NULL);
}

static enum acl_name_result find_name(void *context, const char *name, uint32_t *id_out)
{
	const struct answers *answers = context;

	/* In quotes a name may hold spaces and signs, but not what hides something. */
	REQUIRE(name[0] != '\0' && name[0] != ' ' && name[strlen(name) - 1] != ' ');
	REQUIRE(strpbrk(name, ":\"\t\r\n\x1b\x7f") == NULL);
	*id_out = answers->id;
	return answers->name;
}

/* ---- promises ---- */

static void check_printable(const char *text)
{
	for (; *text != '\0'; text++)
		REQUIRE(*text >= ' ' && *text <= '~');
}

/* The place must exist; just behind the end of a line is where something is missing. */
static void check_place(const char *text, size_t length, unsigned line, unsigned column)
{
	const char *const end = text + length;
	const char *start = text;
	const char *newline;

	for (unsigned i = 1; i < line; i++) {
		newline = memchr(start, '\n', (size_t)(end - start));
		REQUIRE(newline != NULL);
		start = newline + 1;
	}
	newline = memchr(start, '\n', (size_t)(end - start));
	REQUIRE(start < end);
	REQUIRE(column >= 1);
	REQUIRE(column <= (size_t)((newline != NULL ? newline : end) - start) + 1);
}

static void check_error(const struct acl_error *error, const struct answers *answers,
			const char *text, size_t length)
{
	char formatted[sizeof(*error) + 64];

	REQUIRE(acl_error_format(error, formatted, sizeof(formatted)) < (int)sizeof(formatted));
	check_printable(formatted);
	REQUIRE(error->message[0] != '\0');
	if (error->line == 0) {
		REQUIRE(answers->visit_fails && answers->visit_names_file);
		return;
	}
	REQUIRE(strcmp(error->file, "/etc/\\x0aacl") == 0);
	check_place(text, length, error->line, error->column);
}

static void check_rule(const struct acl_rule *rule)
{
	static const struct acl_options none;
	const struct acl_options *options = &rule->options;

	if (rule->kind == ACL_KIND_BRIDGE)
		REQUIRE(rule->bridge == NULL || acl_bridge_name_valid(rule->bridge));
	if (rule->kind == ACL_KIND_USB)
		REQUIRE(rule->usb.class_code >= -1 && rule->usb.class_code <= 255);
	if (rule->kind == ACL_KIND_VFIO && rule->vfio.address != NULL)
		REQUIRE(strlen(rule->vfio.address) == ACL_PCI_SHORT_LENGTH ||
			(strlen(rule->vfio.address) >= 12 && strlen(rule->vfio.address) < 16));
	REQUIRE(options->queues <= ACL_QUEUES_MAX && options->quota <= ACL_QUOTA_MAX);
	REQUIRE(options->vlan <= ACL_VLAN_MAX && options->memlock_bytes <= INT64_MAX);
	if (options->polkit_skip)
		REQUIRE(rule->subject.type != ACL_SUBJECT_EVERYBODY);
	if (rule->effect == ACL_EFFECT_DENY && !options->port_direct)
		REQUIRE(memcmp(options, &none, sizeof(none)) == 0);
	REQUIRE(rule->line > 0);
}

/* ---- the question ---- */

static void judge(const struct acl *acl, const uint8_t *header, struct answers *answers)
{
	static const char *const bridges[] = { "br0", "br01", "all", NULL };
	static const char *const addresses[] = { "0000:03:00.0", "abcd:ef:1f.7", NULL, "" };
	const uint8_t classes[] = { 8, header[1] };
	const gid_t groups[] = { header[2], 1000 };
	const struct acl_asker asker = { header[3], groups, header[2] % 3u, header[2] & 4 };
	const struct acl_names names = { answers, find_name, find_name };
	const struct acl_rule *rule;

	for (int kind = ACL_KIND_BRIDGE; kind <= ACL_KIND_VFIO; kind++) {
		const struct acl_object object = {
			.kind = (enum acl_kind)kind,
			.bridge = bridges[header[1] % 4],
			.usb = { .vendor = 0x0951, .product = (uint16_t)(0x1600 + header[1]),
				 .serial = header[1] % 2 ? "AB C#1" : NULL,
				 .port = header[1] % 3 ? "1-1.4" : NULL,
				 .classes = classes, .class_count = header[1] % 3u },
			.vfio = { addresses[header[1] % 4], 0x10de, header[1] },
		};
		const enum acl_verdict verdict = acl_judge(acl, &object, &asker, &names, &rule);

		if (rule != NULL)
			REQUIRE(rule->kind == object.kind);
		if (verdict == ACL_VERDICT_ALLOW)
			REQUIRE(rule != NULL && rule->effect == ACL_EFFECT_ALLOW);
		if (verdict == ACL_VERDICT_NO_NAMES)
			REQUIRE(answers->name == ACL_NAME_FAILED || answers->name == ACL_NAME_UNTOLD);
	}
}

typedef int (*acl_parser)(struct acl *acl, char *text, size_t length, const char *file,
			  const struct acl_visitor *visitor, struct acl_error *error);

static void try_parser(acl_parser parser, const uint8_t *header, const char *text, size_t length)
{
	struct answers answers = {
		.visit_fails = header[0] & 1,
		.visit_names_file = header[0] & 2,
		.name = (enum acl_name_result)(header[0] / 4 % 4),
		.id = header[3],
	};
	const struct acl_visitor visitor = { &answers, visit, visit, hear };
	struct acl acl = { 0 };
	struct acl_error error;
	char *copy = malloc(length > 0 ? length : 1);
	int result;

	REQUIRE(copy != NULL);
	memcpy(copy, text, length);
	result = parser(&acl, copy, length, FILE_NAME, &visitor, &error);
	REQUIRE(result == 0 || result == -1);
	if (result != 0)
		check_error(&error, &answers, text, length);
	for (size_t i = 0; i < acl.count; i++)
		check_rule(&acl.rules[i]);
	judge(&acl, header, &answers);
	acl_release(&acl);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < HEADER_BYTES)
		return 0;
	try_parser(acl_parse, data, (const char *)data + HEADER_BYTES, size - HEADER_BYTES);
	try_parser(acl_parse_qemu, data, (const char *)data + HEADER_BYTES, size - HEADER_BYTES);
	return 0;
}
