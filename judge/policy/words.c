/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The text of a policy file as lines of words, each with its place. Pure.
 *
 * Every byte is looked at once, comments included: a byte that an editor or a
 * terminal does not show could hide what a rule really says.
 */
#include "judge/policy/words.h"

#include <string.h>

#include "judge/policy/letters.h"

enum byte_class { BYTE_BAD = 0, BYTE_WORD, BYTE_SPACE, BYTE_HASH, BYTE_QUOTE };

static const unsigned char byte_classes[256] = {
	['\t'] = BYTE_SPACE, [' '] = BYTE_SPACE, ['"'] = BYTE_QUOTE,
	['#'] = BYTE_HASH,   ['!'] = BYTE_WORD,  ['$' ... '~'] = BYTE_WORD,
};

static unsigned char class_of(char byte)
{
	return byte_classes[(unsigned char)byte];
}

int acl_word_error(struct acl_error *error, const struct acl_line *line,
		   const struct acl_word *word, const char *message)
{
	acl_error_set(error, line->file, line->number, word->column, word->text, message);
	return -1;
}

int acl_append_error(struct acl_error *error, const struct acl *acl, const struct acl_line *line,
		     const struct acl_word *word)
{
	return acl_word_error(error, line, word,
			      acl->count >= ACL_RULES_MAX ? "more than 65536 rules"
							  : "not enough memory");
}

int acl_word_visit(int (*visit)(void *context, const char *path, struct acl_error *error),
		   void *context, const struct acl_line *line, const struct acl_word *word,
		   struct acl_error *error)
{
	char message[sizeof(error->message)];

	*error = (struct acl_error){ 0 };
	if (visit(context, word->text, error) == 0)
		return 0;
	if (error->file[0] != '\0')
		return -1;
	memcpy(message, error->message, sizeof(message));
	return acl_word_error(error, line, word, message);
}

/* One byte is wrong: the error shows that byte, and its column. */
static int byte_error(struct acl_error *error, const struct acl_line *line, const char *start,
		      const char *byte, const char *message)
{
	const char word[2] = { *byte, '\0' };

	acl_error_set(error, line->file, line->number, (unsigned)(byte - start) + 1, word, message);
	return -1;
}

static int bad_byte_error(struct acl_error *error, const struct acl_line *line, const char *start,
			  const char *byte)
{
	const char *message = "control character";

	if (*byte == '\0')
		message = "NUL byte";
	else if (*byte == '\r')
		message = "carriage return; lines end with a newline alone";
	else if ((unsigned char)*byte >= 0x80)
		message = "not an ASCII character; a name that has one stands in double quotes";
	return byte_error(error, line, start, byte, message);
}

/* A name is what the directory says: letters of all languages, and the backslash is one. */
static const char *skip_quoted_byte(const char *p, const char *end, int is_name)
{
	size_t letter = is_name ? acl_letter_length(p, (size_t)(end - p)) : 0;

	if (letter > 0)
		return p + letter;
	if (class_of(*p) == BYTE_BAD || *p == '\t' || (*p == '\\' && !is_name))
		return NULL;
	return p + 1;
}

/* Where the value that opens at quote ends: behind its closing quote. */
static char *skip_quoted(const struct acl_line *line, const char *start, char *quote, char *end,
			 int is_name, struct acl_error *error)
{
	const char *p = quote + 1;

	while (p < end && *p != '"') {
		const char *next = skip_quoted_byte(p, end, is_name);

		if (next != NULL) {
			p = next;
			continue;
		}
		if (is_name && (unsigned char)*p >= 0x80)
			byte_error(error, line, start, p,
				   "not UTF-8, or a character that is not seen as one");
		else if (class_of(*p) == BYTE_BAD)
			bad_byte_error(error, line, start, p);
		else
			byte_error(error, line, start, p, "not possible between quotes");
		return NULL;
	}
	if (p == end) {
		byte_error(error, line, start, quote, "quote without a closing quote");
		return NULL;
	}
	p++;
	if (p < end && class_of(*p) != BYTE_SPACE) {
		byte_error(error, line, start, p, "a space must follow the closing quote");
		return NULL;
	}
	return quote + (p - quote);
}

/* Where the word that starts at word ends; NULL with *error filled. */
static char *skip_word(const struct acl_line *line, const char *start, char *word, char *end,
		       struct acl_error *error)
{
	static const char quotable[] = "serial=";
	char *p = word;

