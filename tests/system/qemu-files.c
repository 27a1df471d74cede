/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Say which files a QEMU command line names, its images' too. For the system tests.
 *
 *     qemu-files QEMU OPTION...
 */
#include "client/command/qemu/qemu-chain.h"
#include "tests/unit/qemu-files-text.h"

int main(int argc, char **argv)
{
	struct qemu_files found;
	char *text;

	if (argc < 1)
		return 2;
	qemu_files_find(argv + 1, &found);
	qemu_chain_find(&found);
	text = found_text(argv + 1, &found);
	(void)fputs(text, stdout);
	free(text);
	qemu_files_release(&found);
	return fflush(stdout) == 0 ? 0 : 1;
}
