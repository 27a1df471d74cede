/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which files the disks of a command line are based on. Runs as the person. */
#include "client/command/qemu/qemu-chain.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/command/machine/capture.h"
#include "client/qemu/chain.h"
#include "client/text/text.h"

/* A disk that sleeps, a share that is far away. */
#define ANSWER_LIMIT_MS 60000

static int is_asked_about(const struct qemu_file *file)
{
	unsigned char header[CHAIN_HEADER_SIZE];
	/* A pipe or a terminal in its place must not hold us. */
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t size;

	if (fd < 0)
		return 0;
	size = read(fd, header, sizeof header);
	(void)close(fd);
	return size > 0 && chain_is_possible(file->format, header, (size_t)size);
}

static void answer_take(struct qemu_files *found, size_t image, const struct capture *answer)
{
	if (answer->end == CAPTURE_NOT_FOUND)
		chain_doubt(found, image,
			    "which files it is based on is not known: qemu-img is not installed "
			    "(Debian package qemu-utils, Fedora package qemu-img)");
	else if (answer->end == CAPTURE_LATE)
		chain_doubt(found, image, "qemu-img did not answer in time");
	else if (answer->end != CAPTURE_EXITED || answer->status != 0)
		chain_doubt(found, image, "qemu-img cannot read it, or what it is based on");
	else if (chain_read(found, image, answer->text) < 0)
		chain_doubt(found, image, "qemu-img's answer is not understood");
}

static void image_ask(struct qemu_files *found, size_t image)
{
	const struct qemu_file *file = &found->items[image];
	struct capture *answer = text_need(calloc(1, sizeof *answer));
	/* So that a colon in it is part of a name. */
	char *name = text_format("file:%s", file->path);
	char program[] = "qemu-img", info[] = "info", json[] = "--output=json", share[] = "-U";
	char chain[] = "--backing-chain", format[] = "-f";
	char *argv[] = { program, info, json, share, NULL, NULL, NULL, NULL, NULL };
	size_t count = 4;

	if (!file->is_backing_named)
		argv[count++] = chain;
	if (file->format != NULL) {
		argv[count++] = format;
		argv[count++] = file->format;
	}
	argv[count] = name;
	capture_run(argv, ANSWER_LIMIT_MS, answer);
	answer_take(found, image, answer);
	free(name);
	free(answer);
}

void qemu_chain_find(struct qemu_files *found)
{
	/* What comes of it is asked about no more. */
	size_t count = found->count;

	for (size_t i = 0; i < count; i++) {
		if (found->items[i].is_image && is_asked_about(&found->items[i]))
			image_ask(found, i);
	}
}
