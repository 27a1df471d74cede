/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What is wanted besides for a QEMU that somebody else starts. */
#include "client/command/wrapper/wrapper-words.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/small-file.h"
#include "client/text/message.h"
#include "client/text/split.h"

#define FILE_BYTES_MAX 65536u

static int split(const char *where, const char *text, struct words *words)
{
	const char *why = words_split(words, text);

	return why == NULL ? VMGRANT_GRANTED
			   : command_fail(VMGRANT_USAGE, "%.256s: %s", where, why);
}

/* Adds nothing and returns -1, with errno, if there is no such file. */
static int read_file(const char *path, struct words *words)
{
	char *text;
	int result = small_file_read(path, FILE_BYTES_MAX, &text), code;

	errno = -result;
	if (result == -ENOENT || result == -ENOTDIR || result == -ENAMETOOLONG)
		return -1;
	code = result == 0 ? split(path, text, words)
			   : command_fail(VMGRANT_USAGE, _("%.256s: cannot be read: %s"), path,
					  result == -EINVAL || result == -EILSEQ
						  ? _("not a file of text")
						  : strerror(-result));
	free(text);
	return code;
}

/* As in the account, whatever folder the program that starts us calls home. */
char *wrapper_words_file(const char *guest)
{
	const struct passwd *account;

	/* No other folder's. */
	if (*guest == '\0' || strchr(guest, '/') != NULL)
		return NULL;
	account = getpwuid(getuid());
	return account == NULL
		       ? NULL
		       : text_format("%s/.config/vmgrant/libvirt/%s.conf", account->pw_dir, guest);
}

static int read_domain_file(const char *guest, struct words *words)
{
	char *path = wrapper_words_file(guest);
	int code = path == NULL ? -1 : read_file(path, words);

	free(path);
	return code < 0 ? VMGRANT_GRANTED : code;
}

int wrapper_words_find(const char *guest, struct words *words)
{
	const char *text = getenv("VMGRANT"), *path = getenv("VMGRANT_FILE");
	int code;

	if (text != NULL)
		return split("VMGRANT", text, words);
	if (path == NULL)
		return read_domain_file(guest, words);
	code = read_file(path, words);
	return code >= 0 ? code
			 : command_fail(VMGRANT_USAGE, "VMGRANT_FILE %.256s: %s", path,
					strerror(errno));
}
