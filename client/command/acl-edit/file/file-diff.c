/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What differs between two texts, as diff -u prints it. Pure. */
#include "client/command/acl-edit/file/file-text.h"

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

/* The number of the first line that differs. */
static unsigned first_difference(const char *before, const char *after)
{
	unsigned line = 1;

	for (; *before == *after && *before != '\0'; before++, after++)
		line += *before == '\n';
	return line;
}

/* How many lines at the end are the same. */
static unsigned same_at_end(const char *before, const char *after)
{
	size_t left = strlen(before), right = strlen(after);
	unsigned count = 0;

	while (left > 0 && right > 0 && before[left - 1] == after[right - 1]) {
		left--;
		right--;
		count += (left == 0 || before[left - 1] == '\n') &&
			 (right == 0 || after[right - 1] == '\n');
	}
	return count;
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
	const unsigned first = first_difference(before, after);
	unsigned old_end = file_text_lines(before) + 1, new_end = file_text_lines(after) + 1;
	unsigned same = same_at_end(before, after);
	char *hunk, *diff;

	/* Lines that stand there twice are found from both ends. */
	if (same > old_end - first)
		same = old_end - first;
	if (same > new_end - first)
		same = new_end - first;
	old_end -= same;
	new_end -= same;
	hunk = format_hunk(before, after, first, old_end, new_end);
	diff = text_format("--- %s\n+++ %s\n%s", path, path, hunk);
	free(hunk);
	return diff;
}
