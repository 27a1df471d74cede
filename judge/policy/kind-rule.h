/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a rule of a kind is about: its part of the kind's row, in judge/kind/NAME/rule.c.
 *
 * Apart from struct kind, since the command's check-acl and explain judge rules and
 * nothing else. Pure.
 */
#ifndef VMGRANT_JUDGE_POLICY_KIND_RULE_H
#define VMGRANT_JUDGE_POLICY_KIND_RULE_H

#include "judge/policy/acl.h"
#include "judge/policy/words.h"

struct kind_rule {
	const char *word;           /* in the policy: "usb" */
	const char *unknown_option; /* the message, with those that there are */

	/*
	 * Read the selectors. next: index of the first word after the kind; afterwards of
	 * the first word that is no selector. Returns 0, or -1 with *error filled.
	 */
	int (*parse)(struct acl_rule *rule, const struct acl_line *line, unsigned *next,
		     struct acl_error *error);
	/* 1 if a word looks like a selector: where it stands too late, that is the news. NULL: none. */
	int (*is_selector)(const struct acl_word *word);

	/*
	 * An option that only this kind has. Returns 1 if the word is it, 0 if it is none,
	 * -1 if the rule has it already. NULL: there are none.
	 */
	int (*take_option)(struct acl_rule *rule, const struct acl_word *word);

	/* Is the rule about the object? Both are of this kind. */
	int (*matches)(const struct acl_rule *rule, const struct acl_object *object);
	/* Is the first rule about everything that the second is about? */
	int (*covers)(const struct acl_rule *wide, const struct acl_rule *narrow);

	/* For vmgrant explain: does a rule name one thing, and which? */
	int (*names_one)(const struct acl_rule *rule);
	void (*take)(const struct acl_rule *rule, struct acl_object *object);
	/* Let what is not said of the object be as the rule wants it. NULL: all is said. */
	void (*guess)(const struct acl_rule *rule, struct acl_object *object);
};

#define DECLARE(NAME, name) extern const struct kind_rule kind_rule_##name;
KINDS(DECLARE)
#undef DECLARE

/* NULL: there is no such kind. */
const struct kind_rule *kind_rule_of(enum acl_kind kind);

/* The kind of a word, 0 for none. */
enum acl_kind kind_rule_find(const struct acl_word *word);

/* "bridge, usb or vfio". Returns text. */
#define KIND_RULE_WORDS_SIZE 96u
const char *kind_rule_words(char text[KIND_RULE_WORDS_SIZE]);

/* ---- what several kinds are made of ---- */

int acl_id_matches(struct acl_id16 wanted, uint16_t actual);
int acl_id_covers(struct acl_id16 wide, struct acl_id16 narrow);
int acl_text_covers(const char *wide, const char *narrow);

/* "VVVV:PPPP", each part perhaps "*". Returns 0 or -1. */
int acl_pair_parse(const struct acl_word *word, struct acl_id16 *first, struct acl_id16 *second);

#endif
