/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What selectors of several kinds are made of, and the table of what rules of each kind
 * are about. Pure.
 *
 * A selector that was written in another way than the kernel writes it would
 * match nothing, which is harmless for an allow and a hole for a deny: so each
 * is checked for its whole form by its kind, and brought into the kernel's.
 */
#include "judge/policy/kind-rule.h"

#include <stdio.h>
#include <string.h>

#define PAIR_PART_MAX  4u

/* ---- the table ---- */

#define ROW(NAME, name) [ACL_KIND_##NAME] = &kind_rule_##name,
static const struct kind_rule *const rows[] = { KINDS(ROW) };
#undef ROW

const struct kind_rule *kind_rule_of(enum acl_kind kind)
{
	return kind > 0 && kind <= ACL_KIND_LAST ? rows[kind] : NULL;
}

enum acl_kind kind_rule_find(const struct acl_word *word)
{
	for (enum acl_kind kind = 1; kind <= ACL_KIND_LAST; kind++) {
		if (strlen(rows[kind]->word) == word->length &&
		    memcmp(rows[kind]->word, word->text, word->length) == 0)
			return kind;
	}
	return 0;
}

const char *kind_rule_words(char text[KIND_RULE_WORDS_SIZE])
{
	size_t length = 0;

	text[0] = '\0';
	for (enum acl_kind kind = 1; kind <= ACL_KIND_LAST && length < KIND_RULE_WORDS_SIZE; kind++)
		length += (size_t)snprintf(text + length, KIND_RULE_WORDS_SIZE - length, "%s%s",
					   kind == 1 ? "" : kind == ACL_KIND_LAST ? " or " : ", ",
					   rows[kind]->word);
	return text;
}

/* ---- pieces ---- */

int acl_id_matches(struct acl_id16 wanted, uint16_t actual)
{
	return wanted.any || wanted.value == actual;
}

int acl_id_covers(struct acl_id16 wide, struct acl_id16 narrow)
{
	return wide.any || (!narrow.any && wide.value == narrow.value);
}

int acl_text_covers(const char *wide, const char *narrow)
{
	return wide == NULL || (narrow != NULL && strcmp(wide, narrow) == 0);
}

/* Four hexadecimal digits or "*". Returns its length, or 0 if it is neither. */
static size_t parse_id16(const char *text, size_t length, struct acl_id16 *id)
{
	if (length >= 1 && text[0] == '*') {
		*id = (struct acl_id16){ .any = 1 };
		return 1;
	}
	if (length < PAIR_PART_MAX || acl_hex_parse(text, PAIR_PART_MAX, &id->value) != 0)
		return 0;
	id->any = 0;
	return PAIR_PART_MAX;
}

int acl_pair_parse(const struct acl_word *word, struct acl_id16 *first, struct acl_id16 *second)
{
	size_t used = parse_id16(word->text, word->length, first);
	size_t rest;

	if (used == 0 || word->text[used] != ':')
		return -1;
	used++;
	rest = word->length - used;
	return rest > 0 && parse_id16(word->text + used, rest, second) == rest ? 0 : -1;
}
