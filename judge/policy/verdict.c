/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The verdict: who may have what, by the rules alone. Pure.
 *
 * Everything is compared whole and by number where there is one: a name of a
 * user or group means what the machine says that it means now.
 */
#include "judge/policy/kind-rule.h"

static int object_matches(const struct acl_rule *rule, const struct acl_object *object)
{
	const struct kind_rule *row = kind_rule_of(rule->kind);

	return rule->kind == object->kind && row != NULL && row->matches(rule, object);
}

int acl_asker_in_group(const struct acl_asker *asker, gid_t group)
{
	for (size_t i = 0; i < asker->group_count; i++) {
		if (asker->groups[i] == group)
			return 1;
	}
	return 0;
}

/* What a looked-up name says of the rule: 1, 0, or -1 if it cannot be told. */
static int name_matches(const struct acl_rule *rule, enum acl_name_result result, int is_his)
{
	switch (result) {
	case ACL_NAME_FOUND:
		return is_his;
	case ACL_NAME_UNKNOWN:
		return 0;
	case ACL_NAME_UNTOLD:
		return rule->effect == ACL_EFFECT_ALLOW ? 0 : -1;
	case ACL_NAME_FAILED:
	default:
		return -1;
	}
}

/* Returns 1 or 0, or -1 if it cannot be told. */
static int subject_matches(const struct acl_rule *rule, const struct acl_question *question)
{
	const struct acl_subject *subject = &rule->subject;
	const struct acl_asker *asker = question->asker;
	const struct acl_names *names = question->names;
	enum acl_name_result result;
	uint32_t id = 0;

	if (asker->is_nameless && rule->effect == ACL_EFFECT_ALLOW &&
	    subject->type != ACL_SUBJECT_USER_ID)
		return 0;
	switch (subject->type) {
	case ACL_SUBJECT_EVERYBODY:
		return 1;
	case ACL_SUBJECT_USER_ID:
		return asker->uid == subject->id;
	case ACL_SUBJECT_GROUP_ID:
		return acl_asker_in_group(asker, subject->id);
	case ACL_SUBJECT_USER_NAME:
		result = names->user(names->context, subject->name, &id);
		return name_matches(rule, result, asker->uid == id);
	case ACL_SUBJECT_GROUP_NAME:
		result = names->group(names->context, subject->name, &id);
		return name_matches(rule, result, acl_asker_in_group(asker, id));
	}
	return 0;
}

int acl_rule_matches(const struct acl_rule *rule, const struct acl_question *question)
{
	return object_matches(rule, question->object) ? subject_matches(rule, question) : 0;
}

/*
 * The first rule of that effect which matches. Returns 1, 0 if there is none,
 * or -1 if it cannot be told; *rule_out is then the rule that needed it.
 */
static int first_match(const struct acl *acl, enum acl_effect effect,
		       const struct acl_question *question, const struct acl_rule **rule_out)
{
	for (size_t i = 0; i < acl->count; i++) {
		const struct acl_rule *rule = &acl->rules[i];
		int result;

		if (rule->effect != effect)
			continue;
		result = acl_rule_matches(rule, question);
		if (result == 0)
			continue;
		*rule_out = rule;
		return result;
	}
	*rule_out = NULL;
	return 0;
}

/* Denies first: one that matches makes every allow's name needless to ask for. */
enum acl_verdict acl_judge(const struct acl *acl, const struct acl_object *object,
			   const struct acl_asker *asker, const struct acl_names *names,
			   const struct acl_rule **rule_out)
{
	const struct acl_question question = { object, asker, names };
	int result;

	*rule_out = NULL;
	if (acl->incomplete)
		return ACL_VERDICT_DENY;
	result = first_match(acl, ACL_EFFECT_DENY, &question, rule_out);
	if (result > 0)
		return ACL_VERDICT_DENY;
	if (result == 0)
		result = first_match(acl, ACL_EFFECT_ALLOW, &question, rule_out);
	if (result < 0)
		return ACL_VERDICT_NO_NAMES;
	return result > 0 ? ACL_VERDICT_ALLOW : ACL_VERDICT_DENY;
}

/* Whether a rule's subject could be the asker; takes one from *lookups for a name. */
static int subject_possible(const struct acl_rule *rule, const struct acl_question *question,
			    unsigned *lookups)
{
	const struct acl_subject *subject = &rule->subject;
	const struct acl_names *names = question->names;
	uint32_t id;

	if (subject->type != ACL_SUBJECT_USER_NAME && subject->type != ACL_SUBJECT_GROUP_NAME)
		return subject_matches(rule, question) > 0;
	if (*lookups == 0)
		return 1;
	--*lookups;
	if (subject->type == ACL_SUBJECT_USER_NAME)
		return names->user(names->context, subject->name, &id) != ACL_NAME_FOUND ||
		       question->asker->uid == id;
	return names->group(names->context, subject->name, &id) != ACL_NAME_FOUND ||
	       acl_asker_in_group(question->asker, id);
}

unsigned acl_kinds_possible(const struct acl *acl, const struct acl_asker *asker,
			    const struct acl_names *names)
{
	const struct acl_question question = { NULL, asker, names };
	unsigned lookups = ACL_POSSIBLE_LOOKUPS_MAX, kinds = 0;

	for (size_t i = 0; !acl->incomplete && i < acl->count; i++) {
		const struct acl_rule *rule = &acl->rules[i];
		const unsigned bit = 1u << rule->kind;

		if (rule->effect == ACL_EFFECT_ALLOW && (kinds & bit) == 0 &&
		    subject_possible(rule, &question, &lookups))
			kinds |= bit;
	}
	return kinds;
}
