/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a rule is about: the words directly after bridge, usb or vfio. Pure.
 *
 * A selector that was written in another way than the kernel writes it would
 * match nothing, which is harmless for an allow and a hole for a deny: so each
 * is checked for its whole form here, and brought into the kernel's.
 */
#include "judge/policy/selectors.h"

#include <string.h>

#define USB_BUS_MAX    255u /* numbers of buses and ports are single bytes */
#define USB_PORT_MAX   255u
#define USB_PORT_DEPTH 6u /* MAX_TOPO_LEVEL of the kernel */
#define PCI_SLOT_MAX   0x1fu
#define PAIR_PART_MAX  4u

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

int acl_selectors_parse_bridge(struct acl_rule *rule, const struct acl_line *line, unsigned *next,
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

/* "VVVV:PPPP", each part perhaps "*". */
static int parse_pair(const struct acl_word *word, struct acl_id16 *first, struct acl_id16 *second)
{
	size_t used = parse_id16(word->text, word->length, first);
	size_t rest;

	if (used == 0 || word->text[used] != ':')
		return -1;
	used++;
	rest = word->length - used;
	return rest > 0 && parse_id16(word->text + used, rest, second) == rest ? 0 : -1;
}

/* ---- usb ---- */

/* The value behind a key such as "class=", or NULL if the word does not start with it. */
#define VALUE_OF(word, key) (ACL_WORD_STARTS(word, key) ? (word)->text + sizeof(key) - 1 : NULL)

static int parse_usb_class(struct acl_usb_selector *usb, const char *value)
{
	uint16_t code;

	if (value[0] == '\0' || value[1] == '\0' || value[2] != '\0' ||
	    acl_hex_parse(value, 2, &code) != 0)
		return -1;
	usb->class_code = code;
	return 0;
}

static const char *parse_usb_serial(struct acl_usb_selector *usb, const struct acl_word *word,
				    char *value)
{
	size_t length = word->length - (size_t)(value - word->text);

	if (value[0] == '"') {
		value++;
		length -= 2;
	}
	if (length == 0)
		return "an empty serial number";
	if (length > ACL_SERIAL_MAX)
		return "a serial number has at most 126 characters";
	if (memchr(value, '\\', length) != NULL)
		return "a serial number with a backslash cannot be named";
	value[length] = '\0'; /* the closing quote, where there is one */
	usb->serial = value;
	return NULL;
}

/* How many digits of a number from 1 to max stand at text; 0 if none do. */
static size_t port_part(const char *text, uint64_t max)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t number;

	if (acl_number_parse(text, digits, max, &number) != 0 || number == 0)
		return 0;
	return digits;
}

/* "BUS-PORT[.PORT]...", as the kernel names the device in sysfs. */
int acl_usb_port_valid(const char *value)
{
	const char *p = value;
	size_t digits = port_part(p, USB_BUS_MAX);

	if (digits == 0 || p[digits] != '-')
		return 0;
	for (unsigned depth = 0; depth < USB_PORT_DEPTH; depth++) {
		p += digits + 1;
		digits = port_part(p, USB_PORT_MAX);
		if (digits == 0)
			return 0;
		if (p[digits] == '\0')
			return 1;
		if (p[digits] != '.')
			return 0;
	}
	return 0;
}

/* Only VENDOR:PRODUCT has a colon and no key. */
static int looks_like_pair(const struct acl_word *word)
{
	return memchr(word->text, ':', word->length) != NULL &&
	       memchr(word->text, '=', word->length) == NULL;
}

/*
 * A word that may be class=, serial= or port=. Returns 1 if it is one and fits,
 * 0 if it is none; -1 with *message set if it is one that is wrong.
 */
static int parse_usb_key(struct acl_usb_selector *usb, const struct acl_word *word,
			 const char **message)
{
	char *value;

	*message = NULL;
	if ((value = VALUE_OF(word, "class=")) != NULL) {
		if (usb->class_code >= 0)
			*message = "class= is written twice";
		else if (parse_usb_class(usb, value) != 0)
			*message = "class= needs two hexadecimal digits, as in class=08";
	} else if ((value = VALUE_OF(word, "serial=")) != NULL) {
		*message = usb->serial != NULL ? "serial= is written twice"
					       : parse_usb_serial(usb, word, value);
	} else if ((value = VALUE_OF(word, "port=")) != NULL) {
		if (usb->port != NULL)
			*message = "port= is written twice";
		else if (!acl_usb_port_valid(value))
			*message = "port= needs BUS-PORT[.PORT]..., as in port=1-1.4";
		else
			usb->port = value;
	} else {
		return 0;
	}
	return *message == NULL ? 1 : -1;
}

int acl_selectors_parse_usb(struct acl_rule *rule, const struct acl_line *line, unsigned *next,
			    struct acl_error *error)
{
	const unsigned first = *next;
	const struct acl_word *word = &line->words[first];
	const char *message;
	int result;

	rule->usb =
		(struct acl_usb_selector){ .vendor.any = 1, .product.any = 1, .class_code = -1 };
	if (first < line->word_count && looks_like_pair(word)) {
		if (parse_pair(word, &rule->usb.vendor, &rule->usb.product) != 0)
			return acl_word_error(error, line, word,
					      "expected VENDOR:PRODUCT, each of four hexadecimal "
					      "digits or *");
		(*next)++;
	}
	while (*next < line->word_count) {
		word = &line->words[*next];
		result = parse_usb_key(&rule->usb, word, &message);
		if (result < 0)
			return acl_word_error(error, line, word, message);
		if (result == 0)
			break;
		(*next)++;
	}
	if (*next == first)
		return acl_word_error(error, line, &line->words[first - 1],
				      "VENDOR:PRODUCT, class=, serial= or port= must follow");
	return 0;
}

int acl_selector_is_usb(const struct acl_word *word)
{
	return looks_like_pair(word) || ACL_WORD_STARTS(word, "class=") ||
	       ACL_WORD_STARTS(word, "serial=") || ACL_WORD_STARTS(word, "port=");
}

/* ---- vfio ---- */

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

int acl_selectors_parse_vfio(struct acl_rule *rule, const struct acl_line *line, unsigned *next,
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
	if (parse_pair(word, &rule->vfio.vendor, &rule->vfio.device) == 0)
		return 0;
	return acl_word_error(error, line, word,
			      "expected DDDD:BB:DD.F, BB:DD.F, or VENDOR:DEVICE of four hexadecimal digits "
			      "or * each");
}
