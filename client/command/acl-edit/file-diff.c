/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What differs between two texts, as diff -u prints it. Pure. */
#include "client/command/acl-edit/file-text.h"

#include <stdlib.h>
#include <string.h>

#include "client/text/text.h"

#define AROUND 3u

static void add_lines(char **diff, char sign, const char *text, unsigned first, unsigned end)
{
	for (unsigned number = first; number < end; number++) {
		char *line = file_text_line(text, number);

		text_append(diff, &sign, 1);
		text_append(diff, line, strlen(line));
		text_append(diff, "\n", 1);
		free(line);
	}
}

static int is_same(const char *before, unsigned left, const char *after, unsigned right)
{
	char *one = file_text_line(before, left), *other = file_text_line(after, right);
	int result = strcmp(one, other) == 0;

	free(one);
	free(other);
	return result;
}

/* "-12,7": a part without lines is named by the line before it. */
static void add_range(char **diff, char sign, unsigned first, unsigned count)
{
	char *range = text_format("%c%u", sign, count == 0 ? first - 1 : first);

	text_append(diff, range, strlen(range));
	free(range);
	if (count == 1)
		return;
	range = text_format(",%u", count);
	text_append(diff, range, strlen(range));
	free(range);
}

/* The lines that differ are old_first to old_end, which became those to new_end. */
static char *format_hunk(const char *before, const char *after, unsigned first, unsigned old_end,
			 unsigned new_end)
{
	const unsigned start = first > AROUND ? first - AROUND : 1;
	const unsigned left = file_text_lines(before) + 1 - old_end;
	const unsigned behind = left < AROUND ? left : AROUND;
	char *hunk = text_format("@@ ");

	add_range(&hunk, '-', start, old_end + behind - start);
	text_append(&hunk, " ", 1);
	add_range(&hunk, '+', start, new_end + behind - start);
	text_append(&hunk, " @@\n", 4);
	add_lines(&hunk, ' ', before, start, first);
	add_lines(&hunk, '-', before, first, old_end);
	add_lines(&hunk, '+', after, first, new_end);
	add_lines(&hunk, ' ', before, old_end, old_end + behind);
	return hunk;
}

char *file_text_diff(const char *before, const char *after, const char *path)
{
	unsigned old_end = file_text_lines(before) + 1, new_end = file_text_lines(after) + 1;
	unsigned first = 1;
	char *hunk, *diff;

	while (first < old_end && first < new_end && is_same(before, first, after, first))
		first++;
	while (old_end > first && new_end > first &&
	       is_same(before, old_end - 1, after, new_end - 1)) {
		old_end--;
		new_end--;
	}
	hunk = format_hunk(before, after, first, old_end, new_end);
	diff = text_format("--- %s\n+++ %s\n%s", path, path, hunk);
	free(hunk);
	return diff;
}
