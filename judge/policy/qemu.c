/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The syntax of qemu-bridge-helper's bridge.conf, from text to rules. Pure.
 *
 * Lines are read as parse_acl_file() of qemu's qemu-bridge-helper.c reads them,
 * so that a file which works there means the same here: a carriage return is
 * white space, the argument is the whole rest of the line, and only a line's
 * first character can begin a comment. Where qemu cuts a name to what the kernel
 * takes, and would then match an interface that nobody named, this is an error.
 *
 * qemu stops reading a file at a line that it cannot cut into a known command and
 * an argument. At a line that is wrong only here the reading goes on, as it would
 * there: the caller may pass over errors in an included file, and then a deny that
 * stands behind such a line must not be lost.
 */
#include "judge/policy/acl.h"

#include <string.h>

#include "judge/policy/words.h"

/* What became of a line. */
enum outcome { LINE_READ, LINE_REFUSED, LINE_FATAL };

/* A line's first word; not ended by NUL, which may have no room at the end of the text. */
struct command {
	const char *text;
	size_t length;
	unsigned column;
};

/* What qemu asks glib for: g_ascii_isspace() knows no vertical tab. */
static int is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\f';
}

static enum outcome command_error(struct acl_error *error, const struct acl_line *line,
				  const struct command *command, const char *message)
{
	char word[sizeof(error->word) + 1];
	size_t length = command->length;

	/* One byte more than the error can show, so that it shows the cut. */
	if (length >= sizeof(word))
		length = sizeof(word) - 1;
	memcpy(word, command->text, length);
	word[length] = '\0';
	acl_error_set(error, line->file, line->number, command->column, word, message);
	return LINE_FATAL;
}

static enum outcome refuse(struct acl_error *error, const struct acl_line *line,
			   const char *message)
{
	acl_word_error(error, line, &line->words[0], message);
	return LINE_REFUSED;
}

static enum outcome read_rule(struct acl *acl, enum acl_effect effect, const struct acl_line *line,
			      struct acl_error *error)
{
	const struct acl_word *name = &line->words[0];
	const struct acl_rule rule = {
		.effect = effect,
		.kind = ACL_KIND_BRIDGE,
		.subject.type = ACL_SUBJECT_EVERYBODY,
		.bridge = strcmp(name->text, "all") == 0 ? NULL : name->text,
		.options.port_direct = 1,
		.file = line->file,
		.line = line->number,
	};

	if (name->length > ACL_BRIDGE_NAME_MAX)
		return refuse(error, line, "a bridge name has at most 15 bytes");
	if (!acl_bridge_name_valid(name->text))
		return refuse(error, line, "not a name that a bridge can have");
	if (acl_append(acl, &rule) == 0)
		return LINE_READ;
	acl_append_error(error, acl, line, name);
	return LINE_FATAL;
}

static enum outcome read_statement(struct acl *acl, const struct acl_line *line,
				   const struct command *command, const struct acl_visitor *visitor,
				   struct acl_error *error)
{
	if (ACL_WORD_IS(command, "allow"))
		return read_rule(acl, ACL_EFFECT_ALLOW, line, error);
	if (ACL_WORD_IS(command, "deny"))
		return read_rule(acl, ACL_EFFECT_DENY, line, error);
	if (!ACL_WORD_IS(command, "include"))
		return command_error(error, line, command,
				     "unknown command; expected allow, deny or include");
	if (line->words[0].text[0] != '/')
		return refuse(error, line, "the path must be absolute, from / on");
	if (acl_word_visit(visitor->include, visitor->context, line, &line->words[0], error) != 0)
		return LINE_FATAL;
	return LINE_READ;
}

/* An error in bytes has a column and no word that could be shown. */
static enum outcome check_bytes(const struct acl_line *line, const char *start, const char *end,
				struct acl_error *error)
{
	const char *message = "line longer than 4096 bytes";
	const char *wrong = start + ACL_LINE_MAX;

	if ((size_t)(end - start) <= ACL_LINE_MAX) {
		message = "NUL byte";
		wrong = memchr(start, '\0', (size_t)(end - start));
		if (wrong == NULL)
			return LINE_READ;
	}
	acl_error_set(error, line->file, line->number, (unsigned)(wrong - start) + 1, NULL,
		      message);
	return LINE_REFUSED;
}

/* Read the line from start to end, its newline or the end of the text. */
static enum outcome read_line(struct acl *acl, struct acl_line *line, char *start, char *end,
			      const char *text_end, const struct acl_visitor *visitor,
			      struct acl_error *error)
{
	struct acl_word *argument = &line->words[0];
	struct command command;
	char *p = start;

	if (check_bytes(line, start, end, error) != LINE_READ)
		return LINE_REFUSED;
	while (p < end && is_space(*p))
		p++;
	if (p == end || *p == '#')
		return LINE_READ;
	while (is_space(end[-1]))
		end--;
	command = (struct command){ .text = p, .column = (unsigned)(p - start) + 1 };
	while (p < end && *p != ' ' && *p != '\t')
		p++;
	command.length = (size_t)(p - command.text);
	if (p == end)
		return command_error(
			error, line, &command,
			"expected allow, deny or include, a space, and a name or path");
	while (is_space(*p))
		p++;
	*argument = (struct acl_word){ p, (size_t)(end - p), (unsigned)(p - start) + 1 };
	/* The last line may lack its newline: the word's NUL then costs the space before it. */
	if (end == text_end) {
		argument->text--;
		memmove(argument->text, p, argument->length);
	}
	argument->text[argument->length] = '\0';
	return read_statement(acl, line, &command, visitor, error);
}

int acl_parse_qemu(struct acl *acl, char *text, size_t length, const char *file,
		   const struct acl_visitor *visitor, struct acl_error *error)
{
	char *const text_end = text + length;
	char *start = text;
	struct acl_error later; /* the caller hears of the first error */
	struct acl_line line;
	int result = 0;

	line.file = file;
	line.number = 0;
	line.word_count = 1;
	while (start < text_end) {
		char *newline = memchr(start, '\n', (size_t)(text_end - start));
		char *end = newline != NULL ? newline : text_end;
		enum outcome outcome;

		line.number++;
		outcome = read_line(acl, &line, start, end, text_end, visitor,
				    result == 0 ? error : &later);
		if (outcome != LINE_READ)
			result = -1;
		if (outcome == LINE_FATAL)
			return -1;
		start = newline != NULL ? newline + 1 : text_end;
	}
	return result;
}
