/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant setup: whether what somebody asked for can be had, before anything is planned. */
#include <grp.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/common/person.h"
#include "client/command/setup/network/host.h"
#include "client/command/setup/setup.h"
#include "client/text/message.h"
#include "wire/refusal/escape.h"

/* ---- people ---- */

static void add_once(struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++) {
		if (strcmp(words->items[i], word) == 0)
			return;
	}
	words_add(words, text_format("%s", word));
}

static int check_user(struct setup *setup, const char *name)
{
	struct person person;
	int code = person_find(&person, name);

	if (code == VMGRANT_GRANTED)
		add_once(&setup->people, name);
	person_release(&person);
	return code;
}

static int check_group(struct setup *setup, const char *name)
{
	const struct group *group = getgrnam(name);

	if (group == NULL)
		return command_fail(VMGRANT_OBJECT, _("group %.64s: there is no such group"), name);
	for (char *const *member = group->gr_mem; *member != NULL; member++)
		add_once(&setup->people, *member);
	return VMGRANT_GRANTED;
}

static int check_people(struct setup *setup)
{
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; i < setup->users.count && code == VMGRANT_GRANTED; i++)
		code = check_user(setup, setup->users.items[i]);
	for (size_t i = 0; i < setup->groups.count && code == VMGRANT_GRANTED; i++)
		code = check_group(setup, setup->groups.items[i]);
	return code;
}

/* ---- the bridge ---- */

static int check_old(const struct setup *setup)
{
	if (setup->uplink != NULL)
		return command_fail(VMGRANT_USAGE,
				    _("setup: bridge %s is there already: without "
				      "--uplink it is taken as it is"),
				    setup->bridge);
	if (setup->manager_word != NULL)
		return command_fail(VMGRANT_USAGE,
				    _("setup: bridge %s is there already: without "
				      "--manager it is taken as it is"),
				    setup->bridge);
	return VMGRANT_GRANTED;
}

static int find_manager(struct setup *setup)
{
	if (setup->manager_word != NULL)
		setup->manager = manager_named(setup->manager_word);
	else
		setup->manager = manager_of(setup->uplink);
	if (setup->manager == NULL && setup->manager_word != NULL) {
		char *words = NULL;

		for (size_t i = 0; setup_managers[i] != NULL; i++) {
			char *word =
				text_format("%s%s", i > 0 ? ", " : "", setup_managers[i]->word);

			text_append(&words, word, strlen(word));
			free(word);
		}
		(void)command_fail(VMGRANT_USAGE, _("setup: --manager %.64s: must be one of %s"),
				   setup->manager_word, words);
		free(words);
		return VMGRANT_USAGE;
	}
	if (setup->manager == NULL)
		return command_fail(VMGRANT_OBJECT,
				    _("setup: --uplink %s: nothing that vmgrant knows "
				      "has configured it: see doc/bridges.md"),
				    setup->uplink);
	return VMGRANT_GRANTED;
}

static int check_card(const struct setup *setup)
{
	char *obstacle = host_card_obstacle(setup->uplink), card[64];
	int code = VMGRANT_GRANTED;

	if (obstacle != NULL)
		code = command_fail(VMGRANT_OBJECT, _("setup: --uplink %s: %s"),
				    escape_string(card, sizeof card, setup->uplink), obstacle);
	free(obstacle);
	return code;
}

static int check_new(struct setup *setup)
{
	char name[64];
	int code = VMGRANT_GRANTED;

	escape_string(name, sizeof name, setup->bridge);
	if (host_has_interface(setup->bridge))
		return command_fail(VMGRANT_OBJECT,
				    _("setup: --bridge %s: it is there, and no bridge"), name);
	if (!host_name_is_good(setup->bridge))
		return command_fail(VMGRANT_USAGE,
				    _("setup: --bridge %s: a new bridge has a name of up "
				      "to 15 letters, digits, - and _ that begins with a letter"),
				    name);
	if (setup->uplink == NULL && !setup->is_no_uplink)
		return command_fail(
			VMGRANT_USAGE,
			_("setup: --bridge %s: there is no such bridge: "
			  "--uplink CARD makes one that leads to the network of that card, "
			  "--no-uplink one between guests only"),
			name);
	if (setup->uplink != NULL)
		code = check_card(setup);
	setup->is_bridge_new = 1;
	return code == VMGRANT_GRANTED ? find_manager(setup) : code;
}

int setup_check(struct setup *setup)
{
	int code;

	if (setup->users.count + setup->groups.count == 0)
		return command_fail(VMGRANT_USAGE,
				    _("setup: specify at least one of --user, --group"));
	if (setup->bridge == NULL)
		return command_fail(VMGRANT_USAGE,
				    _("setup: --bridge is missing: try vmgrant setup "
				      "--help"));
	code = check_people(setup);
	if (code != VMGRANT_GRANTED)
		return code;
	return host_has_bridge(setup->bridge) ? check_old(setup) : check_new(setup);
}
