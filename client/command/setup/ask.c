/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant setup: questions on the terminal. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/machine/bridges.h"
#include "client/command/setup/network/host.h"
#include "client/command/setup/setup.h"
#include "client/text/message.h"
#include "wire/process/clock.h"

#define ANSWER_SIZE 256

/*
 * A line, byte by byte: nothing that was typed ahead is lost in a buffer. Returns 0, or -1 at
 * the end of the input or of the time.
 */
static int read_answer(char answer[ANSWER_SIZE], int wait_ms)
{
	const long long end_ms = clock_now_ms() + wait_ms;
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	size_t length = 0;
	char byte = '\0';

	while (byte != '\n') {
		const long long left_ms = end_ms - clock_now_ms();
		int result = poll(&input, 1, wait_ms < 0 ? -1 : left_ms > 0 ? (int)left_ms : 0);

		if (result < 0 && errno == EINTR)
			continue;
		if (result <= 0 || read(STDIN_FILENO, &byte, 1) != 1)
			return -1;
		if (length + 1 < ANSWER_SIZE)
			answer[length++] = byte;
	}
	answer[length] = '\0';
	answer[strcspn(answer, "\r\n")] = '\0';
	return 0;
}

/* In English, or in the person's language: by the word, or by its first letter. */
static int is_yes(const char *answer)
{
	const char *yes = _("yes");
	const int letter = mblen(yes, strlen(yes));

	return strcmp(answer, "y") == 0 || strcmp(answer, "Y") == 0 ||
	       strcasecmp(answer, "yes") == 0 || strcasecmp(answer, yes) == 0 ||
	       (letter > 0 && strlen(answer) == (size_t)letter &&
		strncasecmp(answer, yes, (size_t)letter) == 0);
}

int setup_ask_yes(const char *question, int wait_ms)
{
	char answer[ANSWER_SIZE];

	/* TRANSLATORS: y is the first letter of "yes"; a capital is what no answer means. */
	(void)printf(_("%s [y/N] "), question);
	(void)fflush(stdout);
	if (read_answer(answer, wait_ms) < 0) {
		(void)putchar('\n');
		return 0;
	}
	return is_yes(answer);
}

/* Consumes fallback, which may be NULL. The answer is to be freed; NULL: none. */
static char *ask(const char *question, char *fallback)
{
	char answer[ANSWER_SIZE];
	int result;

	(void)printf(fallback != NULL ? "%s [%s]: " : "%s: ", question, fallback);
	(void)fflush(stdout);
	result = read_answer(answer, -1);
	if (result == 0 && answer[0] != '\0') {
		free(fallback);
		return text_format("%s", answer);
	}
	if (result < 0) {
		(void)putchar('\n');
		free(fallback);
		return NULL;
	}
	return fallback;
}

static void ask_person(struct setup *setup)
{
	const char *sudo = getenv("SUDO_USER");
	char *name = ask(_("Who is to have virtual machines with a network card? User"),
			 sudo != NULL && *sudo != '\0' ? text_format("%s", sudo) : NULL);

	if (name != NULL)
		words_add(&setup->users, name);
}

static char *usual_bridge(void)
{
	struct words names;
	char *name = NULL;

	if (bridges_find(&names) < 0)
		return text_format("br0");
	for (size_t i = 0; i < names.count && name == NULL; i++) {
		if (!bridge_is_for_containers(names.items[i]))
			name = text_format("%s", names.items[i]);
	}
	words_release(&names);
	return name != NULL ? name : text_format("br0");
}

static void ask_uplink(struct setup *setup)
{
	char *card = host_uplink();
	char *obstacle = card != NULL ? host_card_obstacle(card) : NULL;
	char *question =
		text_format(_("Is bridge %s to lead to the network of this machine, by card %s?"),
			    setup->bridge, card != NULL ? card : "");

	if (card != NULL && obstacle == NULL && setup_ask_yes(question, -1)) {
		setup->uplink = card;
		card = NULL;
	} else {
		(void)printf(_("Bridge %s will be one between guests only.\n"), setup->bridge);
		setup->is_no_uplink = 1;
	}
	free(question);
	free(obstacle);
	free(card);
}

void setup_ask(struct setup *setup)
{
	if (setup->is_yes || setup->is_json || !isatty(STDIN_FILENO))
		return;
	if (setup->users.count + setup->groups.count == 0)
		ask_person(setup);
	if (setup->users.count + setup->groups.count > 0 && setup->bridge == NULL)
		setup->bridge = ask(_("By which bridge? One that is not there yet is made. Bridge"),
				    usual_bridge());
	if (setup->bridge != NULL && !host_has_interface(setup->bridge) && setup->uplink == NULL &&
	    !setup->is_no_uplink)
		ask_uplink(setup);
}
