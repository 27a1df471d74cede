/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What vmgrant setup has changed on this machine. Runs as root. */
#include "client/command/setup/change/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/common/small-file.h"
#include "client/command/setup/change/perform.h"
#include "client/command/setup/change/replace-file.h"
#include "client/text/message.h"
#include "judge/policy/trusted-file.h"
#include "wire/process/clock.h"

#define LOCK_FILE "/run/vmgrant-setup.lock"
#define FOLDER VMGRANT_STATE_DIR "/setup"
#define FILE_NAME FOLDER "/record.json"
#define RECORD_VERSION 1

static int fail(const char *what, int error)
{
	return command_fail(VMGRANT_INTERNAL, _("setup: %s: %s: %s"), FILE_NAME, what,
			    strerror(error));
}

/* ---- the lock ---- */

_Static_assert(RECORD_WAIT_ROLL_BACK_MS > SETUP_COMMAND_MS && RECORD_WAIT_MS > SETUP_COMMAND_MS,
	       "two roll-backs at once");

static int lock(int fd, enum record_wait wait)
{
	const unsigned limit_ms = wait == RECORD_GO_ON ? RECORD_WAIT_ROLL_BACK_MS : RECORD_WAIT_MS;
	const long long end_ms = clock_now_ms() + limit_ms;
	const struct timespec step = { 0, 100000000L };

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -1;
		if (clock_now_ms() >= end_ms)
			return wait == RECORD_GO_ON ? 0 : -1;
		(void)nanosleep(&step, NULL);
	}
	return 0;
}

/* ---- reading ---- */

static int take(struct setup_record *record, json_object *object)
{
	json_object *value, *array;

	if (!json_object_object_get_ex(object, "version", &value) ||
	    json_object_get_int(value) != RECORD_VERSION ||
	    !json_object_object_get_ex(object, "changes", &array) ||
	    !json_object_is_type(array, json_type_array))
		return -1;
	if (json_object_object_get_ex(object, "pending", &value))
		record->pending_from = (long)json_object_get_int64(value);
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		if (change_from_record(&record->changes, json_object_array_get_idx(array, i)) < 0)
			return -1;
	}
	if (record->pending_from > (long)record->changes.count)
		record->pending_from = (long)record->changes.count;
	return 0;
}

/* It names commands that root will run: nobody but root may have written it. */
static int load(struct setup_record *record)
{
	struct trusted_problem problem = { 0 };
	int fd = trusted_file_open(FILE_NAME, S_IFREG, &problem), result;
	json_object *object;

	if (fd < 0 && problem.kind == TRUSTED_NOT_OPENED && problem.error == ENOENT)
		return VMGRANT_GRANTED;
	if (fd < 0)
		return command_fail(VMGRANT_INTERNAL, _("setup: %s: %s"), FILE_NAME,
				    problem.reason[0] != '\0' ? problem.reason
							      : strerror(problem.error));
	object = json_object_from_fd(fd);
	close(fd);
	result = object == NULL ? -1 : take(record, object);
	(void)json_object_put(object);
	return result < 0
		       ? command_fail(
				 VMGRANT_INTERNAL,
				 _("setup: %s: is no record of vmgrant setup: undo by hand what it names, and remove it"),
				 FILE_NAME)
		       : VMGRANT_GRANTED;
}

int record_open(struct setup_record *record, enum record_wait wait)
{
	*record = (struct setup_record){ .pending_from = -1, .lock_fd = -1 };
	record->lock_fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (record->lock_fd < 0 || lock(record->lock_fd, wait) < 0)
		return command_fail(VMGRANT_INTERNAL, _("setup: %s: cannot be locked: %s"),
				    LOCK_FILE,
				    errno == EWOULDBLOCK ? _("another vmgrant setup is at work")
							 : strerror(errno));
	return load(record);
}

void record_close(struct setup_record *record)
{
	changes_release(&record->changes);
	if (record->lock_fd >= 0)
		close(record->lock_fd);
	record->lock_fd = -1;
}

/* ---- writing ---- */

static char *format_record(const struct setup_record *record)
{
	json_object *object = json_object_new_object(), *array = json_object_new_array();
	char *text;

	json_add(object, "version", json_object_new_int(RECORD_VERSION));
	json_add(object, "pending", json_object_new_int64(record->pending_from));
	for (size_t i = 0; i < record->changes.count; i++)
		(void)json_object_array_add(array, change_to_record(&record->changes.items[i]));
	json_add(object, "changes", array);
	text = text_format(
		"%s\n", json_object_to_json_string_ext(
				object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	(void)json_object_put(object);
	return text;
}

int record_save(const struct setup_record *record)
{
	char *before = NULL, *text;
	int result;

	if ((mkdir(VMGRANT_STATE_DIR, 0755) < 0 && errno != EEXIST) ||
	    (mkdir(FOLDER, 0700) < 0 && errno != EEXIST))
		return fail(_("cannot be written"), errno);
	text = record->changes.count > 0 ? format_record(record) : NULL;
	result = small_file_read(FILE_NAME, SETUP_FILE_BYTES_MAX, &before);
	if (result == 0 || result == -ENOENT)
		result = text == NULL && before == NULL ? 0 : replace_file(FILE_NAME, before, text);
	free(before);
	free(text);
	return result < 0 ? fail(_("cannot be written"), -result) : VMGRANT_GRANTED;
}

/* ---- making and undoing ---- */

int record_make(struct setup_record *record, struct setup_change *change)
{
	const size_t index = record->changes.count;
	int code;

	changes_take(&record->changes, change);
	code = record_save(record);
	if (code != VMGRANT_GRANTED)
		return code;
	code = change_make(&record->changes.items[index]);
	/* What somebody else has made of the file meanwhile is theirs: nothing is to be undone. */
	if (code != VMGRANT_GRANTED && change_file_is_others(&record->changes.items[index])) {
		changes_drop(&record->changes, index);
		(void)record_save(record);
	}
	return code;
}

/* The file of the network that somebody has changed since; NULL: there is none. */
static const char *find_others_file(const struct setup_record *record, size_t from)
{
	for (size_t i = record->changes.count; i > from; i--) {
		const struct setup_change *change = &record->changes.items[i - 1];

		if (change_is_network(change) && change_file_is_others(change))
			return change->path;
	}
	return NULL;
}

static void drop_undone(struct setup_record *record, size_t index)
{
	changes_drop(&record->changes, index);
	if (record->pending_from > (long)index)
		record->pending_from--;
	(void)record_save(record);
}

int record_undo(struct setup_record *record, size_t from)
{
	const char *others = find_others_file(record, from);
	int code = VMGRANT_GRANTED, saved;

	if (others != NULL)
		code = command_fail(
			VMGRANT_INTERNAL,
			_("setup: %.256s: somebody has changed it since, so the network "
			  "stays as it is: undo that change, or the bridge by hand"),
			others);
	for (size_t i = record->changes.count; i > from; i--) {
		if (others != NULL && change_is_network(&record->changes.items[i - 1]))
			continue;
		if (change_undo(&record->changes.items[i - 1]) == VMGRANT_GRANTED)
			drop_undone(record, i - 1);
		else
			code = VMGRANT_INTERNAL;
	}
	if (record->pending_from >= (long)record->changes.count)
		record->pending_from = -1;
	saved = record_save(record);
	return code == VMGRANT_GRANTED ? saved : code;
}
