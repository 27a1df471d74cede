/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The findings of vmgrant check, for people and for programs. */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/check/check.h"
#include "client/command/common/json.h"
#include "client/text/language.h"

#define COLUMNS 80u
#define INDENT 6u

/* Words and colours of the levels. */
static const struct {
	const char *word, *colour, *json;
} levels[] = {
	[CHECK_OK] = { "ok", "\033[32m", "ok" },
	[CHECK_INFO] = { "info", "", "info" },
	[CHECK_WARN] = { "warn", "\033[33m", "warn" },
	[CHECK_FAIL] = { "FAIL", "\033[31m", "fail" },
};

/* ---- for people ---- */

struct style {
	int is_coloured;
	size_t columns;    /* 0: never break a line */
	const char *arrow;
};

/* Only a terminal gets colours and broken lines: what reads a pipe wants whole ones. */
static struct style find_style(void)
{
	int is_terminal = isatty(STDOUT_FILENO);

	(void)setlocale(LC_CTYPE, "");
	return (struct style){
		.is_coloured = is_terminal && getenv("NO_COLOR") == NULL,
		.columns = is_terminal ? COLUMNS : 0,
		.arrow = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "\xe2\x86\x92" : "->",
	};
}

/* Print words from column on; what does not fit goes to indented lines. */
static void print_words(const char *text, size_t column, size_t indent, size_t columns)
{
	while (*text != '\0') {
		size_t length = strcspn(text, " "), width = language_columns(text, length);

		if (columns != 0 && column > indent && column + 1 + width > columns) {
			(void)printf("\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			(void)putchar(' ');
			column++;
		}
		(void)fwrite(text, 1, length, stdout);
		column += width;
		text += length;
		text += *text == ' ';
	}
	(void)putchar('\n');
}

static void print_finding(const struct finding *finding, const struct style *style)
{
	const char *colour = style->is_coloured ? levels[finding->level].colour : "";
	const char *plain = style->is_coloured ? "\033[0m" : "";

	(void)printf("%s%-4s%s  ", colour, levels[finding->level].word, plain);
	print_words(finding->what, INDENT, INDENT, style->columns);
	if (finding->mend == NULL)
		return;
	(void)printf("%*s%s ", (int)INDENT, "", style->arrow);
	/* A command is to be copied: it stays whole, however long it is. */
	if (finding->remedy == CHECK_COMMAND)
		(void)puts(finding->mend);
	else
		print_words(finding->mend, INDENT + 2, INDENT + 2, style->columns);
}

static int is_wanted(const struct finding *finding, const struct check_print *print)
{
	return !print->is_quiet || finding->level >= CHECK_WARN;
}

void check_print_text(const struct check *check, const struct check_print *print)
{
	const struct style style = find_style();

	for (size_t i = 0; i < check->count; i++) {
		if (is_wanted(&check->findings[i], print))
			print_finding(&check->findings[i], &style);
	}
}

/* ---- for programs ---- */

static json_object *finding_to_json(const struct finding *finding)
{
	json_object *entry = json_object_new_object();

	json_add_text(entry, "check", finding->check);
	json_add_text(entry, "level", levels[finding->level].json);
	json_add_text(entry, "text", finding->what);
	if (finding->mend == NULL)
		return entry;
	json_add_text(entry, "mend", finding->mend);
	json_add_flag(entry, "command", finding->remedy == CHECK_COMMAND);
	return entry;
}

void check_print_json(const struct check *check, const struct check_print *print)
{
	json_object *object = json_object_new_object();
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < check->count; i++) {
		if (is_wanted(&check->findings[i], print))
			(void)json_object_array_add(array, finding_to_json(&check->findings[i]));
	}
	json_add_text(object, "user", check->user);
	json_add(object, "findings", array);
	json_add_flag(object, "good", check_worst(check) < CHECK_FAIL);
	json_print(object);
	(void)json_object_put(object);
}
