/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant-domain: libvirt's description of a domain on standard input, what it says on standard
 * output. With the rights of the person who runs vmgrant libvirt, and with none of their files.
 *
 * A process of its own, so that a start of vmgrant does not load libxml2, and so that its parser
 * can reach nothing but its input.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "client/domain/domain-xml.h"

/* Far more than any description takes. */
#define CPU_SECONDS_MAX 20

/* No file can be opened any more, whatever the parser is led to. Returns 0 or -1. */
static int shut_in(void)
{
	const struct rlimit files = { 0 }, seconds = { CPU_SECONDS_MAX, CPU_SECONDS_MAX };

	return setrlimit(RLIMIT_NOFILE, &files) < 0 ? -1 : setrlimit(RLIMIT_CPU, &seconds);
}

/* Returns its length, of one byte too much if there is more, or -1. */
static ssize_t read_input(char *text, size_t most_bytes)
{
	size_t length = 0;

	while (length < most_bytes) {
		ssize_t got = read(0, text + length, most_bytes - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

static int fail(const char *what)
{
	(void)fprintf(stderr, "vmgrant-domain: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	char *xml = text_need(malloc(DOMAIN_XML_BYTES_MAX + 1)), *said;
	struct domain_text domain;
	ssize_t length;

	if (argc > 2) {
		(void)fputs("usage: vmgrant-domain [EMULATOR] <XML\n", stderr);
		return 2;
	}
	if (shut_in() < 0)
		return fail("no limits");
	length = read_input(xml, DOMAIN_XML_BYTES_MAX + 1);
	if (length < 0)
		return fail("standard input");
	domain_xml_read(&domain, xml, (size_t)length, argv[1]);
	said = domain_text_encode(&domain);
	domain_text_release(&domain);
	free(xml);
	(void)puts(said);
	free(said);
	return fflush(stdout) == 0 ? 0 : fail("standard output");
}
