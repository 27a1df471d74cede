/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A bridge by Debian's ifupdown: the lines of doc/bridges.md, in the place of the card's. The
 * card goes down by the old lines, as only they know how it got its addresses.
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/machine/tree.h"
#include "client/command/setup/change/perform.h"
#include "client/command/setup/network/interfaces-text.h"
#include "client/command/setup/network/manager.h"
#include "client/text/message.h"

#define FOLDER "/etc/network"
#define MAIN_FILE FOLDER "/interfaces"
#define STATE_FILE "/run/network/ifstate"
#define BRIDGE_HOOK FOLDER "/if-pre-up.d/bridge"
#define FILES_MAX 256u

/* 1 if ifupdown says that it has brought the card up by the lines of its own name. */
static int is_up(const char *card)
{
	char *text, *whole, *line;
	int is_there;

	if (setup_read_file(STATE_FILE, NULL, &text) != 0)
		return 0;
	whole = text_format("\n%s\n", text);
	line = text_format("\n%s=%s\n", card, card);
	is_there = strstr(whole, line) != NULL;
	free(line);
	free(whole);
	free(text);
	return is_there;
}

static int manages(const char *card)
{
	if (!tree_exists("", MAIN_FILE) || !tree_exists("", STATE_FILE))
		return 0;
	return card == NULL || is_up(card);
}

/* ---- the files ---- */

/* Files of a folder whose names ifupdown reads: no dot, no copy of an editor's. */
static int is_read(const char *path)
{
	const char *name = text_base_name(path);

	return name[strspn(name,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] ==
	       '\0';
}

static void add_once(struct words *files, const char *path)
{
	char *real = realpath(path, NULL);

	for (size_t i = 0; real != NULL && i < files->count; i++) {
		if (strcmp(files->items[i], real) == 0) {
			free(real);
			return;
		}
	}
	if (real != NULL && files->count < FILES_MAX)
		words_add(files, real);
	else
		free(real);
}

/* What a file names behind "source" and "source-directory". */
static void add_sources(struct words *files, const char *text)
{
	char *name;
	int is_directory;

	while ((name = interfaces_text_source(&text, &is_directory)) != NULL) {
		char *pattern = text_format("%s%s%s", *name == '/' ? "" : FOLDER "/", name,
					    is_directory ? "/*" : "");
		glob_t found = { 0 };

		if (glob(pattern, 0, NULL, &found) == 0) {
			for (size_t i = 0; i < found.gl_pathc; i++) {
				if (!is_directory || is_read(found.gl_pathv[i]))
					add_once(files, found.gl_pathv[i]);
			}
		}
		globfree(&found);
		free(pattern);
		free(name);
	}
}

/* All files that ifupdown reads, each once, and their texts. */
static void read_files(struct words *files, struct words *texts)
{
	add_once(files, MAIN_FILE);
	for (size_t i = 0; i < files->count; i++) {
		char *text = NULL;

		/* What cannot be read, such as a folder that a pattern matches, says nothing. */
		if (setup_read_file(files->items[i], NULL, &text) != 0)
			text = text_format("%s", "");
		words_add(texts, text);
		add_sources(files, text);
	}
}

/* ---- planning ---- */

static int refuse(const char *file, const char *why)
{
	return command_fail(VMGRANT_OBJECT, _("setup: %.256s %s: see doc/bridges.md"), file, why);
}

static void replace(struct setup_changes *changes, const char *file, const char *before, char *text)
{
	(void)changes_add_file(changes, NETWORK_PART, text_format("%s", file), text,
			       text_format("%s", before));
}

/* Each file that names the card, with its lines for the bridge. */
static int move_files(const struct bridge_plan *plan, const struct words *files,
		      const struct words *texts, struct setup_changes *changes)
{
	const char *why;
	size_t count = 0;

	for (size_t i = 0; i < files->count; i++) {
		char *text = interfaces_text_move(texts->items[i], plan, &why);

		if (text == NULL)
			return refuse(files->items[i], why);
		count += interfaces_text_count(texts->items[i], plan->card) > 0;
		if (interfaces_text_names(texts->items[i], plan->card))
			replace(changes, files->items[i], texts->items[i], text);
		else
			free(text);
	}
	if (count == 1)
		return VMGRANT_GRANTED;
	return refuse(MAIN_FILE,
		      count == 0 ? _("has no lines of the card")
				 : _("and what it names have the card's lines in several files"));
}

static int plan_move(const struct bridge_plan *plan, const struct words *files,
		     const struct words *texts, struct setup_changes *changes)
{
	struct setup_change *down =
		changes_add_command(changes, NETWORK_PART, SETUP_WORDS("ifdown", plan->card));

	/* Undone last, when the old lines are there again. */
	change_add_undo(down, SETUP_WORDS("ifup", plan->card));
	return move_files(plan, files, texts, changes);
}

static int plan_guests_only(const struct bridge_plan *plan, const struct words *files,
			    const struct words *texts, struct setup_changes *changes)
{
	char *lines;

	if (files->count == 0)
		return refuse(MAIN_FILE, _("cannot be read"));
	for (size_t i = 0; i < files->count; i++) {
		if (interfaces_text_names(texts->items[i], plan->bridge))
			return refuse(files->items[i], _("names the bridge already"));
	}
	lines = interfaces_text_guests(plan);
	replace(changes, files->items[0], texts->items[0],
		text_format("%s\n%s", texts->items[0], lines));
	free(lines);
	return VMGRANT_GRANTED;
}

static int plan_lines(const struct bridge_plan *plan, struct setup_changes *changes)
{
	struct words files = { 0 }, texts = { 0 };
	int code;

	if (!tree_exists("", BRIDGE_HOOK))
		return command_fail(VMGRANT_OBJECT, _("setup: ifupdown makes a bridge with the "
						      "package bridge-utils: try apt install "
						      "bridge-utils"));
	read_files(&files, &texts);
	code = (plan->card != NULL ? plan_move : plan_guests_only)(plan, &files, &texts, changes);
	words_release(&files);
	words_release(&texts);
	if (code == VMGRANT_GRANTED)
		change_add_undo(changes_add_command(changes, NETWORK_PART,
						    SETUP_WORDS("ifup", plan->bridge)),
				SETUP_WORDS("-", "ifdown", plan->bridge));
	return code;
}

const struct setup_manager manager_ifupdown = { "ifupdown", "ifupdown", manages, plan_lines };
