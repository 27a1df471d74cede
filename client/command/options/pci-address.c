/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Addresses of PCI devices as people write them. Pure. */
#include "client/command/options/pci-address.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SHORT_LENGTH 7u /* "03:00.0" */

static int is_hex(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (!isxdigit((unsigned char)text[i]))
			return 0;
	}
	return 1;
}

/* "BB:DD.F", where a bus has 32 slots of 8 functions. */
static int is_short(const char *text)
{
	return is_hex(text, 2) && text[2] == ':' && (text[3] == '0' || text[3] == '1') &&
	       is_hex(text + 4, 1) && text[5] == '.' && text[6] >= '0' && text[6] <= '7';
}

/* Four digits; or more, for domains above 0xffff (Intel VMD), without needless zeros. */
static int is_domain(const char *text, size_t length)
{
	return length >= 4 && length <= 7 && is_hex(text, length) && (length == 4 || text[0] != '0');
}

int pci_address_complete(const char *text, size_t length, char address_out[PCI_ADDRESS_SIZE])
{
	size_t domain = length - SHORT_LENGTH - 1;

	if (length < SHORT_LENGTH || !is_short(text + length - SHORT_LENGTH))
		return -1;
	if (length == SHORT_LENGTH)
		(void)snprintf(address_out, PCI_ADDRESS_SIZE, "0000:%.7s", text);
	else if (text[domain] == ':' && is_domain(text, domain))
		(void)snprintf(address_out, PCI_ADDRESS_SIZE, "%.*s", (int)length, text);
	else
		return -1;
	for (char *c = address_out; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}
