/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The syntax of qemu-bridge-helper's bridge.conf, from text to rules. Pure.
 *
 * What parse_acl_file() of QEMU 4.1 to 10.1 does with a file is the specification,
 * so that a file which works there means the same here:
 *
 *   - a line is what fgets() puts into 4,096 bytes: of a longer one the rest is a
 *     line of its own, and what stands behind a NUL is not seen;
 *   - white space is what glib says: no vertical tab, but carriage returns. It is
 *     cut off at both ends of the line and of the argument;
 *   - only the first character of a line can begin a comment;
 *   - the command ends at the first space of the line, or, if there is none, at the
 *     first tab. The argument is the whole rest; it may be empty;
 *   - a line without space and tab, an unknown command, and an argument of allow or
 *     deny that is longer than an interface's name end the reading of the file. The
 *     rules before stay, and the caller decides what the error means;
 *   - a name that no bridge can have, "br0 # lan" among them, matches none.
 *
 * What qemu passes over in silence is passed over, and the visitor is told.
 */
#include "judge/policy/acl.h"

#include <string.h>

#include "judge/policy/words.h"

#define QEMU_LINE_MAX 4095u /* its buffer less the NUL */

/* What fgets() would give, and where it stands. */
struct piece {
	char *start, *end; /* end: its newline, NUL or cut; of its argument later */
	const char *line_start;
	int overwrites; /* 1: the byte at end belongs to nobody and may become a NUL */
};

struct reader {
	struct acl *acl;
	const struct acl_visitor *visitor;
	struct acl_error *error;
	struct acl_line line; /* its only word is the argument */
};

static int is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\f' || byte == '\n';
}

/* text of that length, which is not ended by NUL, is why the file is read no further. */
static int fail(const struct reader *reader, const char *text, size_t length, unsigned column,
		const char *message)
{
	char word[sizeof(reader->error->word) + 1];

	/* One byte more than the error can show, so that it shows the cut. */
	if (length >= sizeof(word))
		length = sizeof(word) - 1;
	memcpy(word, text, length);
	word[length] = '\0';
	acl_error_set(reader->error, reader->line.file, reader->line.number, column, word, message);
	return -1;
}

static void pass_over(const struct reader *reader, unsigned column, const char *word,
		      const char *message)
{
	struct acl_error what;

	if (reader->visitor == NULL || reader->visitor->passed_over == NULL)
		return;
	acl_error_set(&what, reader->line.file, reader->line.number, column, word, message);
	reader->visitor->passed_over(reader->visitor->context, &what);
}

static const char *problem_of_name(const char *name)
{
	if (name[0] == '\0')
		return "passed over: it names no bridge";
	if (strchr(name, '#') != NULL)
		return "passed over: a comment needs a line of its own, this is no name of a bridge";
	return "passed over: not a name that a bridge can have";
}

static int read_rule(const struct reader *reader, enum acl_effect effect)
{
	const struct acl_word *name = &reader->line.words[0];
	const struct acl_rule rule = {
		.effect = effect,
		.kind = ACL_KIND_BRIDGE,
		.subject.type = ACL_SUBJECT_EVERYBODY,
		.bridge = strcmp(name->text, "all") == 0 ? NULL : name->text,
		.options.port_direct = 1,
		.file = reader->line.file,
		.line = reader->line.number,
	};

	if (name->length > ACL_BRIDGE_NAME_MAX)
		return acl_word_error(reader->error, &reader->line, name,
				      "a bridge name has at most 15 bytes");
	if (!acl_bridge_name_valid(name->text)) {
		pass_over(reader, name->column, name->text, problem_of_name(name->text));
		return 0;
	}
	if (acl_append(reader->acl, &rule) == 0)
		return 0;
	return acl_append_error(reader->error, reader->acl, &reader->line, name);
}

static int read_include(const struct reader *reader)
{
	const struct acl_word *path = &reader->line.words[0];

	if (path->text[0] == '/')
		return acl_word_visit(reader->visitor->include, reader->visitor->context,
				      &reader->line, path, reader->error);
	/* There it depends on where the helper was started; here it is started nowhere. */
	pass_over(reader, path->column, path->text,
		  "passed over: the path is not absolute, from / on");
	return 0;
}

