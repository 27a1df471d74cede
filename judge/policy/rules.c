/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The list of rules and the description of an error. Pure, but for memory.
 */
#include "judge/policy/acl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/refusal/escape.h"

#define FIRST_CAPACITY 32u

/* Doubling keeps the cost of a rule constant, however long the policy is. */
static int grow(struct acl *acl)
{
	size_t capacity = acl->capacity == 0 ? FIRST_CAPACITY : acl->capacity * 2;
	struct acl_rule *rules = reallocarray(acl->rules, capacity, sizeof(*rules));

	if (rules == NULL)
		return -1;
	acl->rules = rules;
	acl->capacity = capacity;
	return 0;
}

int acl_append(struct acl *acl, const struct acl_rule *rule)
{
	if (acl->count >= ACL_RULES_MAX || (acl->count == acl->capacity && grow(acl) != 0)) {
		acl->incomplete = 1;
		return -1;
	}
	acl->rules[acl->count++] = *rule;
	return 0;
}

void acl_release(struct acl *acl)
{
	free(acl->rules);
	*acl = (struct acl){ 0 };
}

void acl_error_set(struct acl_error *error, const char *file, unsigned line, unsigned column,
		   const char *word, const char *message)
{
	escape_string(error->file, sizeof(error->file), file);
	error->line = line;
	error->column = column;
	escape_string(error->word, sizeof(error->word), word);
	escape_string(error->message, sizeof(error->message), message);
}

int acl_error_format(const struct acl_error *error, char *text, size_t size)
{
	char place[48] = "";

	if (error->line != 0 && error->column != 0)
		snprintf(place, sizeof(place), "line %u, column %u: ", error->line, error->column);
	else if (error->line != 0)
		snprintf(place, sizeof(place), "line %u: ", error->line);
	return snprintf(text, size, "%s%s%s%s%s%s", error->file, error->file[0] != '\0' ? ": " : "",
			place, error->word, error->word[0] != '\0' ? ": " : "", error->message);
}
