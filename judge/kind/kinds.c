/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The kinds of things that can be asked for: the only table. */
#include <stdio.h>

#include "judge/kind/bridge/bridge.h"
#include "judge/kind/kind.h"
#include "judge/kind/usb/usb.h"
#include "judge/kind/vfio/vfio.h"

static const struct kind *const kinds[] = { &kind_bridge, &kind_usb, &kind_vfio };

#define KINDS (sizeof kinds / sizeof kinds[0])

const struct kind *kind_of(enum request_kind kind)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i]->kind == kind)
			return kinds[i];
	}
	return NULL;
}

const struct kind *kind_of_acl(enum acl_kind acl)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i]->acl == acl)
			return kinds[i];
	}
	return NULL;
}

const struct kind *kind_of_message(const struct protocol_request *message)
{
	switch (message->header.type) {
	case PROTOCOL_TAP:
	case PROTOCOL_QUERY:
		return &kind_bridge;
	case PROTOCOL_USB:
		return &kind_usb;
	case PROTOCOL_VFIO:
		return &kind_vfio;
	default:
		return NULL;
	}
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
