/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The policy: the ACL file, what it includes and what it imports. */
#include "judge/policy/load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/process/directory.h"

/* One load under way. depth counts the files that are open around this one. */
struct loader {
	struct policy *policy;
	const struct policy_opener *opener;
	unsigned depth;
	int fatal; /* an error inside an imported file that must not be passed over */
};

typedef int (*opener_function)(void *context, const char *path, mode_t kind,
			       struct trusted_problem *problem);

static int load_administrator_path(struct loader *loader, const char *path, mode_t kind,
				   struct acl_error *error);

/* Text and names live as long as the rules. Takes over memory, also on failure. */
static int keep_memory(struct policy *policy, void *memory)
{
	if (policy->memory_count == policy->memory_capacity) {
		size_t capacity = policy->memory_capacity == 0 ? 8 : policy->memory_capacity * 2;
		void **grown = reallocarray(policy->memory, capacity, sizeof *grown);

		if (grown == NULL) {
			free(memory);
			return -1;
		}
		policy->memory = grown;
		policy->memory_capacity = capacity;
	}
	policy->memory[policy->memory_count++] = memory;
	return 0;
}

/*
 * Report a file that could not be had. The file named is the one at fault; the
 * statement that led to it stands in the parser's error place only when the
 * path alone would not tell.
 */
static int fail_file(struct acl_error *error, const char *path, const char *reason)
{
	acl_error_set(error, path, 0, 0, NULL, reason);
	return -1;
}

static int count_file(struct loader *loader, const char *path, struct acl_error *error)
{
	if (++loader->policy->file_count > POLICY_FILES_MAX)
		return fail_file(error, path, "the policy has too many files");
	return 0;
}

static int note_file(struct loader *loader, const char *path)
{
	return loader->opener->note(loader->opener->context, &loader->policy->sources, path);
}

static int fail_memory(struct trusted_problem *problem)
{
	*problem = (struct trusted_problem){ TRUSTED_SYSTEM, ENOMEM, "out of memory" };
	return -1;
}

/* Note and open a path. Returns an fd, or -1. */
static int open_path(struct loader *loader, const char *path, mode_t kind,
		     opener_function open_file, struct trusted_problem *problem)
{
	if (note_file(loader, path) < 0)
		return fail_memory(problem);
	return open_file(loader->opener->context, path, kind, problem);
}

/* Read one file; the text is kept by the policy. The fd is consumed. */
static int read_file(struct loader *loader, int fd, char **text, size_t *length,
		     struct trusted_problem *problem)
{
	int result = trusted_file_read(fd, text, length, problem);

	close(fd);
	if (result == 0 && keep_memory(loader->policy, *text) < 0)
		return fail_memory(problem);
	return result;
}

/* ---- files in qemu's syntax, with the caller's own rights ---- */

static int load_qemu_file(struct loader *loader, const char *path, struct trusted_problem *problem,
			  struct acl_error *error);

static int reject_nested_import(void *context, const char *path, struct acl_error *error)
{
	(void)context;
	return fail_file(error, path, "import-qemu is no statement of qemu's");
}

/*
 * What qemu passes over in silence: a file that is not there, or not for this
 * caller, and a folder, in which it finds no line. Nothing else that fails is among
 * it, neither behind the opening nor for want of memory or descriptors, whose limits
 * the caller sets: a deny would vanish.
 */
static int may_pass_over(const struct trusted_problem *problem, const struct policy_look *look)
{
	if (problem->kind != TRUSTED_NOT_OPENED)
		return problem->kind == TRUSTED_OK || problem->kind == TRUSTED_IS_FOLDER;
	/* What was seen when it was noted, a moment before, is not missing. */
	return problem->error == EACCES || (problem->error == ENOENT && look->error != 0);
}

static void tell_passed_over(void *context, const struct acl_error *what)
{
	const struct loader *loader = context;

	if (loader->opener->passed_over != NULL)
		loader->opener->passed_over(loader->opener->context, what);
}

/* Of a file with an error (line and all) the rules before count, of another none. */
static void tell_include_passed_over(struct loader *loader, const struct acl_error *error)
{
	struct acl_error what = *error;

	(void)snprintf(what.message, sizeof what.message, "passed over%s: %.200s",
		       error->line != 0 ? ", and what follows it in this file" : "",
		       error->message);
	tell_passed_over(loader, &what);
}

/*
 * An include of qemu's: what the caller may not read, is missing or malformed is
 * passed over. What somebody else could have written is not.
 */
static int visit_qemu_include(void *context, const char *path, struct acl_error *error)
{
	struct loader *loader = context;
	struct trusted_problem problem = { 0 };
	const struct policy_sources *sources = &loader->policy->sources;
	const size_t index = sources->count; /* it is noted first */
	struct acl_error ignored;

	if (loader->depth >= POLICY_DEPTH_MAX) {
		loader->fatal = 1;
		return fail_file(error, path, "includes too deep, or in a circle");
	}
	if (load_qemu_file(loader, path, &problem, &ignored) == 0)
		return 0;
	if (!loader->fatal && sources->count > index &&
	    may_pass_over(&problem, &sources->items[index].look)) {
		tell_include_passed_over(loader, &ignored);
		return 0;
	}
	loader->fatal = 1;
	*error = ignored;
	return -1;
}

