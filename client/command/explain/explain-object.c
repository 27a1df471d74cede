/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The bridge or device that vmgrant explain is about. */
#include "client/command/explain/explain-object.h"

#include <stdio.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/common/pci-address.h"
#include "client/command/common/tree.h"
#include "judge/policy/kind-rule.h"
#include "wire/escape.h"

#define HOW_TO_NAME_IT "name it as a rule does: bridge br0, usb 0951:1666, vfio 0000:03:00.0, "  \
		      "disk /dev/disk/by-id/NAME"

/* An object has its whole address, as the devices in sysfs do. */
static const char *complete(char *const words[], char address[PCI_ADDRESS_SIZE])
{
	if (strcmp(words[0], "vfio") != 0 ||
	    pci_address_complete(words[1], strlen(words[1]), address) < 0)
		return words[1];
	return address;
}

/* A rule's own words name the object, so its parser reads them. */
static int parse_rule(struct explain_object *object, char *const words[], struct acl_error *error)
{
	size_t length = (size_t)snprintf(object->text, sizeof object->text, "allow");
	char address[PCI_ADDRESS_SIZE];

	for (size_t i = 0; words[i] != NULL; i++) {
		size_t room = sizeof object->text - length;
		int added = snprintf(object->text + length, room, " %s",
				     i == 1 ? complete(words, address) : words[i]);

		/* It must stay one line: the next one would be another statement. */
		if (added < 0 || (size_t)added >= room - 1 || strchr(words[i], '\n') != NULL) {
			acl_error_set(error, "", 0, 0, NULL, "more than a line");
			return -1;
		}
		length += (size_t)added;
	}
	object->text[length++] = '\n';
	return acl_parse(&object->acl, object->text, length, "", NULL, error);
}

/* Nothing but the object, and exactly one. */
static int names_one_object(const struct acl *acl)
{
	static const struct acl_options none = { 0 };
	const struct acl_rule *rule = acl->rules;

	if (acl->count != 1 || rule->subject.type != ACL_SUBJECT_EVERYBODY)
		return 0;
	/* A rule is read into zeroed memory, padding too. */
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
	if (memcmp(&rule->options, &none, sizeof none) != 0)
		return 0;
	return kind_rule_of(rule->kind)->names_one(rule);
}

/* 0 where there is no such device: a rule may be about one that is not plugged in. */
static uint16_t read_id(const char *address, const char *name)
{
	long id = tree_number("", "/sys/bus/pci/devices/%s/%s", address, name);

	return id < 0 || id > UINT16_MAX ? 0 : (uint16_t)id;
}

static void take_object(struct explain_object *object)
{
	const struct acl_rule *rule = object->acl.rules;
	struct acl_object *result = &object->acl_object;

	result->kind = rule->kind;
	kind_rule_of(rule->kind)->take(rule, result);
	if (rule->kind == ACL_KIND_VFIO && rule->vfio.address != NULL) {
		result->vfio.vendor = read_id(rule->vfio.address, "vendor");
		result->vfio.device = read_id(rule->vfio.address, "device");
	}
}

int explain_object_parse(struct explain_object *object, char *const words[])
{
	struct acl_error error = { .line = 0 };
	char line[512] = "";

	for (size_t i = 0; words[i] != NULL; i++)
		(void)snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s",
			       line[0] != '\0' ? " " : "", words[i]);
	escape_string(object->title, sizeof object->title, line);
	if (parse_rule(object, words, &error) < 0)
		return command_fail(VMGRANT_USAGE, "explain: %s%s%s: " HOW_TO_NAME_IT, error.word,
				    error.word[0] != '\0' ? ": " : "", error.message);
	if (!names_one_object(&object->acl))
		return command_fail(VMGRANT_USAGE,
				    "explain: not one bridge or device: " HOW_TO_NAME_IT);
	take_object(object);
	return VMGRANT_GRANTED;
}

void explain_object_release(struct explain_object *object)
{
	acl_release(&object->acl);
}
