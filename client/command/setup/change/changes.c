/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The list of what vmgrant setup does to a machine. */
#include "client/command/setup/change/changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/acl-edit/file/file-text.h"
#include "client/command/common/json.h"
#include "client/text/language.h"

static struct setup_change *add(struct setup_changes *changes, const char *part)
{
	struct setup_change *change;

	changes->items =
		text_need(reallocarray(changes->items, changes->count + 1, sizeof *changes->items));
	change = &changes->items[changes->count++];
	*change = (struct setup_change){ .part = text_format("%s", part) };
	return change;
}

struct setup_change *changes_add_file(struct setup_changes *changes, const char *part, char *path,
				      char *text, char *before)
{
	struct setup_change *change = add(changes, part);

	change->path = path;
	change->text = text;
	change->before = before;
	return change;
}

struct setup_change *changes_add_empty(struct setup_changes *changes, const char *part)
{
	return add(changes, part);
}

struct setup_change *changes_add_command(struct setup_changes *changes, const char *part,
					 const char *const words[])
{
	struct setup_change *change = add(changes, part);

	words_add_all(&change->command, words);
	return change;
}

static struct words *new_undo(struct setup_change *change)
{
	change->undo =
		text_need(reallocarray(change->undo, change->undo_count + 1, sizeof *change->undo));
	change->undo[change->undo_count] = (struct words){ 0 };
	return &change->undo[change->undo_count++];
}

void change_add_undo(struct setup_change *change, const char *const words[])
{
	words_add_all(new_undo(change), words);
}

const char *command_mark(const struct words *command)
{
	return command->count > 0 && command->items[0][0] == '-' ? command->items[0] : NULL;
}

int change_is_network(const struct setup_change *change)
{
	return change->part != NULL && strcmp(change->part, NETWORK_PART) == 0;
}

static void release(struct setup_change *change)
{
	free(change->part);
	free(change->path);
	free(change->text);
	free(change->before);
	free(change->user);
	free(change->shown);
	words_release(&change->command);
	for (size_t i = 0; i < change->undo_count; i++)
		words_release(&change->undo[i]);
	free(change->undo);
}

void changes_take(struct setup_changes *changes, struct setup_change *change)
{
	struct setup_change *last = add(changes, "");

	free(last->part);
	*last = *change;
	*change = (struct setup_change){ 0 };
}

void changes_drop(struct setup_changes *changes, size_t index)
{
	release(&changes->items[index]);
	changes->count--;
	memmove(&changes->items[index], &changes->items[index + 1],
		(changes->count - index) * sizeof *changes->items);
}

void changes_release(struct setup_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		release(&changes->items[i]);
	free(changes->items);
	*changes = (struct setup_changes){ 0 };
}

/* ---- shown ---- */

char *command_text(const struct words *command)
{
	const size_t first = command_mark(command) != NULL;
	char *text = NULL;

	for (size_t i = first; i < command->count; i++) {
		char *word = text_shell_quote(command->items[i]);

		if (i > first)
			text_append(&text, " ", 1);
		text_append(&text, word, strlen(word));
		free(word);
	}
	return text != NULL ? text : text_format("%s", "");
}

static char *change_diff(const struct setup_change *change)
{
	return file_text_diff(change->before != NULL ? change->before : "",
			      change->text != NULL ? change->text : "", change->path);
}

void change_print(const struct setup_change *change)
{
	char *text;

	if (change->path != NULL) {
		text = change_diff(change);
	} else if (change->command.count == 0) {
		return;
	} else {
		char *command = command_text(&change->command);

		text = text_format("$ %s\n%s", command, change->shown != NULL ? change->shown : "");
		free(command);
	}
	/* A file that somebody else wrote may hold what no terminal should get. */
	language_print_lines(text);
	free(text);
}

/* ---- for programs ---- */

json_object *change_to_json(const struct setup_change *change)
{
	json_object *object = json_object_new_object();
	char *diff;

	json_add_text(object, "part", change->part);
	if (change->path == NULL) {
		json_add(object, "command", json_list(&change->command));
		if (change->shown != NULL)
			json_add_text(object, "diff", change->shown);
		return object;
	}
	diff = change_diff(change);
	json_add_text(object, "file", change->path);
	json_add_text(object, "diff", diff);
	free(diff);
	return object;
}

/* ---- the record ---- */

static void add_text(json_object *object, const char *key, const char *text)
{
	if (text != NULL)
		json_add_text(object, key, text);
}

json_object *change_to_record(const struct setup_change *change)
{
	json_object *object = json_object_new_object(), *undo = json_object_new_array();

	add_text(object, "part", change->part);
	add_text(object, "path", change->path);
	add_text(object, "text", change->text);
	add_text(object, "before", change->before);
	add_text(object, "user", change->user);
	json_add(object, "command", json_list(&change->command));
	for (size_t i = 0; i < change->undo_count; i++)
		(void)json_object_array_add(undo, json_list(&change->undo[i]));
	json_add(object, "undo", undo);
	return object;
}

static char *get_text(json_object *object, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(object, key, &value) &&
			       json_object_is_type(value, json_type_string)
		       ? text_format("%s", json_object_get_string(value))
		       : NULL;
}

static void get_words(json_object *array, struct words *words)
{
	if (!json_object_is_type(array, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(array); i++)
		words_add(words, text_format("%s", json_object_get_string(
							   json_object_array_get_idx(array, i))));
}

int change_from_record(struct setup_changes *changes, json_object *object)
{
	char *part = get_text(object, "part");
	struct setup_change *change;
	json_object *array;

	if (part == NULL)
		return -1;
	change = add(changes, part);
	free(part);
	change->path = get_text(object, "path");
	change->text = get_text(object, "text");
	change->before = get_text(object, "before");
	change->user = get_text(object, "user");
	if (json_object_object_get_ex(object, "command", &array))
		get_words(array, &change->command);
	if (!json_object_object_get_ex(object, "undo", &array) ||
	    !json_object_is_type(array, json_type_array))
		return -1;
	for (size_t i = 0; i < json_object_array_length(array); i++)
		get_words(json_object_array_get_idx(array, i), new_undo(change));
	return 0;
}
