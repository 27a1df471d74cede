/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The policy as it is with another text in the place of the file that is edited. */
#include "client/command/acl-edit/edited-policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/text/text.h"

struct loading {
	struct edited_policy *edited;
	const struct edited_file *file;
	const char *text;
	char *seen; /* the path by which the edited file was read */
};

/* ---- the openers ---- */

static int is_edited(const struct loading *loading, int fd)
{
	const struct stat *edited = &loading->file->status;
	struct stat status;

	return loading->file->fd >= 0 && fstat(fd, &status) == 0 &&
	       status.st_dev == edited->st_dev && status.st_ino == edited->st_ino;
}

/* A file in memory with the text: the loader reads what it is given. */
static int open_text(const char *text, struct trusted_problem *problem)
{
	const size_t length = strlen(text);
	int fd = memfd_create("policy", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, text, length) == (ssize_t)length && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	*problem = (struct trusted_problem){ TRUSTED_SYSTEM, errno, "no memory for its new text" };
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Consumes the fd. */
static int take_place(struct loading *loading, int fd, const char *path,
		      struct trusted_problem *problem)
{
	if (fd >= 0) {
		if (!is_edited(loading, fd))
			return fd;
		close(fd);
	} else if (loading->file->fd >= 0 || problem->error != ENOENT ||
		   strcmp(path, loading->file->path) != 0) {
		return fd;
	}
	if (loading->seen == NULL)
		loading->seen = text_format("%s", path);
	return open_text(loading->text, problem);
}

static int open_installed(void *context, const char *path, mode_t kind,
			  struct trusted_problem *problem)
{
	return take_place(context, trusted_file_open(path, kind, problem), path, problem);
}

/* Imported files have another syntax, in which nothing is edited here. */
static int open_imported(void *context, const char *path, mode_t kind,
			 struct trusted_problem *problem)
{
	struct loading *loading = context;
	int fd = trusted_file_open(path, kind, problem);

	if (fd >= 0 && is_edited(loading, fd))
		loading->edited->is_imported = 1;
	return fd;
}

/* Of a draft that is not root's, what it includes need not be either. */
static int open_draft(void *context, const char *path, mode_t kind, struct trusted_problem *problem)
{
	int fd = trusted_file_open(path, kind, problem);

	if (fd < 0 && problem->kind == TRUSTED_NOT_TRUSTED && geteuid() != 0) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		problem->error = errno;
	}
	return take_place(context, fd, path, problem);
}

static int note_source(void *context, struct policy_sources *sources, const char *path)
{
	(void)context;
	return policy_sources_add(sources, path);
}

/* ---- which policy ---- */

static int load(struct loading *loading, const char *path, struct acl_error *error,
		int (*open_file)(void *context, const char *path, mode_t kind,
				 struct trusted_problem *problem))
{
	const struct policy_opener opener = { loading, open_file, open_imported, note_source,
					      NULL };

	return policy_load(&loading->edited->policy, path, &opener, error);
}

/* Is the folder of a file that is not there yet one that the policy includes? */
static int is_folder_included(const struct policy *policy, const struct edited_file *file)
{
	const size_t length = strlen(file->name);
	struct stat folder;

	/* What includes a folder takes of it what ends in this. */
	if (file->fd >= 0 || length <= 5 || strcmp(file->name + length - 5, ".conf") != 0 ||
	    fstat(file->folder_fd, &folder) < 0)
		return 0;
	for (size_t i = 0; i < policy->sources.count; i++) {
		const struct policy_look *look = &policy->sources.items[i].look;
		const struct stat *seen =
			S_ISLNK(look->named.st_mode) ? &look->target : &look->named;

		if (look->error == 0 && S_ISDIR(seen->st_mode) && seen->st_dev == folder.st_dev &&
		    seen->st_ino == folder.st_ino)
			return 1;
	}
	return 0;
}

/* The rules of a file that nothing reads yet, behind all others. */
static int append_text(struct loading *loading, struct acl_error *error)
{
	struct policy *policy = &loading->edited->policy;
	char *copy = text_format("%s", loading->text);
	void **memory;

	memory = text_need(reallocarray(policy->memory, policy->memory_count + 1, sizeof *memory));
	policy->memory = memory;
	policy->memory[policy->memory_count++] = copy;
	policy->memory_capacity = policy->memory_count;
	if (policy->file_count >= POLICY_FILES_MAX) {
		acl_error_set(error, loading->file->path, 0, 0, NULL,
			      "the policy has too many files");
		return -1;
	}
	loading->seen = text_format("%s", loading->file->path);
	return acl_parse(&policy->acl, copy, strlen(copy), loading->file->path, NULL, error);
}

/*
 * Where the installed policy has an error that is not the edited file's, it is not known
 * whether it reads that: then it is judged by itself.
 */
static int load_any(struct loading *loading, struct acl_error *error)
{
	struct edited_policy *edited = loading->edited;
	int result = load(loading, VMGRANT_ACL_FILE, error, open_installed);

	if (loading->seen != NULL || edited->is_imported)
		return result;
	if (result == 0 && is_folder_included(&edited->policy, loading->file))
		return append_text(loading, error);
	policy_release(&edited->policy);
	edited->is_draft = 1;
	return load(loading, loading->file->path, error, open_draft);
}

int edited_policy_load(struct edited_policy *edited, const struct edited_file *file,
		       const char *text, struct acl_error *error)
{
	struct loading loading = { edited, file, text, NULL };
	int result;

	*edited = (struct edited_policy){ 0 };
	*error = (struct acl_error){ 0 };
	result = load_any(&loading, error);
	/* Rules call it by the very path that it was opened by. */
	edited->file = loading.seen;
	return result;
}

void edited_policy_release(struct edited_policy *edited)
{
	policy_release(&edited->policy);
	free(edited->file);
	*edited = (struct edited_policy){ 0 };
}
