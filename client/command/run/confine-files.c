/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The files that a confined QEMU's command line names.
 *
 * Disks and logs are opened here, with the person's rights, and handed over: then they work
 * under QEMU's own id, and what is open for reading alone stays so.
 */
#include "client/command/run/confine-files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/whole-path.h"
#include "client/command/run/confine-chain.h"
#include "client/command/run/confine-shared.h"
#include "client/command/run/confine-sockets.h"
#include "client/command/run/run.h"
#include "client/qemu/files.h"
#include "client/text/message.h"

/* Where no set of the person's own is likely to be, nor one of a device or a disk. */
#define FIRST_FD_SET 7900u
#define SET_FOLDER "/dev/fdset/"

/* What is granted already, or is no file. */
static int is_none(const struct qemu_file *file)
{
	return strncmp(file->path, SET_FOLDER, sizeof SET_FOLDER - 1) == 0 ||
	       file->use == QEMU_USE_TEMPORARY;
}

/* ---- sets of fds ---- */

static int has_set(const struct qemu_file *file)
{
	return file->place.length > 0 &&
	       (file->use == QEMU_USE_READ || file->use == QEMU_USE_READ_WRITE ||
		file->use == QEMU_USE_MAKE);
}

/* Add one fd of that access mode, of the file that is open. Returns 0, or -1 with errno. */
static int add_mode(struct run *run, int place_fd, int flags, unsigned set)
{
	int fd =
		run->is_dry ? run->example_fd++ : confine_shared_reopen(place_fd, flags | O_NOCTTY);

	if (fd < 0)
		return -1;
	launch_add_fd(&run->words, fd, set, "file");
	return 0;
}

/* QEMU takes the fd whose access mode is the one that it would open with: all of one file. */
static int add_modes(struct run *run, const struct qemu_file *file, int place_fd, unsigned set)
{
	int result = 0;

	if (file->use == QEMU_USE_MAKE)
		return add_mode(run, place_fd, O_WRONLY, set);
	if (file->use == QEMU_USE_READ_WRITE)
		result = add_mode(run, place_fd, O_RDWR, set);
	/* It is also read first, to see what it is; and with auto-read-only until a guest writes. */
	if (result == 0 || file->is_auto_read_only)
		result = add_mode(run, place_fd, O_RDONLY, set);
	return result;
}

/* A log is begun anew unless the person wants it to go on. */
static int open_log(struct run *run, const struct qemu_file *file, unsigned set, char **share_out)
{
	const int flags = O_WRONLY | O_CREAT | O_NOCTTY | (file->is_appended ? O_APPEND : O_TRUNC);
	int fd = confine_shared_open(run, file, flags, share_out);

	if (fd < 0)
		return -1;
	launch_add_fd(&run->words, fd, set, "file");
	return 0;
}

/* First as a place: opening a device may do something. A dry run makes nothing and opens no more. */
static int open_set(struct run *run, const struct qemu_file *file, unsigned set, char **share_out)
{
	int place_fd, result, error;

	if (file->use == QEMU_USE_MAKE && !run->is_dry)
		return open_log(run, file, set, share_out);
	place_fd = confine_shared_open(run, file, O_PATH | O_CLOEXEC, share_out);
	if (place_fd < 0 && (!run->is_dry || errno == EXDEV))
		return -1;
	result = add_modes(run, file, place_fd, set);
	error = errno;
	if (place_fd >= 0)
		close(place_fd);
	errno = error;
	return result;
}

static void replace(char **word, const struct qemu_place *place, unsigned set)
{
	char *changed = text_format("%.*s" SET_FOLDER "%u%s", (int)place->offset, *word, set,
				    *word + place->offset + place->length);

	free(*word);
	*word = changed;
}

/* From the last place in a word to the first, so that the offsets of those before still fit. */
static struct qemu_file *last_with_set(struct qemu_files *files)
{
	struct qemu_file *last = NULL;

	for (size_t i = 0; i < files->count; i++) {
		struct qemu_file *file = &files->items[i];

		if (!is_none(file) && has_set(file) &&
		    (last == NULL || file->place.word > last->place.word ||
		     (file->place.word == last->place.word &&
		      file->place.offset > last->place.offset)))
			last = file;
	}
	return last;
}

static int open_file(struct run *run, const struct qemu_file *file, size_t index)
{
	unsigned set = launch_free_set(FIRST_FD_SET, run->words.items);
	char *share = NULL;

	if (open_set(run, file, set, &share) < 0)
		return confine_shared_refuse(file, share);
	free(share);
	replace(&run->words.items[index], &file->place, set);
	return VMGRANT_GRANTED;
}

