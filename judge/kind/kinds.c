/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The rows of the kinds of things that can be asked for. */
#include <stdio.h>

#include "judge/kind/kind.h"

#define ROW(NAME, name) [ACL_KIND_##NAME] = &kind_##name,
static const struct kind *const kinds[] = { KINDS(ROW) };
#undef ROW

const struct kind *kind_of(enum acl_kind kind)
{
	return kind > 0 && kind <= ACL_KIND_LAST ? kinds[kind] : NULL;
}

const struct kind *kind_of_message(const struct protocol_request *message)
{
	const unsigned type = message->header.type;

	for (enum acl_kind kind = 1; kind <= ACL_KIND_LAST; kind++) {
		if (type < 32 && (kinds[kind]->messages & 1u << type) != 0)
			return kinds[kind];
	}
	return NULL;
}

void request_describe(const struct request *request, char text[REQUEST_TEXT_SIZE])
{
	const struct kind *kind = kind_of(request->kind);

	if (kind != NULL)
		kind->describe(request, text);
	else
		(void)snprintf(text, REQUEST_TEXT_SIZE, "request");
}

static void describe_rule(const struct acl_rule *rule, char *text, size_t size)
{
	char words[ORDER_RULE_SIZE] = "";

	if (rule != NULL)
		(void)snprintf(words, sizeof words, "%s:%u", rule->file, rule->line);
	order_put_words(text, size, words);
}

void matter_words(const struct matter *matter, struct order_words *words)
{
	const struct kind *kind = kind_of(matter->request->kind);
	char text[REQUEST_TEXT_SIZE], device[ORDER_WORDS_SIZE] = "";

	request_describe(matter->request, text);
	if (kind != NULL && kind->name != NULL)
		kind->name(matter, device);
	order_put_words(words->user, sizeof words->user, matter->session->caller.name);
	order_put_words(words->object, sizeof words->object, text);
	order_put_words(words->device, sizeof words->device, device);
	describe_rule(matter->rule, words->rule, sizeof words->rule);
}
