/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: what an administrator wrote for the service's units of an earlier version. */
#include <stdlib.h>
#include <string.h>

#include "client/command/check/check.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

#define BEFORE "/etc/systemd/system/vmgrant@.service.d"
#define NOW "/etc/systemd/system/vmgrant.service.d"

/* systemd reads no other names. */
static int is_drop_in(const char *name)
{
	const char *end = strrchr(name, '.');

	return end != NULL && strcmp(end, ".conf") == 0;
}

/* An instance for each connection was a unit of its own; now one unit starts the helpers. */
void check_service(struct check *check)
{
	struct words names = { 0 };
	int is_left = 0;

	tree_names(&names, check->root, BEFORE);
	for (size_t i = 0; i < names.count; i++)
		is_left |= is_drop_in(names.items[i]);
	if (is_left)
		check_add(check, CHECK_WARN,
			  text_format(_("%s: counts no more: the service is vmgrant.service"),
				      BEFORE),
			  text_format("sudo mkdir -p " NOW " && sudo mv " BEFORE "/*.conf " NOW
				      "/ && sudo systemctl daemon-reload && sudo systemctl "
				      "try-restart vmgrant.service"));
	words_release(&names);
}
