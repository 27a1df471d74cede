/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Say which files a QEMU command line names. For the system tests.
 *
 *     qemu-files QEMU OPTION...
 */
#include "tests/unit/qemu-files-text.h"

int main(int argc, char **argv)
{
	char *text = argc > 0 ? files_text(argv + 1) : NULL;

	if (text != NULL)
		(void)fputs(text, stdout);
	free(text);
	return fflush(stdout) == 0 ? 0 : 1;
}
