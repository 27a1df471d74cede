/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: processes and configuration files of other software. */
#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/check/beside/beside.h"

/* ---- processes ---- */

/* A process that runs, by the name that the kernel knows; the next one after *index. */
char *beside_find(const struct check *check, const char *name, size_t *index)
{
	struct words pids;
	char *found = NULL;

	tree_names(&pids, check->root, "/proc");
	for (; found == NULL && *index < pids.count; (*index)++) {
		char *comm;

		if (!isdigit((unsigned char)pids.items[*index][0]))
			continue;
		comm = tree_line(check->root, "/proc/%s/comm", pids.items[*index]);
		if (comm != NULL && strcmp(comm, name) == 0)
			found = text_format("%s", pids.items[*index]);
		free(comm);
	}
	words_release(&pids);
	return found;
}

/* The arguments of a process. Many programs write one line of their own over them. */
void beside_arguments(const struct check *check, const char *pid, struct words *words)
{
	char *path = tree_path(check->root, "/proc/%s/cmdline", pid), *word = NULL;
	FILE *file = fopen(path, "re");
	size_t size = 0;

	*words = (struct words){ 0 };
	while (file != NULL && getdelim(&word, &size, '\0', file) > 0)
		words_add(words, text_format("%s", word));
	if (file != NULL)
		(void)fclose(file);
	free(word);
	free(path);
}

/* ---- files ---- */

/* The next line of a configuration file without white space around it; NULL at its end. */
char *beside_line(FILE *file, char line[BESIDE_LINE_SIZE])
{
	char *begin, *end;

	if (file == NULL || fgets(line, BESIDE_LINE_SIZE, file) == NULL)
		return NULL;
	begin = line + strspn(line, " \t");
	end = begin + strlen(begin);
	while (end > begin && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return begin;
}

FILE *beside_open(const struct check *check, const char *name)
{
	char *path = tree_path(check->root, "%s", name);
	FILE *file = fopen(path, "re");

	free(path);
	return file;
}

void beside_close(FILE *file)
{
	if (file != NULL)
		(void)fclose(file);
}

/* Some word of a list, of which separators stand between the words, matches our names. */
int beside_matches(const char *list, const char *separators)
{
	char *copy = text_format("%s", list), *rest = copy, *word;
	int found = 0;

	while (!found && (word = strsep(&rest, separators)) != NULL)
		found = *word != '\0' && fnmatch(word, BESIDE_SAMPLE, 0) == 0;
	free(copy);
	return found;
}

/* What follows a word at the beginning of a line, or NULL. */
const char *beside_value(const char *line, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(line, word, length) != 0 || (line[length] != ' ' && line[length] != '\t'))
		return NULL;
	return line + length + strspn(line + length, " \t");
}
