/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which files the disks of a command line are based on. Runs as the person. */
#include "client/command/qemu/qemu-chain.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/command/machine/capture.h"
#include "client/qemu/chain.h"
#include "client/text/message.h"
#include "client/text/text.h"

/* A disk that sleeps, a share that is far away. */
#define ANSWER_LIMIT_MS 60000
/* QEMU opens as many as it can; who bases images on each other by hand has a few. */
#define IMAGES_MAX 256
/* So ends what was to start it, as a shell does. */
#define NOT_FOUND 127

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
	if (answer->end == CAPTURE_NOT_FOUND ||
	    (answer->end == CAPTURE_EXITED && answer->status == NOT_FOUND))
		chain_doubt(found, image,
			    N_("which files it is based on is not known: qemu-img is not installed "
			       "(Debian package qemu-utils, Fedora package qemu-img)"));
	else if (answer->end == CAPTURE_LATE)
		chain_doubt(found, image, N_("qemu-img did not answer in time"));
	else if (answer->end != CAPTURE_EXITED || answer->status != 0)
		chain_doubt(found, image, N_("qemu-img cannot read it, or what it is based on"));
	else if (chain_read(found, image, answer->text) < 0)
		chain_doubt(found, image, N_("qemu-img's answer is not understood"));
}

static void image_ask(struct qemu_files *found, size_t image, char *const *before)
{
	const struct qemu_file *file = &found->items[image];
	struct capture *answer = text_need(calloc(1, sizeof *answer));
	struct words words = { 0 };

	for (; *before != NULL; before++)
		words_add(&words, text_format("%s", *before));
	words_add(&words, text_format("qemu-img"));
	words_add(&words, text_format("info"));
	words_add(&words, text_format("--output=json"));
	words_add(&words, text_format("-U"));
	if (file->format != NULL) {
		words_add(&words, text_format("-f"));
		words_add(&words, text_format("%s", file->format));
	}
	/* So that a colon in it is part of a name. */
	words_add(&words, text_format("file:%s", file->path));
	capture_run(words.items, ANSWER_LIMIT_MS, answer);
	answer_take(found, image, answer);
	words_release(&words);
	free(answer);
}

void qemu_chain_find(struct qemu_files *found, const struct qemu_chain_asker *asker)
{
	/* What comes of it is at the end, and asked about in turn. */
	for (size_t i = 0; i < found->count && i < IMAGES_MAX; i++) {
		char *const *before;

		if (!found->items[i].is_image || !is_asked_about(&found->items[i]))
			continue;
		before = asker->before(asker->data, &found->items[i]);
		if (before != NULL)
			image_ask(found, i, before);
	}
}
