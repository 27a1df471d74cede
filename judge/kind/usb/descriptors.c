/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a USB device says that it is. Pure; everything here is untrusted bytes. */
#include "judge/kind/usb/descriptors.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

/* USB 2.0, 9.5 and 9.6. */
#define HEADER_SIZE 2u
#define DEVICE_SIZE 18u
#define TYPE_DEVICE 1u
#define TYPE_INTERFACE 4u
#define DEVICE_CLASS 4u
#define DEVICE_VENDOR 8u
#define DEVICE_PRODUCT 10u
#define INTERFACE_CLASS 5u

static uint16_t read_u16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

int usb_facts_have_class(const struct usb_facts *facts, uint8_t code)
{
	return memchr(facts->classes, code, facts->class_count) != NULL;
}

static void add_class(struct usb_facts *facts, uint8_t code)
{
	if (!usb_facts_have_class(facts, code))
		facts->classes[facts->class_count++] = code;
}

/*
 * Descriptors are walked one by one and not by the lengths of configurations,
 * which may lie: the kernel cuts a configuration behind its last whole descriptor.
 */
int usb_descriptors_parse(const uint8_t *bytes, size_t length, struct usb_facts *facts)
{
	size_t place = DEVICE_SIZE, size;

	*facts = (struct usb_facts){ .class_count = 0 };
	if (length < DEVICE_SIZE || bytes[1] != TYPE_DEVICE)
		return -1;
	facts->vendor = read_u16(bytes + DEVICE_VENDOR);
	facts->product = read_u16(bytes + DEVICE_PRODUCT);
	if (bytes[DEVICE_CLASS] != 0)
		add_class(facts, bytes[DEVICE_CLASS]);
	for (; place < length; place += size) {
		size = bytes[place];
		if (size < HEADER_SIZE || size > length - place)
			return -1;
		if (bytes[place + 1] == TYPE_INTERFACE && size > INTERFACE_CLASS)
			add_class(facts, bytes[place + INTERFACE_CLASS]);
	}
	return 0;
}

int usb_descriptors_match(const uint8_t *sysfs, size_t sysfs_length, const uint8_t *node,
			  size_t node_length)
{
	/* The four numbers of 16 bits, which the node gives in the machine's own order. */
	static const size_t numbers[] = { 2, DEVICE_VENDOR, DEVICE_PRODUCT, 12 };
	uint8_t device[DEVICE_SIZE];

	if (sysfs_length < DEVICE_SIZE || node_length < sysfs_length)
		return 0;
	memcpy(device, node, sizeof device);
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		uint16_t number;

		memcpy(&number, device + numbers[i], sizeof number);
		number = htole16(number);
		memcpy(device + numbers[i], &number, sizeof number);
	}
	if (memcmp(sysfs, device, sizeof device) != 0 ||
	    memcmp(sysfs + DEVICE_SIZE, node + DEVICE_SIZE, sysfs_length - DEVICE_SIZE) != 0)
		return 0;
	for (size_t i = sysfs_length; i < node_length; i++) {
		if (node[i] != 0)
			return 0;
	}
	return 1;
}

static int is_harmless(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || (byte != '\0' && strchr(" ._+,:()/-", byte) != NULL);
}

void usb_title(const struct usb_facts *facts, const char *manufacturer, const char *product,
	       char title[USB_TITLE_SIZE])
{
	const char *first = manufacturer != NULL ? manufacturer : "";
	const char *second = product != NULL ? product : "";
	const size_t names = (size_t)snprintf(title, USB_TITLE_SIZE, "%04x:%04x", facts->vendor,
					      facts->product);

	(void)snprintf(title + names, USB_TITLE_SIZE - names, "%s%.40s%s%.40s",
		       *first != '\0' ? " " : "", first, *second != '\0' ? " " : "", second);
	for (char *byte = title + names; *byte != '\0'; byte++) {
		if (!is_harmless(*byte))
			*byte = '?';
	}
}
