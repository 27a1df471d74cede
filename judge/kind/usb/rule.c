/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a usb rule is about. Pure. */
#include "judge/policy/kind-rule.h"

#include <string.h>

#define USB_BUS_MAX    255u /* numbers of buses and ports are single bytes */
#define USB_PORT_MAX   255u
#define USB_PORT_DEPTH 6u /* MAX_TOPO_LEVEL of the kernel */

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

static int parse(struct acl_rule *rule, const struct acl_line *line, unsigned *next,
		 struct acl_error *error)
{
	const unsigned first = *next;
	const struct acl_word *word = &line->words[first];
	const char *message;
	int result;

	rule->usb =
		(struct acl_usb_selector){ .vendor.any = 1, .product.any = 1, .class_code = -1 };
	if (first < line->word_count && looks_like_pair(word)) {
		if (acl_pair_parse(word, &rule->usb.vendor, &rule->usb.product) != 0)
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

/* Where it stands too late, that is the news. */
static int is_selector(const struct acl_word *word)
{
	return looks_like_pair(word) || ACL_WORD_STARTS(word, "class=") ||
	       ACL_WORD_STARTS(word, "serial=") || ACL_WORD_STARTS(word, "port=");
}

/* What an object lacks equals nothing. */
static int text_equals(const char *wanted, const char *actual)
{
	return actual != NULL && strcmp(wanted, actual) == 0;
}

static int matches(const struct acl_rule *rule, const struct acl_object *object)
{
	const struct acl_usb_selector *wanted = &rule->usb;

	if (!acl_id_matches(wanted->vendor, object->usb.vendor) ||
	    !acl_id_matches(wanted->product, object->usb.product))
		return 0;
	if (wanted->serial != NULL && !text_equals(wanted->serial, object->usb.serial))
		return 0;
	if (wanted->port != NULL && !text_equals(wanted->port, object->usb.port))
		return 0;
	if (wanted->class_code < 0)
		return 1;
	for (size_t i = 0; i < object->usb.class_count; i++) {
		if (object->usb.classes[i] == wanted->class_code)
			return 1;
	}
	return 0;
}

static int covers(const struct acl_rule *wide, const struct acl_rule *narrow)
{
	return acl_id_covers(wide->usb.vendor, narrow->usb.vendor) &&
	       acl_id_covers(wide->usb.product, narrow->usb.product) &&
	       acl_text_covers(wide->usb.serial, narrow->usb.serial) &&
	       acl_text_covers(wide->usb.port, narrow->usb.port) &&
	       (wide->usb.class_code < 0 || wide->usb.class_code == narrow->usb.class_code);
}

static int names_one(const struct acl_rule *rule)
{
	return !rule->usb.vendor.any && !rule->usb.product.any;
}

static void put_class(const struct acl_rule *rule, struct acl_object *object)
{
	object->usb.one_class = (uint8_t)rule->usb.class_code;
	object->usb.classes = &object->usb.one_class;
	object->usb.class_count = rule->usb.class_code >= 0;
}

static void take(const struct acl_rule *rule, struct acl_object *object)
{
	object->usb.vendor = rule->usb.vendor.value;
	object->usb.product = rule->usb.product.value;
	object->usb.serial = rule->usb.serial;
	object->usb.port = rule->usb.port;
	put_class(rule, object);
}

static void guess(const struct acl_rule *rule, struct acl_object *object)
{
	if (object->usb.serial == NULL)
		object->usb.serial = rule->usb.serial;
	if (object->usb.port == NULL)
		object->usb.port = rule->usb.port;
	if (object->usb.class_count == 0)
		put_class(rule, object);
}

const struct kind_rule kind_rule_usb = {
	.word = "usb",
	.unknown_option = "unknown option; a usb rule takes user, group, polkit=no",
	.parse = parse,
	.is_selector = is_selector,
	.matches = matches,
	.covers = covers,
	.names_one = names_one,
	.take = take,
	.guess = guess,
};
