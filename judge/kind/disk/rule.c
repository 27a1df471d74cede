/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a disk rule is about. Pure. */
#include "judge/policy/kind-rule.h"

#include <string.h>

#include "judge/kind/disk/name.h"

static int parse(struct acl_rule *rule, const struct acl_line *line, unsigned *next,
		 struct acl_error *error)
{
	const struct acl_word *word = &line->words[*next];
	const char *problem;

	if (*next == line->word_count)
		return acl_word_error(error, line, word - 1,
				      "the name of a disk must follow, like /dev/disk/by-id/NAME");
	(*next)++;
	if (ACL_WORD_IS(word, "*")) {
		if (rule->effect == ACL_EFFECT_DENY)
			return 0;
		return acl_word_error(error, line, word, "an allow names one disk");
	}
	if (disk_name_classify(word->text, &problem) == DISK_NAME_NONE)
		return acl_word_error(error, line, word, problem);
	rule->disk.name = word->text;
	return 0;
}

static int take_option(struct acl_rule *rule, const struct acl_word *word)
{
	if (!ACL_WORD_IS(word, "ro"))
		return 0;
	if (rule->disk.read_only)
		return -1;
	rule->disk.read_only = 1;
	return 1;
}

static int is_among(const char *name, const struct acl_disk_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->items[i], name) == 0)
			return 1;
	}
	return 0;
}

/* A deny is about whatever shares a byte with what it names, an allow about that alone. */
static int matches(const struct acl_rule *rule, const struct acl_object *object)
{
	if (rule->effect == ACL_EFFECT_DENY)
		return rule->disk.name == NULL || is_among(rule->disk.name, &object->disk.shared);
	return is_among(rule->disk.name, &object->disk.own) &&
	       !(rule->disk.read_only && object->disk.is_written);
}

static int covers(const struct acl_rule *wide, const struct acl_rule *narrow)
{
	return acl_text_covers(wide->disk.name, narrow->disk.name);
}

static int names_one(const struct acl_rule *rule)
{
	return rule->disk.name != NULL;
}

/* By its word; which other names lead there is for who can look at /dev. */
static void take(const struct acl_rule *rule, struct acl_object *object)
{
	object->disk.own = object->disk.shared =
		(struct acl_disk_names){ &rule->disk.name, 1 };
	object->disk.is_written = !rule->disk.read_only;
}

const struct kind_rule kind_rule_disk = {
	.word = "disk",
	.unknown_option = "unknown option; a disk rule takes user, group, ro, polkit=no",
	.parse = parse,
	.take_option = take_option,
	.matches = matches,
	.covers = covers,
	.names_one = names_one,
	.take = take,
};
