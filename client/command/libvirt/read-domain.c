/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What libvirt's description of a domain says, by vmgrant-domain. */
#include "client/command/libvirt/read-domain.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/command/common/small-file.h"
#include "client/command/machine/capture.h"

#define READ_TIMEOUT_MS 60000
/* Two copies of the text, in which JSON may need six bytes for one. */
#define ANSWER_BYTES_MAX (16u * DOMAIN_XML_BYTES_MAX)

int read_domain_file(const char *text)
{
	int fd = memfd_create("vmgrant-domain", MFD_CLOEXEC), result;

	if (fd < 0)
		return -errno;
	result = small_file_write(fd, text);
	if (result == 0 && lseek(fd, 0, SEEK_SET) < 0)
		result = -errno;
	if (result == 0)
		return fd;
	close(fd);
	return result;
}

int read_domain_back(int fd, size_t most_bytes, char **text_out)
{
	char *path = text_format("/proc/self/fd/%d", fd);
	int result = small_file_read(path, most_bytes, text_out);

	free(path);
	return result;
}

static int end_of(const struct capture *capture)
{
	if (capture->end == CAPTURE_NOT_FOUND)
		return -ENOENT;
	if (capture->end == CAPTURE_LATE)
		return -ETIMEDOUT;
	if (capture->end == CAPTURE_FAILED)
		return -capture->status;
	return capture->end == CAPTURE_EXITED && capture->status == 0 ? 0 : -EPROTO;
}

static int ask(int input, int output, const char *emulator)
{
	struct capture *capture = text_need(calloc(1, sizeof *capture));
	struct words line = { 0 };
	int result;

	words_add(&line, text_format("%s", VMGRANT_DOMAIN));
	if (emulator != NULL)
		words_add(&line, text_format("%s", emulator));
	capture_run_between(line.items, input, output, READ_TIMEOUT_MS, capture);
	result = end_of(capture);
	words_release(&line);
	free(capture);
	return result;
}

int read_domain(struct domain_text *domain, const char *xml, const char *emulator)
{
	int input = read_domain_file(xml), output = input < 0 ? input : read_domain_file("");
	int result = output < 0 ? output : ask(input, output, emulator);
	char *json = NULL;

	*domain = (struct domain_text){ 0 };
	if (result == 0)
		result = read_domain_back(output, ANSWER_BYTES_MAX, &json);
	if (result == 0 && domain_text_decode(domain, json) < 0)
		result = -EPROTO;
	free(json);
	if (input >= 0)
		close(input);
	if (output >= 0)
		close(output);
	return result;
}
