/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a bridge rule is about. Pure. */
#include "judge/policy/kind-rule.h"

#include <string.h>

static int bridge_byte_valid(char byte)
{
	if (byte <= ' ' || byte > '~')
		return 0;
	switch (byte) {
	case '/':
	case ':':
	case '%':
	case '*':
	case '#':
	case '"':
		return 0;
	default:
		return 1;
	}
}

int acl_bridge_name_valid(const char *name)
{
	size_t length = 0;

	for (; name[length] != '\0'; length++) {
		if (length == ACL_BRIDGE_NAME_MAX || !bridge_byte_valid(name[length]))
			return 0;
	}
	return length > 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int parse(struct acl_rule *rule, const struct acl_line *line, unsigned *next,
		 struct acl_error *error)
{
	const struct acl_word *word = &line->words[*next];

	if (*next == line->word_count)
		return acl_word_error(error, line, word - 1,
				      "the name of a bridge or * must follow");
	(*next)++;
	if (ACL_WORD_IS(word, "*"))
		return 0;
	/* The kernel has no interface of that name: it is qemu's word for "*". */
	if (ACL_WORD_IS(word, "all"))
		return acl_word_error(error, line, word, "write * for every bridge");
	if (word->length > ACL_BRIDGE_NAME_MAX)
		return acl_word_error(error, line, word, "a bridge name has at most 15 bytes");
	if (!acl_bridge_name_valid(word->text))
		return acl_word_error(error, line, word, "not a name that a bridge can have");
	rule->bridge = word->text;
	return 0;
}

static int matches(const struct acl_rule *rule, const struct acl_object *object)
{
	return rule->bridge == NULL ||
	       (object->bridge != NULL && strcmp(rule->bridge, object->bridge) == 0);
}

static int covers(const struct acl_rule *wide, const struct acl_rule *narrow)
{
	return acl_text_covers(wide->bridge, narrow->bridge);
}

static int names_one(const struct acl_rule *rule)
{
	return rule->bridge != NULL;
}

static void take(const struct acl_rule *rule, struct acl_object *object)
{
	object->bridge = rule->bridge;
}

const struct kind_rule kind_rule_bridge = {
	.word = "bridge",
	.unknown_option = "unknown option; a bridge rule takes user, group, queues=, quota=, vlan=, "
			  "vhost, lock-mac, isolated, port=direct, polkit=no",
	.parse = parse,
	.matches = matches,
	.covers = covers,
	.names_one = names_one,
	.take = take,
};
