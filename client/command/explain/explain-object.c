/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The bridge or device that vmgrant explain is about. */
#include "client/command/explain/explain-object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/kind/kind.h"
#include "client/text/message.h"
#include "judge/policy/kind-rule.h"
#include "wire/refusal/escape.h"

/* "bridge br0, usb 0951:1666, vfio 0000:03:00.0" */
static const char *examples(char *text, size_t size)
{
	size_t length = 0;

	for (int i = 0; i < COMMAND_KINDS && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%s %s",
					   i == 0 ? "" : ", ", command_kinds[i]->word,
					   command_kinds[i]->example);
	return text;
}

/* The whole name of an object, to be freed; NULL: it is whole. */
static char *complete(char *const words[])
{
	for (int i = 0; i < COMMAND_KINDS; i++) {
		if (strcmp(words[0], command_kinds[i]->word) == 0 &&
		    command_kinds[i]->complete != NULL)
			return command_kinds[i]->complete(words[1]);
	}
	return NULL;
}

/* A rule's own words name the object, so its parser reads them. */
static int parse_rule(struct explain_object *object, char *const words[], struct acl_error *error)
{
	size_t length = (size_t)snprintf(object->text, sizeof object->text, "allow");

	for (size_t i = 0; words[i] != NULL; i++) {
		size_t room = sizeof object->text - length;
		char *whole = i == 1 ? complete(words) : NULL;
		int added = snprintf(object->text + length, room, " %s",
				     whole != NULL ? whole : words[i]);

		free(whole);
		/* It must stay one line: the next one would be another statement. */
		if (added < 0 || (size_t)added >= room - 1 || strchr(words[i], '\n') != NULL) {
			acl_error_set(error, "", 0, 0, NULL, _("more than a line"));
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

int explain_object_parse(struct explain_object *object, char *const words[])
{
	struct acl_error error = { .line = 0 };
	char line[512] = "", how[256];

	for (size_t i = 0; words[i] != NULL; i++)
		(void)snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s",
			       line[0] != '\0' ? " " : "", words[i]);
	escape_string(object->title, sizeof object->title, line);
	if (parse_rule(object, words, &error) < 0)
		return command_fail(VMGRANT_USAGE, _("explain: %s%s%s: name it as a rule does: %s"),
				    error.word, error.word[0] != '\0' ? ": " : "", error.message,
				    examples(how, sizeof how));
	if (!names_one_object(&object->acl))
		return command_fail(
			VMGRANT_USAGE,
			_("explain: not one bridge or device: name it as a rule does: %s"),
			examples(how, sizeof how));
	object->acl_object.kind = object->acl.rules->kind;
	kind_rule_of(object->acl_object.kind)->take(object->acl.rules, &object->acl_object);
	return VMGRANT_GRANTED;
}

static const struct command_kind *kind_of(const struct explain_object *object)
{
	return command_kinds[object->acl_object.kind - 1];
}

void explain_object_look(struct explain_object *object, const struct acl *policy)
{
	if (kind_of(object)->look != NULL)
		object->looked = kind_of(object)->look(&object->acl_object, policy);
}

void explain_object_forget(struct explain_object *object)
{
	if (kind_of(object)->forget != NULL)
		kind_of(object)->forget(object->looked);
	object->looked = NULL;
}

void explain_object_release(struct explain_object *object)
{
	acl_release(&object->acl);
}
