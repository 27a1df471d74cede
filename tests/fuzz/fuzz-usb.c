/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* libFuzzer: the descriptors of a USB device, and the names that it gives itself. */
#include <stdlib.h>
#include <string.h>

#include "judge/kind/usb/descriptors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_facts(const uint8_t *data, size_t size, const struct usb_facts *facts)
{
	uint8_t seen[256] = { 0 };

	if (facts->class_count > sizeof facts->classes || size < 18)
		abort();
	for (size_t i = 0; i < facts->class_count; i++) {
		if (seen[facts->classes[i]]++ || memchr(data, facts->classes[i], size) == NULL)
			abort();
	}
	if (data[4] != 0 && !usb_facts_have_class(facts, data[4]))
		abort();
}

/* What one side gives twice is the same; one that has been changed is not. */
static void check_match(const uint8_t *data, size_t size)
{
	uint8_t *node = malloc(size);

	if (node == NULL)
		return;
	memcpy(node, data, size);
	if (!usb_descriptors_match(data, size, node, size))
		abort();
	node[size / 2] ^= 0x10;
	if (usb_descriptors_match(data, size, node, size))
		abort();
	free(node);
}

static void check_title(const struct usb_facts *facts, const uint8_t *data, size_t size)
{
	char title[USB_TITLE_SIZE], *text = malloc(size + 1);

	if (text == NULL)
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	usb_title(facts, text, size > 0 ? text + size / 2 : NULL, title);
	for (const char *byte = title; *byte != '\0'; byte++) {
		if (*byte < ' ' || *byte > '~' || strchr("<>&$\\\"'`%", *byte) != NULL)
			abort();
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct usb_facts facts;

	if (usb_descriptors_parse(data, size, &facts) == 0) {
		check_facts(data, size, &facts);
		check_match(data, size);
	}
	check_title(&facts, data, size);
	return 0;
}
