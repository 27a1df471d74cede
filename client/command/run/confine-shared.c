/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Files that are named in a folder which a guest may write. */
#include "client/command/run/confine-shared.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/command/common/command.h"
#include "client/command/common/whole-path.h"
#include "client/confine/confine.h"
#include "client/qemu/files.h"
#include "client/text/text.h"

/* Is path below that folder? Both are absolute. */
static int is_below(const char *path, const char *folder)
{
	const size_t length = strlen(folder);

	return strncmp(path, folder, length) == 0 && path[length] == '/';
}

static int is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Where it leads; of one that is to be made, where it would be. NULL: nobody can say. */
static char *end_of(const char *path)
{
	char *real = realpath(path, NULL), *folder, *parent;
	const char *name = text_base_name(path);
	struct stat status;

	if (real != NULL || lstat(path, &status) == 0)
		return real;
	folder = text_format("%.*s", (int)(name - path), path);
	parent = realpath(folder, NULL);
	free(folder);
	real = parent == NULL ? NULL : text_format("%s/%s", parent, name);
	free(parent);
	return real;
}

static int leads_out(const char *path, const char *folder)
{
	char *end = end_of(path), *real = realpath(folder, NULL);
	int result = end == NULL || (real != NULL && !is_below(end, real));

	free(real);
	free(end);
	return result;
}

static int check_in(const struct qemu_file *file, const char *folder)
{
	char *path = whole_path(file->path);
	int code = VMGRANT_GRANTED;

	if (is_below(path, folder) && leads_out(path, folder))
		code = command_fail(VMGRANT_UNSUPPORTED,
				    "--confine: %s %.256s: leads out of "
				    "%.256s, where a guest may have put that link: name what it "
				    "leads to",
				    file->option, file->path, folder);
	free(path);
	return code;
}

static int check_all(const struct qemu_files *files, const char *folder)
{
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; code == VMGRANT_GRANTED && i < files->count; i++) {
		const struct qemu_file *file = &files->items[i];

		if (!file->is_implied && !file->is_abstract && !file->is_searched)
			code = check_in(file, folder);
	}
	return code;
}

int confine_shared_check(const struct confine *confine, const struct qemu_files *files)
{
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; code == VMGRANT_GRANTED && i < confine->place_count; i++) {
		const struct confine_place *place = &confine->places[i];

		if (place->access == CONFINE_WRITE && is_folder(place->path))
			code = check_all(files, place->path);
	}
	for (size_t i = 0; code == VMGRANT_GRANTED && i < files->count; i++) {
		char *path = whole_path(files->items[i].path);

		if (files->items[i].use == QEMU_USE_FOLDER && !files->items[i].is_read_only &&
		    !files->items[i].is_implied)
			code = check_all(files, path);
		free(path);
	}
	return code;
}