/* The words of what images are based on come to the end of theirs, when all places are filled. */
static int open_sets(struct run *run, struct qemu_files *files, size_t first_word)
{
	struct qemu_file *file;
	int code = VMGRANT_GRANTED;

	while (code == VMGRANT_GRANTED && (file = last_with_set(files)) != NULL) {
		code = open_file(run, file, first_word + (size_t)file->place.word);
		file->place.length = 0;
		file->use = QEMU_USE_TEMPORARY;
	}
	for (size_t i = 0; code == VMGRANT_GRANTED && i < files->count; i++) {
		file = &files->items[i];
		if (file->use == QEMU_USE_TEMPORARY)
			code = confine_chain_open(run, file, first_word + (size_t)file->place.word,
						  FIRST_FD_SET);
	}
	return code;
}

/* ---- what is opened by path ---- */

static int refuse(const struct qemu_file *file, const char *why)
{
	return command_fail(VMGRANT_UNSUPPORTED, _("--confine: %s %.256s: %s"), file->option,
			    file->path, why);
}

static enum confine_access access_of(const struct qemu_file *file, const struct stat *status)
{
	if (S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode))
		return CONFINE_NODE;
	if (file->use == QEMU_USE_RUN)
		return CONFINE_RUN;
	return file->use == QEMU_USE_READ || file->is_read_only ? CONFINE_READ : CONFINE_WRITE;
}

/* To others than the person, as which QEMU opens it. A file that is only read is copied. */
static int is_closed(const struct stat *status, enum confine_access access)
{
	const int is_read = access == CONFINE_READ || access == CONFINE_RUN;
	mode_t needed = S_IROTH | (is_read ? 0 : S_IWOTH);

	if (is_read && S_ISREG(status->st_mode))
		return 0;
	needed |= S_ISDIR(status->st_mode) ? S_IXOTH : 0;
	return (status->st_mode & needed) != needed;
}

/* Process 1 opens it again, by the same way. */
static void add_place(struct run *run, const struct qemu_file *file, const struct stat *status)
{
	const enum confine_access kind = access_of(file, status);
	char *path = whole_path(file->path);

	if (run->confine.without_ids == NULL && !file->is_implied && is_closed(status, kind))
		(void)command_fail(0,
				   kind == CONFINE_READ
					   ? _("--confine: %s %.256s: the user that QEMU has here "
					       "may not read it: chmod, or --confine=same-user")
					   : _("--confine: %s %.256s: the user that QEMU has here "
					       "may not write it: chmod, or --confine=same-user"),
				   file->option, file->path);
	confine_add(&run->confine.confine, path, kind, !file->is_optional);
	free(path);
}

/* What QEMU looks for in its own folders it finds there. */
static int find_place(struct run *run, const struct qemu_file *file)
{
	char *share = NULL;
	int fd = confine_shared_open(run, file, O_PATH | O_CLOEXEC, &share);
	struct stat status;

	if (fd < 0 && errno == EXDEV)
		return confine_shared_refuse(file, share);
	free(share);
	if (fd >= 0 && fstat(fd, &status) == 0)
		add_place(run, file, &status);
	if (fd >= 0)
		close(fd);
	return VMGRANT_GRANTED;
}

/* What QEMU makes by itself; the guest's memory has another way. */
static int refuse_made(const struct qemu_file *file, const char *word)
{
	if (strcmp(file->option, "-mem-path") == 0 || strstr(word, "memory-backend-file") != NULL)
		return refuse(file, _("QEMU would make it by itself, in a folder that is not its "
				      "own: memory needs none: -object memory-backend-memfd"));
	return refuse(file,
		      _("QEMU would make it by itself, in a folder that is not its own: leave "
			"it out"));
}

static int add_one(struct run *run, const struct qemu_file *file, size_t first_word)
{
	switch (file->use) {
	case QEMU_USE_MAKE:
		return refuse_made(file, run->words.items[first_word + (size_t)file->place.word]);
	case QEMU_USE_MAKE_SOCKET:
	case QEMU_USE_CONNECT:
		return confine_socket_open(run, file, first_word + (size_t)file->place.word);
	default:
		return find_place(run, file);
	}
}

static void say_doubts(const struct qemu_files *files)
{
	for (size_t i = 0; i < files->doubt_count; i++) {
		const struct qemu_doubt *doubt = &files->doubts[i];

		(void)command_fail(
			0, _("--confine: %.64s %.128s: %s: if it is one, name it by --file"),
			doubt->option, doubt->text, _(doubt->why));
	}
}

int confine_files_open(struct run *run)
{
	size_t first = (size_t)(run_find_qemu(run) - run->arguments);
	struct qemu_files files;
	int code;

	qemu_files_find(run->words.items + first, &files);
	say_doubts(&files);
	confine_shared_find(run, &files);
	code = open_sets(run, &files, first);
	confine_forget(&run->confine.confine);
	for (size_t i = 0; code == VMGRANT_GRANTED && i < files.count; i++) {
		if (!is_none(&files.items[i]))
			code = add_one(run, &files.items[i], first);
	}
	qemu_files_release(&files);
	return code;
}
