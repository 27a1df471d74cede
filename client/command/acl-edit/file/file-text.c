/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A policy file's text, and the change of one of its lines. Pure. */
#include "client/command/acl-edit/file/file-text.h"

#include <string.h>

#include "client/text/text.h"

#define BLANK " \t"

unsigned file_text_lines(const char *text)
{
	unsigned count = 0;

	while ((text = strchr(text, '\n')) != NULL) {
		text++;
		count++;
	}
	return count;
}

/* Where the line of that number begins, or the end of the text. */
static const char *find_line(const char *text, unsigned number)
{
	for (; number > 1 && *text != '\0'; number--) {
		const char *newline = strchr(text, '\n');

		text = newline != NULL ? newline + 1 : text + strlen(text);
	}
	return text;
}

char *file_text_line(const char *text, unsigned number)
{
	const char *line = find_line(text, number);

	return text_format("%.*s", (int)strcspn(line, "\n"), line);
}

char *file_text_insert(const char *text, unsigned number, const char *line)
{
	const char *rest = find_line(text, number);

	return text_format("%.*s%s\n%s", (int)(rest - text), text, line, rest);
}

char *file_text_remove(const char *text, const unsigned *numbers, size_t count)
{
	char *result = text_format("%s", "");
	unsigned next = 1;

	for (size_t i = 0; i < count; i++) {
		const char *from = find_line(text, next);

		text_append(&result, from, (size_t)(find_line(text, numbers[i]) - from));
		next = numbers[i] + 1;
	}
	text = find_line(text, next);
	text_append(&result, text, strlen(text));
	return result;
}

/* The comment of a line that is right, with the blanks before it, or its end. */
static const char *find_comment(const char *line)
{
	int is_quoted = 0;

	for (const char *p = line; *p != '\0' && *p != '\n'; p++) {
		if (*p == '"')
			is_quoted = !is_quoted;
		if (*p != '#' || is_quoted)
			continue;
		while (p > line && strchr(BLANK, p[-1]) != NULL)
			p--;
		return p;
	}
	return line + strcspn(line, "\n");
}

char *file_text_replace(const char *text, unsigned number, const char *line)
{
	const char *old = find_line(text, number);
	const char *comment = find_comment(old);
	size_t indent = strspn(old, BLANK);

	return text_format("%.*s%.*s%s%s", (int)(old - text), text, (int)indent, old, line,
			   comment);
}

unsigned file_text_first_statement(const char *text)
{
	const unsigned count = file_text_lines(text);

	for (unsigned number = 1; number <= count; number++) {
		const char *line = find_line(text, number);

		line += strspn(line, BLANK);
		if (*line != '\n' && *line != '#')
			return number;
	}
	return 0;
}