	while (p < end && class_of(*p) == BYTE_WORD)
		p++;
	if (p == end || class_of(*p) == BYTE_SPACE)
		return p;
	if (class_of(*p) == BYTE_BAD) {
		bad_byte_error(error, line, start, p);
		return NULL;
	}
	if (class_of(*p) == BYTE_HASH) {
		byte_error(error, line, start, p,
			   "inside a word; a comment needs a space before it");
		return NULL;
	}
	if (p == word)
		return skip_quoted(line, start, p, end, 1, error);
	if ((size_t)(p - word) != sizeof(quotable) - 1 ||
	    memcmp(word, quotable, sizeof(quotable) - 1) != 0) {
		byte_error(error, line, start, p,
			   "only a whole name, or the whole value of serial=, may be quoted");
		return NULL;
	}
	return skip_quoted(line, start, p, end, 0, error);
}

static int check_comment(const struct acl_line *line, const char *start, const char *comment,
			 const char *end, struct acl_error *error)
{
	for (const char *p = comment; p < end; p++) {
		if (class_of(*p) == BYTE_BAD)
			return bad_byte_error(error, line, start, p);
	}
	return 0;
}

/* Cut the line from start to its newline at end. */
static int cut_words(struct acl_line *line, char *start, char *end, struct acl_error *error)
{
	char *p = start;

	line->word_count = 0;
	while (p < end) {
		struct acl_word *word = &line->words[line->word_count];
		char *text = p;

		if (class_of(*p) == BYTE_SPACE) {
			p++;
			continue;
		}
		if (class_of(*p) == BYTE_HASH)
			return check_comment(line, start, p, end, error);
		if (line->word_count == ACL_LINE_WORDS_MAX)
			return byte_error(error, line, start, p, "too many words in one line");
		p = skip_word(line, start, text, end, error);
		if (p == NULL)
			return -1;
		word->text = text;
		word->length = (size_t)(p - text);
		word->column = (unsigned)(text - start) + 1;
		line->word_count++;
		/* The byte behind a word is its separator or the newline. */
		*p++ = '\0';
	}
	return 0;
}

/* The newline that ends the line at start; NULL with *error filled. */
static char *find_newline(const struct acl_line *line, char *start, const char *end,
			  struct acl_error *error)
{
	size_t rest = (size_t)(end - start);
	char *newline = memchr(start, '\n', rest > ACL_LINE_MAX ? ACL_LINE_MAX + 1 : rest);

	if (newline != NULL)
		return newline;
	if (rest > ACL_LINE_MAX)
		acl_error_set(error, line->file, line->number, ACL_LINE_MAX + 1, NULL,
			      "line longer than 4096 bytes");
	else
		acl_error_set(error, line->file, line->number, (unsigned)rest + 1, NULL,
			      "the last line has no newline; is the file complete?");
	return NULL;
}

static int check_byte_order_mark(const struct acl_reader *reader, const struct acl_line *line,
				 struct acl_error *error)
{
	static const char mark[] = "\xef\xbb\xbf";

	if (line->number != 1 || (size_t)(reader->end - reader->next) < sizeof(mark) - 1 ||
	    memcmp(reader->next, mark, sizeof(mark) - 1) != 0)
		return 0;
	acl_error_set(error, line->file, 1, 1, mark,
		      "byte order mark; save the file as plain ASCII");
	return -1;
}

int acl_reader_next(struct acl_reader *reader, struct acl_line *line, struct acl_error *error)
{
	while (reader->next < reader->end) {
		char *start = reader->next;
		char *newline;

		line->number++;
		if (check_byte_order_mark(reader, line, error) != 0)
			return -1;
		newline = find_newline(line, start, reader->end, error);
		if (newline == NULL)
			return -1;
		reader->next = newline + 1;
		if (cut_words(line, start, newline, error) != 0)
			return -1;
		if (line->word_count > 0)
			return 1;
	}
	return 0;
}

int acl_number_parse(const char *text, size_t length, uint64_t max, uint64_t *number_out)
{
	uint64_t number = 0;

	if (length == 0 || (text[0] == '0' && length > 1))
		return -1;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		if (__builtin_mul_overflow(number, (uint64_t)10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(text[i] - '0'), &number))
			return -1;
	}
	if (number > max)
		return -1;
	*number_out = number;
	return 0;
}

int acl_hex_parse(const char *text, size_t digits, uint16_t *number_out)
{
	unsigned number = 0;

	for (size_t i = 0; i < digits; i++) {
		char c = text[i];

		if (c >= '0' && c <= '9')
			number = number << 4 | (unsigned)(c - '0');
		else if (c >= 'a' && c <= 'f')
			number = number << 4 | (unsigned)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			number = number << 4 | (unsigned)(c - 'A' + 10);
		else
			return -1;
	}
	*number_out = (uint16_t)number;
	return 0;
}
