/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Small files of sysfs, procfs and /etc. */
#include "client/command/machine/tree.h"

#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *format_path(const char *root, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

static char *format_path(const char *root, const char *format, va_list arguments)
{
	char *rest = text_format_list(format, arguments);
	char *path = text_format("%s%s", root, rest);

	free(rest);
	return path;
}

#define FORMAT_PATH(path, root, format)                    \
	do {                                               \
		va_list arguments;                         \
                                                           \
		va_start(arguments, format);               \
		(path) = format_path(root, format, arguments); \
		va_end(arguments);                         \
	} while (0)

char *tree_path(const char *root, const char *format, ...)
{
	char *path;

	FORMAT_PATH(path, root, format);
	return path;
}

int tree_exists(const char *root, const char *format, ...)
{
	char *path;
	int found;

	FORMAT_PATH(path, root, format);
	found = access(path, F_OK) == 0;
	free(path);
	return found;
}

static char *read_line(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	if (file == NULL)
		return NULL;
	length = getline(&line, &size, file);
	(void)fclose(file);
	if (length < 0) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

char *tree_line(const char *root, const char *format, ...)
{
	char *path, *line;

	FORMAT_PATH(path, root, format);
	line = read_line(path);
	free(path);
	return line;
}

long tree_number(const char *root, const char *format, ...)
{
	char *path, *line, *end;
	long number = -1;

	FORMAT_PATH(path, root, format);
	line = read_line(path);
	free(path);
	if (line == NULL)
		return -1;
	number = strtol(line, &end, 0);
	if (end == line || *end != '\0' || number < 0)
		number = -1;
	free(line);
	return number;
}

char *tree_link(const char *root, const char *format, ...)
{
	char target[PATH_MAX];
	ssize_t length;
	char *path;

	FORMAT_PATH(path, root, format);
	length = readlink(path, target, sizeof target - 1);
	free(path);
	if (length <= 0)
		return NULL;
	target[length] = '\0';
	return text_format("%s", text_base_name(target));
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void tree_names(struct words *names, const char *root, const char *format, ...)
{
	const struct dirent *entry;
	char *path;
	DIR *folder;

	*names = (struct words){ 0 };
	FORMAT_PATH(path, root, format);
	folder = opendir(path);
	free(path);
	if (folder == NULL)
		return;
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] != '.')
			words_add(names, text_format("%s", entry->d_name));
	}
	(void)closedir(folder);
	if (names->count > 1)
		qsort(names->items, names->count, sizeof *names->items, compare);
}
