/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a QEMU that is shut in does not reach. QEMU itself says it late, or not at all. */
#include "client/command/run/confine-unreached.h"

#include <string.h>

#include "client/command/common/command.h"
#include "client/confine/confine.h"
#include "client/text/message.h"

/* The word behind that option, "" at the end; NULL: this is another option. One dash or two. */
static const char *argument_of(char *const *word, const char *option)
{
	const char *name = *word;

	name += name[0] == '-' && name[1] == '-';
	if (strcmp(name, option) != 0)
		return NULL;
	return word[1] == NULL ? "" : word[1];
}

/* "gtk", "gtk,gl=on", "type=gtk". */
static int is_kind(const char *argument, const char *key, const char *kind)
{
	const size_t skipped = strncmp(argument, key, strlen(key)) == 0 ? strlen(key) : 0;
	const size_t length = strlen(kind);

	argument += skipped;
	return strncmp(argument, kind, length) == 0 &&
	       (argument[length] == '\0' || argument[length] == ',');
}

static int is_window(char *const *word)
{
	static const char *const kinds[] = { "gtk", "sdl", "spice-app" };
	const char *argument = argument_of(word, "-display");

	for (size_t i = 0; argument != NULL && i < sizeof kinds / sizeof kinds[0]; i++) {
		if (is_kind(argument, "type=", kinds[i]))
			return 1;
	}
	return argument_of(word, "-sdl") != NULL || argument_of(word, "-gtk") != NULL;
}

static int is_user_network(char *const *word)
{
	static const char *const options[] = { "-netdev", "-nic", "-net" };

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		const char *argument = argument_of(word, options[i]);

		if (argument != NULL && is_kind(argument, "type=", "user"))
			return 1;
	}
	return 0;
}

int confine_unreached_check(const struct confine *confine, char *const words[])
{
	for (char *const *word = words; *word != NULL; word++) {
		if (is_window(word))
			return command_fail(VMGRANT_UNSUPPORTED,
					    _("--confine: %s: a confined QEMU "
					      "reaches no desktop: leave it out and use "
					      "--display=spice-unix or vnc-unix"),
					    *word);
		if (!confine->keeps_network && is_user_network(word))
			(void)command_fail(0,
					   _("--confine: %s %.64s: leads nowhere: use --net, or "
					     "--confine=net-host"),
					   word[0], word[1]);
	}
	return VMGRANT_GRANTED;
}
