/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a vfio rule is about. Pure. */
#include "judge/policy/kind-rule.h"

#include <string.h>

#define PCI_SLOT_MAX 0x1fu

/* "BB:DD.F" */
static int is_short_address(const char *text)
{
	uint16_t bus, slot;

	return strlen(text) == ACL_PCI_SHORT_LENGTH && text[2] == ':' && text[5] == '.' &&
	       acl_hex_parse(text, 2, &bus) == 0 && acl_hex_parse(text + 3, 2, &slot) == 0 &&
	       slot <= PCI_SLOT_MAX && text[6] >= '0' && text[6] <= '7';
}

/*
 * Four digits; more where the kernel counts on above 0xffff, as for Intel VMD, and then
 * without a zero in front: one device has one name.
 */
static int is_domain(const char *text, size_t length)
{
	uint16_t four;

	if (length < 4 || length > ACL_PCI_DOMAIN_MAX || (length > 4 && text[0] == '0'))
		return 0;
	for (size_t i = 0; i + 4 <= length; i++) {
		if (acl_hex_parse(text + i, 4, &four) != 0)
			return 0;
	}
	return 1;
}

static void make_letters_small(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text >= 'A' && *text <= 'F')
			*text = (char)(*text - 'A' + 'a');
	}
}

int acl_pci_address_normalise(char *text)
{
	const char *colon = strchr(text, ':');

	if (colon == NULL || !is_domain(text, (size_t)(colon - text)) || !is_short_address(colon + 1))
		return -1;
	make_letters_small(text);
	return 0;
}

int acl_pci_address_equal(const char *rule, const char *address)
{
	if (address == NULL)
		return 0;
	if (strlen(rule) == ACL_PCI_SHORT_LENGTH && strncmp(address, "0000:", 5) == 0)
		address += 5;
	return strcmp(rule, address) == 0;
}

static int parse(struct acl_rule *rule, const struct acl_line *line, unsigned *next,
		 struct acl_error *error)
{
	const struct acl_word *word = &line->words[*next];

	if (*next == line->word_count)
		return acl_word_error(error, line, word - 1,
				      "a PCI address or VENDOR:DEVICE must follow");
	(*next)++;
	if (acl_pci_address_normalise(word->text) == 0 || is_short_address(word->text)) {
		make_letters_small(word->text);
		rule->vfio.address = word->text;
		return 0;
	}
	if (acl_pair_parse(word, &rule->vfio.vendor, &rule->vfio.device) == 0)
		return 0;
	return acl_word_error(error, line, word,
			      "expected DDDD:BB:DD.F, BB:DD.F, or VENDOR:DEVICE of four hexadecimal digits "
			      "or * each");
}

static int matches(const struct acl_rule *rule, const struct acl_object *object)
{
	const struct acl_vfio_selector *wanted = &rule->vfio;

	if (wanted->address != NULL)
		return acl_pci_address_equal(wanted->address, object->vfio.address);
	return acl_id_matches(wanted->vendor, object->vfio.vendor) &&
	       acl_id_matches(wanted->device, object->vfio.device);
}

static int covers_address(const char *wide, const char *narrow)
{
	return narrow != NULL && (acl_pci_address_equal(wide, narrow) ||
				  acl_pci_address_equal(narrow, wide));
}

static int covers(const struct acl_rule *wide, const struct acl_rule *narrow)
{
	if (wide->vfio.address != NULL)
		return covers_address(wide->vfio.address, narrow->vfio.address);
	return narrow->vfio.address == NULL &&
	       acl_id_covers(wide->vfio.vendor, narrow->vfio.vendor) &&
	       acl_id_covers(wide->vfio.device, narrow->vfio.device);
}

static int names_one(const struct acl_rule *rule)
{
	return rule->vfio.address != NULL || (!rule->vfio.vendor.any && !rule->vfio.device.any);
}

static void take(const struct acl_rule *rule, struct acl_object *object)
{
	object->vfio.address = rule->vfio.address;
	object->vfio.vendor = rule->vfio.vendor.value;
	object->vfio.device = rule->vfio.device.value;
}

static void guess(const struct acl_rule *rule, struct acl_object *object)
{
	if (object->vfio.address == NULL)
		object->vfio.address = rule->vfio.address;
	if (object->vfio.vendor == 0 && object->vfio.device == 0) {
		object->vfio.vendor = rule->vfio.vendor.value;
		object->vfio.device = rule->vfio.device.value;
	}
}

const struct kind_rule kind_rule_vfio = {
	.word = "vfio",
	.unknown_option = "unknown option; a vfio rule takes user, group, memlock=, polkit=no",
	.parse = parse,
	.matches = matches,
	.covers = covers,
	.names_one = names_one,
	.take = take,
	.guess = guess,
};
