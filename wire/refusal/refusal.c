/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The answer "no": a reply code and one sentence for the person. */
#include "wire/refusal/refusal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "wire/refusal/escape.h"

enum reply_code refuse(struct refusal *why, enum reply_code code, const char *format, ...)
{
	char raw[REFUSAL_SENTENCE_MAX];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(raw, sizeof raw, format, arguments);
	va_end(arguments);
	why->code = code;
	escape_sentence(why->sentence, sizeof why->sentence, raw);
	return code;
}

enum reply_code refuse_closed_device(struct refusal *why, enum reply_code code, const char *object,
				     const char *path, const char *allowed)
{
	return refuse(why, code,
		      "%s: %s is forbidden to this service or container: DeviceAllow=%s rw in its "
		      "unit allows it", object, path, allowed);
}

enum reply_code refuse_lock_file(struct refusal *why, const char *object, int error)
{
	if (error == EROFS)
		return refuse(why, REPLY_INSTALLATION,
			      "%s: " VMGRANT_LOCK_FILE " is read-only to this service or container: "
			      "ReadWritePaths=/run in its unit allows it", object);
	/* Root would have made its own; of a helper with file capabilities it is the account's. */
	if (error == ENOENT)
		return refuse(why, REPLY_INSTALLATION,
			      "%s: " VMGRANT_SERVICE_LOCK_FILE
			      " is missing: run systemd-tmpfiles --create vmgrant.conf",
			      object);
	return refuse(why, REPLY_INSTALLATION,
		      "%s: cannot use " VMGRANT_LOCK_FILE ": %s: tell the administrator", object,
		      strerror(error));
}

void refusal_print(const struct refusal *why)
{
	struct pollfd writable = { .fd = STDERR_FILENO, .events = POLLOUT };

	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm(2);
	if (poll(&writable, 1, 1000) == 1)
		(void)dprintf(STDERR_FILENO, "vmgrant-helper: %s\n", why->sentence);
}