static int load_qemu_file(struct loader *loader, const char *path, struct trusted_problem *problem,
			  struct acl_error *error)
{
	const struct acl_visitor visitor = { loader, visit_qemu_include, reject_nested_import,
					     tell_passed_over };
	char *text;
	size_t length;
	int fd, result;

	if (count_file(loader, path, error) < 0) {
		loader->fatal = 1;
		return -1;
	}
	fd = open_path(loader, path, S_IFREG, loader->opener->caller, problem);
	if (fd < 0 || read_file(loader, fd, &text, &length, problem) < 0)
		return fail_file(error, path, problem->reason);
	loader->depth++;
	result = acl_parse_qemu(&loader->policy->acl, text, length, path, &visitor, error);
	loader->depth--;
	return result;
}

static int visit_import(void *context, const char *path, struct acl_error *error)
{
	struct trusted_problem problem = { 0 };

	return load_qemu_file(context, path, &problem, error);
}

/* ---- the administrator's own files ---- */

static int is_policy_name(const char *name)
{
	size_t length = strlen(name);

	return length > 5 && strcmp(name + length - 5, ".conf") == 0;
}

static int compare_paths(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Add the path of one entry of a folder; the policy keeps the string. */
static int add_entry(struct loader *loader, const char *folder, const char *name, char **paths,
		     size_t *count)
{
	char *path = NULL;

	if (*count == POLICY_FILES_MAX || asprintf(&path, "%s/%s", folder, name) < 0)
		return -1;
	paths[(*count)++] = path;
	return keep_memory(loader->policy, path);
}

/* The *.conf files of an open folder, in the order of their bytes. */
static int list_folder(struct loader *loader, const char *folder, DIR *entries, char **paths,
		       size_t *count)
{
	const char *name;

	while ((name = directory_next(entries)) != NULL) {
		if (is_policy_name(name) && add_entry(loader, folder, name, paths, count) < 0)
			return -1;
	}
	if (errno != 0)
		return -1;
	qsort(paths, *count, sizeof *paths, compare_paths);
	return 0;
}

/* Load what a folder holds. The fd is consumed. */
static int load_folder(struct loader *loader, const char *folder, int fd, struct acl_error *error)
{
	char **paths = calloc(POLICY_FILES_MAX, sizeof *paths);
	DIR *entries = fdopendir(fd);
	size_t count = 0;
	int result = 0;

	if (paths == NULL || entries == NULL ||
	    list_folder(loader, folder, entries, paths, &count) < 0)
		result = fail_file(error, folder, "the folder cannot be read, or has too many files");
	for (size_t i = 0; i < count && result == 0; i++)
		result = load_administrator_path(loader, paths[i], S_IFREG, error);
	if (entries != NULL)
		(void)closedir(entries);
	else
		close(fd);
	free(paths);
	return result;
}

/* A file or a folder, whatever it is. */
static int visit_include(void *context, const char *path, struct acl_error *error)
{
	struct loader *loader = context;

	if (loader->depth >= POLICY_DEPTH_MAX)
		return fail_file(error, path, "includes too deep, or in a circle");
	return load_administrator_path(loader, path, 0, error);
}

/* Read an open file. The fd is consumed. */
static int load_file(struct loader *loader, const char *path, int fd, struct acl_error *error)
{
	const struct acl_visitor visitor = { loader, visit_include, visit_import, NULL };
	struct trusted_problem problem = { 0 };
	char *text;
	size_t length;
	int result;

	if (read_file(loader, fd, &text, &length, &problem) < 0)
		return fail_file(error, path, problem.reason);
	loader->depth++;
	result = acl_parse(&loader->policy->acl, text, length, path, &visitor, error);
	loader->depth--;
	return result;
}

/* kind as for the opener. */
static int load_administrator_path(struct loader *loader, const char *path, mode_t kind,
				   struct acl_error *error)
{
	struct trusted_problem problem = { 0 };
	struct stat status;
	int fd;

	if (count_file(loader, path, error) < 0)
		return -1;
	fd = open_path(loader, path, kind, loader->opener->administrator, &problem);
	if (fd < 0)
		return fail_file(error, path, problem.reason);
	if (fstat(fd, &status) < 0) {
		close(fd);
		return fail_file(error, path, "it cannot be looked at");
	}
	if (!S_ISDIR(status.st_mode))
		return load_file(loader, path, fd, error);
	/* Only files count. */
	loader->policy->file_count--;
	return load_folder(loader, path, fd, error);
}

int policy_load(struct policy *policy, const char *path, const struct policy_opener *opener,
		struct acl_error *error)
{
	struct loader loader = { .policy = policy, .opener = opener };

	*policy = (struct policy){ 0 };
	if (load_administrator_path(&loader, path, S_IFREG, error) < 0)
		return -1;
	/* Errors in qemu's includes are passed over, but not a rule that found no room. */
	return policy->acl.incomplete ? fail_file(error, path, "not enough memory, or too many rules")
				      : 0;
}

void policy_release(struct policy *policy)
{
	acl_release(&policy->acl);
	for (size_t i = 0; i < policy->memory_count; i++)
		free(policy->memory[i]);
	free(policy->memory);
	free(policy->sources.items);
	*policy = (struct policy){ 0 };
}
