/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which files a QEMU command line names. Runs as the person.
 *
 * Here are the words; options.c knows what each option's argument is, group.c, keys.c and needs.c
 * what its keys are.
 */
#include "client/qemu/files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/qemu/options.h"
#include "client/text/message.h"
#include "client/text/text.h"

/* What QEMU reads without being told, if it is there. */
#define DEFAULT_CONFIG "/etc/qemu/qemu.conf"

static void pairs_argument(struct reading *reading, const struct option *option,
			   const char *argument)
{
	struct pairs pairs = { 0 };
	struct qemu_place place = reading_place(reading, argument);

	if (*argument != '{')
		pairs_read_list(&pairs, argument, option->first_key, place);
	else if (pairs_read_json(&pairs, argument, place) < 0)
		reading_doubt(reading, argument, N_("not JSON that can be read"));
	group_read(reading, option->group, &pairs);
	pairs_release(&pairs);
}

static void argument_read(struct reading *reading, const struct option *option,
			  const char *argument)
{
	switch (option->argument) {
	case ARGUMENT_PATH:
		(void)reading_add(reading, argument, option->use, option->take,
				  reading_place(reading, argument));
		break;
	case ARGUMENT_DISK:
		image_read(reading, argument, (option->take & TAKE_READ_ONLY) != 0);
		break;
	case ARGUMENT_PAIRS:
		pairs_argument(reading, option, argument);
		break;
	case ARGUMENT_CHARDEV:
		chardev_read(reading, argument, reading_place(reading, argument));
		break;
	case ARGUMENT_SPECIAL:
		option->read(reading, argument);
		break;
	case ARGUMENT_OTHER:
	case ARGUMENT_NONE:
		break;
	}
}

/* An option that has no argument, and needs something all the same. */
static void alone_read(struct reading *reading, const struct option *option)
{
	struct qemu_place none = { 0 };

	if (strcmp(option->name, "-enable-kvm") == 0)
		accelerators_read(reading, "kvm");
	else if (strcmp(option->name, "-perfmap") == 0)
		(void)reading_add(reading, "/tmp", QEMU_USE_FOLDER, TAKE_IMPLIED, none);
	else if (strcmp(option->name, "-jitdump") == 0)
		(void)reading_add(reading, ".", QEMU_USE_FOLDER, TAKE_IMPLIED, none);
}

/* Read the option at argv[at]. Returns how many words it is. */
static int word_read(struct reading *reading, char *const argv[], int at)
{
	const struct option *option = option_find(argv[at]);

	reading->option = option != NULL ? option->name : argv[at];
	reading->word = at;
	if (argv[at][0] != '-') {
		/* A word that is no option is a disk. */
		reading->option = "disk";
		image_read(reading, argv[at], 0);
		return 1;
	}
	if (option == NULL) {
		reading_doubt(reading, argv[at], N_("an unknown option"));
		if (argv[at + 1] == NULL || argv[at + 1][0] == '-')
			return 1;
		reading->word = at + 1;
		reading_doubt(reading, argv[at + 1],
			      N_("perhaps the argument of an unknown option"));
		return 2;
	}
	if (option->argument == ARGUMENT_NONE) {
		alone_read(reading, option);
		return 1;
	}
	if (argv[at + 1] == NULL)
		return 1;
	reading->word = at + 1;
	argument_read(reading, option, argv[at + 1]);
	return 2;
}

static int has_option(char *const argv[], const char *name)
{
	for (int at = 1; argv[0] != NULL && argv[at] != NULL; at++) {
		const struct option *option = option_find(argv[at]);

		if (option != NULL && strcmp(option->name, name) == 0)
			return 1;
		if (option != NULL && option->argument != ARGUMENT_NONE && argv[at + 1] != NULL)
			at++;
	}
	return 0;
}

static void program_read(struct reading *reading, char *const argv[])
{
	const char *name = text_base_name(argv[0]);
	size_t length = strlen(name);

	reading->option = "qemu";
	if (length >= 3 && strcmp(name + length - 3, "kvm") == 0)
		accelerators_read(reading, "kvm");
	if (has_option(argv, "-no-user-config") || access(DEFAULT_CONFIG, R_OK) < 0)
		return;
	config_read(reading, DEFAULT_CONFIG);
}

void qemu_files_find(char *const argv[], struct qemu_files *found)
{
	struct reading reading = {
		.found = found,
		.has_snapshot = has_option(argv, "-snapshot"),
	};

	*found = (struct qemu_files){ 0 };
	if (argv[0] == NULL)
		return;
	program_read(&reading, argv);
	for (int at = 1; argv[at] != NULL;)
		at += word_read(&reading, argv, at);
	layers_apply(&reading);
}
