/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A question to polkit from the command line. Without privilege; pure. */
#include "authorize/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* Decimal digits and nothing else, from 0 to max. */
static int parse_number(const char *text, unsigned long long max, unsigned long long *value_out)
{
	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
		return -1;
	errno = 0;
	*value_out = strtoull(text, NULL, 10);
	return errno == 0 && *value_out <= max ? 0 : -1;
}

static int parse_u32(const char *text, uint32_t max, uint32_t *value_out)
{
	unsigned long long value = 0;

	if (parse_number(text, max, &value) < 0)
		return -1;
	*value_out = (uint32_t)value;
	return 0;
}

static int parse_start_time(const char *text, uint64_t *value_out)
{
	unsigned long long value = 0;

	if (parse_number(text, INT64_MAX, &value) < 0)
		return -1;
	*value_out = value;
	return 0;
}

static int copy_text(const char *text, char *copy, size_t size)
{
	if (strlen(text) >= size)
		return -1;
	memcpy(copy, text, strlen(text) + 1);
	return 0;
}

static int add_detail(struct asker_question *question, const char *pair)
{
	if (question->detail_count == ASKER_DETAILS_MAX || strchr(pair, '=') == NULL ||
	    copy_text(pair, question->details[question->detail_count], ASKER_DETAIL_SIZE) < 0)
		return -1;
	question->detail_count++;
	return 0;
}

static int parse_option(struct asker_question *question, int option, const char *value)
{
	switch (option) {
	case 'a':
		return copy_text(value, question->action, sizeof question->action);
	case 'p':
		return parse_u32(value, INT32_MAX, &question->pid);
	case 's':
		return parse_start_time(value, &question->start_time);
	case 'u':
		return parse_u32(value, UINT32_MAX - 1, &question->uid);
	case 'd':
		return add_detail(question, value);
	case 'i':
		question->interaction = ASKER_MAY_PROMPT;
		return 0;
	default:
		return -1;
	}
}

int arguments_parse(int argc, char **argv, struct asker_question *question_out)
{
	static const struct option options[] = {
		{ "action", required_argument, NULL, 'a' },
		{ "pid", required_argument, NULL, 'p' },
		{ "start-time", required_argument, NULL, 's' },
		{ "uid", required_argument, NULL, 'u' },
		{ "detail", required_argument, NULL, 'd' },
		{ "interactive", no_argument, NULL, 'i' },
		{ NULL, 0, NULL, 0 },
	};
	struct asker_question question = { .uid = UINT32_MAX };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (parse_option(&question, option, optarg) < 0)
			return -1;
	}
	if (optind != argc || question.action[0] == '\0' || question.pid == 0 ||
	    question.start_time == 0 || question.uid == UINT32_MAX)
		return -1;
	*question_out = question;
	return 0;
}