/* Cut the piece into command and argument. Returns the command's length, 0 without argument. */
static size_t cut(struct reader *reader, struct piece *piece)
{
	struct acl_word *argument = &reader->line.words[0];
	size_t rest = (size_t)(piece->end - piece->start);
	char *p = memchr(piece->start, ' ', rest);
	size_t length;

	if (p == NULL)
		p = memchr(piece->start, '\t', rest);
	if (p == NULL)
		return 0;
	length = (size_t)(p++ - piece->start);
	while (p < piece->end && is_space(*p))
		p++;
	while (piece->end > p && is_space(piece->end[-1])) {
		piece->end--;
		piece->overwrites = 1;
	}
	argument->text = p;
	argument->length = (size_t)(piece->end - p);
	argument->column = (unsigned)(p - piece->line_start) + 1;
	/* Where the next byte is needed the argument's NUL costs the separator before it. */
	if (!piece->overwrites) {
		argument->text--;
		memmove(argument->text, p, argument->length);
	}
	argument->text[argument->length] = '\0';
	return length;
}

static int read_piece(struct reader *reader, struct piece *piece)
{
	struct acl_word command;

	while (piece->start < piece->end && is_space(*piece->start))
		piece->start++;
	if (piece->start == piece->end || *piece->start == '#')
		return 0;
	command.text = piece->start;
	command.column = (unsigned)(piece->start - piece->line_start) + 1;
	command.length = cut(reader, piece);
	if (command.length == 0) {
		while (piece->end > piece->start && is_space(piece->end[-1]))
			piece->end--;
		return fail(reader, command.text, (size_t)(piece->end - piece->start),
			    command.column,
			    "expected allow, deny or include, a space, and a name or path");
	}
	if (ACL_WORD_IS(&command, "allow"))
		return read_rule(reader, ACL_EFFECT_ALLOW);
	if (ACL_WORD_IS(&command, "deny"))
		return read_rule(reader, ACL_EFFECT_DENY);
	if (ACL_WORD_IS(&command, "include"))
		return read_include(reader);
	return fail(reader, command.text, command.length, command.column,
		    "unknown command; expected allow, deny or include");
}

/* One call of fgets(): up to the newline, or as much as the buffer takes. */
static char *next_piece(struct reader *reader, char *start, char *text_end, struct piece *piece)
{
	size_t rest = (size_t)(text_end - start);
	size_t length = rest > QEMU_LINE_MAX ? QEMU_LINE_MAX : rest;
	char *newline = memchr(start, '\n', length), *nul;
	char *next = newline != NULL ? newline + 1 : start + length;

	piece->start = start;
	piece->end = newline != NULL ? newline : next;
	piece->overwrites = newline != NULL;
	nul = memchr(start, '\0', (size_t)(piece->end - start));
	if (nul != NULL) {
		piece->end = nul;
		piece->overwrites = 1;
		pass_over(reader, (unsigned)(nul - piece->line_start) + 1, NULL,
			  "passed over: what stands behind a NUL byte");
	}
	if (newline == NULL && next < text_end)
		pass_over(reader, (unsigned)(next - piece->line_start) + 1, NULL,
			  "longer than 4095 bytes: qemu reads the rest as a line of its own");
	return next;
}

int acl_parse_qemu(struct acl *acl, char *text, size_t length, const char *file,
		   const struct acl_visitor *visitor, struct acl_error *error)
{
	struct reader reader = { .acl = acl, .visitor = visitor, .error = error };
	struct piece piece = { .line_start = text };
	char *const text_end = text + length;

	reader.line.file = file;
	reader.line.number = 1;
	reader.line.word_count = 1;
	for (char *start = text; start < text_end;) {
		char *next = next_piece(&reader, start, text_end, &piece);
		const int is_whole = next[-1] == '\n';

		if (read_piece(&reader, &piece) != 0)
			return -1;
		start = next;
		if (is_whole) {
			reader.line.number++;
			piece.line_start = start;
		}
	}
	return 0;
}
