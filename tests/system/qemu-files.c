/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Say which files a QEMU command line names, its images' too. For the system tests.
 *
 *     qemu-files QEMU OPTION...
 */
#include "client/command/qemu/qemu-chain.h"
#include "tests/unit/qemu-files-text.h"

static char *const *before(void *data, const struct qemu_file *image)
{
	(void)image;
	return data;
}

int main(int argc, char **argv)
{
	char *none[] = { NULL };
	const struct qemu_chain_asker asker = { before, none };
	struct qemu_files found;
	char *text;

	if (argc < 1)
		return 2;
	qemu_files_find(argv + 1, &found);
	qemu_chain_find(&found, &asker);
	text = found_text(argv + 1, &found);
	(void)fputs(text, stdout);
	free(text);
	qemu_files_release(&found);
	return fflush(stdout) == 0 ? 0 : 1;
}
