/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant setup: what vmgrant check says at the end, for each person. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/setup/change/perform.h"
#include "client/command/setup/setup.h"
#include "client/text/message.h"

/* In a child: it becomes that person for good. */
static int check_printed(char *name)
{
	char check[] = "check", option[] = "--user";
	char *argv[] = { check, option, name, NULL };
	int status = 0;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		optind = 0;
		exit(command_check(3, argv));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return VMGRANT_INTERNAL;
	return WEXITSTATUS(status);
}

static int check_json(const char *name, json_object *array)
{
	struct capture *capture = text_need(malloc(sizeof *capture));
	json_object *object;
	int code;

	(void)command_list_succeeds(SETUP_WORDS("vmgrant", "check", "--json", "--user", name),
				    capture);
	code = capture->end == CAPTURE_EXITED ? capture->status : VMGRANT_INTERNAL;
	object = json_tokener_parse(capture->text);
	if (object != NULL)
		(void)json_object_array_add(array, object);
	free(capture);
	return code;
}

int setup_finish(const struct setup *setup, json_object *array)
{
	int worst = VMGRANT_GRANTED;

	for (size_t i = 0; i < setup->people.count; i++) {
		char *name = setup->people.items[i];
		int code;

		if (array == NULL)
			(void)printf(_("\nvmgrant check --user %s\n"), name);
		code = array == NULL ? check_printed(name) : check_json(name, array);
		if (worst == VMGRANT_GRANTED)
			worst = code;
	}
	return worst;
}
