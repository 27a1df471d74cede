/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The question that vmgrant-authorize reads, to and from text. Pure. */
#include "wire/asker/asker.h"

#include <stdio.h>
#include <string.h>

#define FIRST_LINE "vmgrant-authorize 1: question"
#define LAST_LINE "end"

/* What of the text is still unread. */
struct lines {
	const char *next, *end;
};

/* ---- what a field may be, for both directions ---- */

static int is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			return 0;
	}
	return 1;
}

static int is_ended(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static int is_detail(const char *detail)
{
	const char *mark = strchr(detail, '=');

	return mark != NULL && mark != detail && is_printable(detail);
}

static int is_question(const struct asker_question *question)
{
	if (!is_ended(question->action, sizeof question->action) || question->action[0] == '\0' ||
	    !is_printable(question->action))
		return 0;
	if (question->pid == 0 || question->pid > INT32_MAX || question->start_time == 0 ||
	    question->start_time > INT64_MAX || question->uid == UINT32_MAX)
		return 0;
	if (question->detail_count > ASKER_DETAILS_MAX)
		return 0;
	for (size_t i = 0; i < question->detail_count; i++) {
		if (!is_ended(question->details[i], sizeof question->details[i]) ||
		    !is_detail(question->details[i]))
			return 0;
	}
	return 1;
}

/* ---- writing ---- */

static const char *yes_or_no(int value)
{
	return value ? "yes" : "no";
}

size_t asker_encode_question(const struct asker_question *question, char *text, size_t size)
{
	int length;

	if (size < ASKER_QUESTION_MAX || !is_question(question))
		return 0;
	length = snprintf(text, size,
			  FIRST_LINE "\naction=%s\npid=%lu\nstart-time=%llu\nuid=%lu\n"
				     "interactive=%s\npidfd=%s\n",
			  question->action, (unsigned long)question->pid,
			  (unsigned long long)question->start_time, (unsigned long)question->uid,
			  yes_or_no(question->interaction == ASKER_MAY_PROMPT),
			  yes_or_no(question->subject == ASKER_SUBJECT_BY_PIDFD));
	for (size_t i = 0; i < question->detail_count; i++)
		length += snprintf(text + length, size - (size_t)length, "detail=%s\n",
				   question->details[i]);
	length += snprintf(text + length, size - (size_t)length, LAST_LINE "\n");
	return (size_t)length;
}

/* ---- reading ---- */

/* Take the next line if it begins with these words. Returns what follows them, and its length. */
static const char *take_line(struct lines *lines, const char *words, size_t *length_out)
{
	const size_t word_length = strlen(words), left = (size_t)(lines->end - lines->next);
	const char *end = memchr(lines->next, '\n', left), *rest = lines->next + word_length;

	if (end == NULL || (size_t)(end - lines->next) < word_length ||
	    memcmp(lines->next, words, word_length) != 0)
		return NULL;
	lines->next = end + 1;
	*length_out = (size_t)(end - rest);
	return rest;
}

/* A line that is these words and nothing more. */
static int take_exact(struct lines *lines, const char *words)
{
	const struct lines before = *lines;
	size_t length;

	if (take_line(lines, words, &length) != NULL && length == 0)
		return 1;
	*lines = before;
	return 0;
}

static int take_text(struct lines *lines, const char *words, char *text, size_t size)
{
	size_t length;
	const char *rest = take_line(lines, words, &length);

	if (rest == NULL || length >= size || memchr(rest, '\0', length) != NULL)
		return 0;
	memcpy(text, rest, length);
	text[length] = '\0';
	return 1;
}

/* Decimal as the other side writes it: one way to write each number. */
static int take_number(struct lines *lines, const char *words, uint64_t max, uint64_t *value_out)
{
	size_t length;
	const char *digits = take_line(lines, words, &length);
	uint64_t value = 0;

	if (digits == NULL || length == 0 || (digits[0] == '0' && length > 1))
		return 0;
	for (size_t i = 0; i < length; i++) {
		const uint64_t digit = (uint64_t)(digits[i] - '0');

		if (digits[i] < '0' || digits[i] > '9' || value > (max - digit) / 10)
			return 0;
		value = value * 10 + digit;
	}
	*value_out = value;
	return 1;
}

static int take_switch(struct lines *lines, const char *no, const char *yes, int *value_out)
{
	*value_out = take_exact(lines, yes);
	return *value_out || take_exact(lines, no);
}

static int take_subject(struct lines *lines, struct asker_question *question)
{
	uint64_t pid, uid;
	int interactive, pidfd;

	if (!take_number(lines, "pid=", INT32_MAX, &pid) ||
	    !take_number(lines, "start-time=", INT64_MAX, &question->start_time) ||
	    !take_number(lines, "uid=", UINT32_MAX - 1, &uid) ||
	    !take_switch(lines, "interactive=no", "interactive=yes", &interactive) ||
	    !take_switch(lines, "pidfd=no", "pidfd=yes", &pidfd))
		return 0;
	question->pid = (uint32_t)pid;
	question->uid = (uint32_t)uid;
	question->interaction = interactive ? ASKER_MAY_PROMPT : ASKER_MUST_NOT_PROMPT;
	question->subject = pidfd ? ASKER_SUBJECT_BY_PIDFD : ASKER_SUBJECT_BY_PID;
	return 1;
}

int asker_decode_question(const char *text, size_t length, struct asker_question *question_out)
{
	struct asker_question question = { .detail_count = 0 };
	struct lines lines = { text, text + length };

	if (length > ASKER_QUESTION_MAX || !take_exact(&lines, FIRST_LINE) ||
	    !take_text(&lines, "action=", question.action, sizeof question.action) ||
	    !take_subject(&lines, &question))
		return -1;
	while (!take_exact(&lines, LAST_LINE)) {
		if (question.detail_count == ASKER_DETAILS_MAX ||
		    !take_text(&lines, "detail=", question.details[question.detail_count],
			       ASKER_DETAIL_SIZE))
			return -1;
		question.detail_count++;
	}
	if (lines.next != lines.end || !is_question(&question))
		return -1;
	*question_out = question;
	return 0;
}
