/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Making and undoing a change. Runs as root, and in people's folders with their rights only. */
#include "client/command/setup/change/perform.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/person.h"
#include "client/command/common/small-file.h"
#include "client/command/setup/change/replace-file.h"
#include "client/text/message.h"

#define SELF "/proc/self/exe"

/* ---- commands ---- */

int command_succeeds(const struct words *command, struct capture *capture)
{
	const int is_own = strcmp(command->items[0], "vmgrant") == 0;
	char own[] = SELF, *first = command->items[0];

	command->items[0] = is_own ? own : first;
	capture_run(command->items, SETUP_COMMAND_MS, capture);
	command->items[0] = first;
	return capture->end == CAPTURE_EXITED && capture->status == 0;
}

int command_list_succeeds(const char *const list[], struct capture *capture)
{
	struct words words = { 0 };
	int result;

	words_add_all(&words, list);
	result = command_succeeds(&words, capture);
	words_release(&words);
	return result;
}

static const char *end_words(const struct capture *capture)
{
	switch (capture->end) {
	case CAPTURE_NOT_FOUND:
		return _("there is no such program");
	case CAPTURE_LATE:
		return _("took too long");
	case CAPTURE_FAILED:
		return strerror(capture->status);
	default:
		return "failed";
	}
}

/* mark: "-" and the exit status with which it may fail, or with none any; NULL: it may not. */
static int may_fail(const struct capture *capture, const char *mark)
{
	if (mark == NULL)
		return 0;
	return mark[1] == '\0' ||
	       (capture->end == CAPTURE_EXITED && capture->status == strtol(mark + 1, NULL, 10));
}

static int run(const struct words *command, const char *mark)
{
	struct capture *capture = text_need(malloc(sizeof *capture));
	int code = VMGRANT_GRANTED;

	if (!command_succeeds(command, capture) && !may_fail(capture, mark)) {
		/* It says most, where it is no advice of nmcli's. */
		char *text = command_text(command), *last = text_last_line(capture->text, "Hint: ");

		code = command_fail(VMGRANT_INTERNAL, _("setup: %.512s: %s%s%.300s"), text,
				    end_words(capture), last == NULL ? "" : ": ",
				    last == NULL ? "" : last);
		free(text);
	}
	free(capture);
	return code;
}

/* ---- files ---- */

/* Take on somebody's rights; NULL: stay. Returns 0 or a negative errno. */
static int enter(const char *user)
{
	struct person person;
	int result = -ENOENT;

	if (user == NULL || geteuid() != 0)
		return 0;
	if (person_find(&person, user) == VMGRANT_GRANTED)
		result = person.uid == 0 || person_enter(&person) == 0 ? 0 : -errno;
	person_release(&person);
	return result;
}

static void leave(const char *user)
{
	if (user != NULL && getuid() == 0)
		person_leave();
}

int setup_read_file(const char *path, const char *user, char **text_out)
{
	int result = enter(user);

	*text_out = NULL;
	if (result == 0) {
		result = small_file_read(path, SETUP_FILE_BYTES_MAX, text_out);
		leave(user);
	}
	return result;
}

static int replace(const char *path, const char *user, const char *before, const char *text)
{
	int result = enter(user);

	if (result == 0) {
		result = replace_file(path, before, text);
		leave(user);
	}
	return result;
}

static int make_file(const struct setup_change *change)
{
	int result = replace(change->path, change->user, change->before, change->text);

	if (result == 0)
		return VMGRANT_GRANTED;
	if (result == -EBUSY)
		return command_fail(VMGRANT_INTERNAL,
				    _("setup: %.256s: somebody else has just changed "
				      "it: try again"),
				    change->path);
	return command_fail(VMGRANT_INTERNAL, _("setup: %.256s: cannot be changed: %s"),
			    change->path, strerror(-result));
}

int change_file_is_others(const struct setup_change *change)
{
	char *now;
	int result, is_others;

	if (change->path == NULL)
		return 0;
	result = setup_read_file(change->path, change->user, &now);
	/* What cannot be read is not known to be ours. */
	is_others = (result < 0 && result != -ENOENT) ||
		    (!text_is_same(now, change->before) && !text_is_same(now, change->text));
	free(now);
	return is_others;
}

static int undo_file(const struct setup_change *change)
{
	int code = VMGRANT_GRANTED, result;
	char *now;

	result = setup_read_file(change->path, change->user, &now);
	if (result == -ENOENT || result == 0) {
		if (!text_is_same(now, change->before) && text_is_same(now, change->text))
			result = replace(change->path, change->user, now, change->before);
		else
			result = text_is_same(now, change->before) ? 0 : -EBUSY;
	}
	free(now);
	if (result == -EBUSY)
		code = command_fail(VMGRANT_INTERNAL,
				    _("setup: %.256s: somebody has changed it since, "
				      "so it stays as it is"),
				    change->path);
	else if (result < 0)
		code = command_fail(VMGRANT_INTERNAL, _("setup: %.256s: cannot be undone: %s"),
				    change->path, strerror(-result));
	return code;
}

/* ---- both ---- */

int change_make(const struct setup_change *change)
{
	if (change->path != NULL)
		return make_file(change);
	return change->command.count > 0 ? run(&change->command, NULL) : VMGRANT_GRANTED;
}

/* What was never made cannot be taken away: that is what its mark is for. */
static int undo_command(const struct words *command)
{
	const char *mark = command_mark(command);
	const size_t first = mark != NULL;
	const struct words rest = { command->items + first, command->count - first };

	return run(&rest, mark);
}

int change_undo(const struct setup_change *change)
{
	int code = VMGRANT_GRANTED;

	if (change->path != NULL)
		return undo_file(change);
	for (size_t i = 0; i < change->undo_count; i++) {
		if (undo_command(&change->undo[i]) != VMGRANT_GRANTED)
			code = VMGRANT_INTERNAL;
	}
	return code;
}
