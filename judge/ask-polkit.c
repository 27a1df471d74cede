/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The question to polkit, put by the separate program vmgrant-authorize. */
#include "judge/ask-polkit.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/asker/asker.h"
#include "wire/process/clock.h"
#include "wire/refusal/escape.h"

/* The asker gives up first, and takes its question back; then it has this long to end. */
#define MORE_TIME_S 1

/*
 * When a process started, out of its /proc/PID/stat and in that file's unit: with the pid it
 * names the process for good, since a pid alone may be used again (field 22; the second one, the
 * name, may hold blanks and parentheses). 0 if it cannot be read.
 */
static uint64_t read_start_time(int stat_fd)
{
	char text[1024];
	const char *field;
	ssize_t length = read(stat_fd, text, sizeof text - 1);

	if (length <= 0)
		return 0;
	text[length] = '\0';
	field = strrchr(text, ')');
	for (int number = 2; field != NULL && number < 22; number++)
		field = strchr(field + 1, ' ');
	return field != NULL ? strtoull(field + 1, NULL, 10) : 0;
}

/*
 * The subject is the helper, whose real uid is the caller's, or the service's client, with
 * the time that it started.
 */
static size_t write_question(const struct polkit_question *question,
			     const struct delivery *delivery, char text[ASKER_QUESTION_MAX])
{
	struct asker_question asked = {
		.pid = (uint32_t)delivery->answer.ask.subject_pid,
		.start_time = read_start_time(delivery->files.fds[1]),
		.uid = question->caller->uid,
		.interaction = question->interaction == INTERACTION_ALLOWED ? ASKER_MAY_PROMPT
									    : ASKER_MUST_NOT_PROMPT,
		.subject = ASKER_SUBJECT_BY_PIDFD,
		.detail_count = question->detail_count,
	};

	_Static_assert(sizeof asked.details == sizeof question->details, "same details");
	(void)snprintf(asked.action, sizeof asked.action, "%s", question->action);
	memcpy(asked.details, question->details, sizeof asked.details);
	return asker_encode_question(&asked, text, ASKER_QUESTION_MAX);
}

/* To the asker of that delivery. A question about no process is none, and not sent. */
static int send_question(const struct polkit_question *question, const struct delivery *delivery)
{
	const int channel = delivery->files.fds[0];
	char text[ASKER_QUESTION_MAX];
	size_t length = delivery->files.count == 2 ? write_question(question, delivery, text) : 0;

	return length > 0 && send(channel, text, length, MSG_NOSIGNAL) == (ssize_t)length &&
			       shutdown(channel, SHUT_WR) == 0
		       ? 0
		       : -1;
}

/*
 * Read until the asker has closed its output. Returns the length, or -1 when
 * the time is over or it wrote more than it may.
 */
static ssize_t read_answer(int channel, char *answer, size_t size, long long end_ms)
{
	struct pollfd readable = { .fd = channel, .events = POLLIN };
	size_t length = 0;

	for (;;) {
		long long left_ms = end_ms - clock_now_ms();
		ssize_t got;

		if (left_ms <= 0 || poll(&readable, 1, (int)left_ms) <= 0)
			return -1;
		got = read(channel, answer + length, size - length);
		if (got == 0)
			return (ssize_t)length;
		if (got < 0)
			return -1;
		length += (size_t)got;
		if (length == size)
			return -1;
	}
}

/* Returns its exit status, -1 if it did not end by itself in time, or -2 if a signal ended it. */
static int wait_for_end(struct orders *orders)
{
	const struct order order = { .type = ORDER_ASKED };
	struct delivery delivery;
	int result = orders_call(orders, &order, &delivery);

	fd_list_close(&delivery.files);
	return result < 0 ? -1 : delivery.answer.asked.status;
}

/* The sentence for every ending that is not a yes. */
static enum reply_code explain(const struct polkit_question *question, int status,
			       const char *text, struct refusal *why)
{
	const char *object = question->object;

	switch (status) {
	case ASKER_DENIED:
		if (question->interaction == INTERACTION_ALLOWED)
			return refuse(why, REPLY_POLKIT_DENIED,
				      "%s: polkit does not allow it for user %s: the "
				      "authentication failed, or no polkit rule for %s lets it pass: "
				      "try again, or ask the administrator",
				      object, question->caller->name, question->action);
		return refuse(why, REPLY_POLKIT_DENIED,
			      "%s: polkit does not allow it for user %s: ask the administrator "
			      "for a polkit rule for %s",
			      object, question->caller->name, question->action);
	case ASKER_CHALLENGE:
		return refuse(why, REPLY_POLKIT_CHALLENGE,
			      "%s: polkit wants a password and nobody can be asked from here: ask "
			      "the administrator for a polkit rule for %s, or for polkit=no in %s",
			      object, question->action, VMGRANT_ACL_FILE);
	case ASKER_DISMISSED:
		return refuse(why, REPLY_POLKIT_DISMISSED,
			      "%s: the request to authenticate was dismissed", object);
	case ASKER_NO_POLKIT:
		return refuse(why, REPLY_POLKIT_FAILED,
			      "%s: polkit cannot be reached: %s: ask the administrator to start "
			      "polkit, or for polkit=no in %s",
			      object, text, VMGRANT_ACL_FILE);
	case ASKER_NO_ACTION:
		return refuse(why, REPLY_INSTALLATION,
			      "%s: polkit does not know the action %s: ask the administrator to "
			      "install org.vmgrant.policy where polkit looks for actions",
			      object, question->action);
	case ASKER_NOT_OWNER:
		return refuse(why, REPLY_INSTALLATION,
			      "%s: polkit does not let the account %s ask: ask the administrator to "
			      "check the owner in org.vmgrant.policy",
			      object, VMGRANT_ACCOUNT);
	case ASKER_POLKIT_ERROR:
		return refuse(why, REPLY_POLKIT_FAILED,
			      "%s: polkit cannot answer: %s: try again, or tell the administrator",
			      object, text);
	default:
		return refuse(why, REPLY_POLKIT_FAILED,
			      "%s: polkit gave no answer%s: try again, or tell the administrator",
			      object, status == -1 ? " in time" : "");
	}
}

void polkit_question_add(struct polkit_question *question, const char *key, const char *value)
{
	char escaped[POLKIT_DETAIL_SIZE - 24];

	if (question->detail_count == POLKIT_DETAILS_MAX)
		return;
	(void)snprintf(question->details[question->detail_count++], POLKIT_DETAIL_SIZE, "%s=%s",
		       key, escape_string(escaped, sizeof escaped, value));
}

static enum reply_code refuse_start(const struct polkit_question *question, int error,
				    struct refusal *why)
{
	if (error == -EBUSY)
		return refuse(why, REPLY_POLKIT_FAILED,
			      "%s: too many questions of user %s to polkit are under way: answer or end "
			      "some of them", question->object, question->caller->name);
	if (error == -EROFS)
		return refuse_lock_file(why, question->object, EROFS);
	return refuse(why, REPLY_INTERNAL, "%s: cannot ask polkit: %s", question->object,
		      strerror(-error));
}

enum reply_code ask_polkit(const struct polkit_question *question, struct orders *orders,
			   struct refusal *why)
{
	const struct order order = { .type = ORDER_ASK };
	/* One byte more than it may write: a longer answer is no answer. */
	char answer[ASKER_TEXT_MAX + 1], words[ASKER_TEXT_MAX];
	long long limit_s = MORE_TIME_S + (question->interaction == INTERACTION_ALLOWED
						   ? ASKER_PROMPT_TIMEOUT_S
						   : ASKER_ANSWER_TIMEOUT_S);
	struct delivery delivery;
	ssize_t length = -1;
	int status, result = orders_call(orders, &order, &delivery);

	if (result < 0)
		return refuse_start(question, result, why);
	if (send_question(question, &delivery) == 0)
		length = read_answer(delivery.files.fds[0], answer, sizeof answer,
				     clock_now_ms() + limit_s * 1000);
	fd_list_close(&delivery.files);
	status = wait_for_end(orders);
	if (status == 0 && length == (ssize_t)strlen(ASKER_TOKEN) &&
	    memcmp(answer, ASKER_TOKEN, strlen(ASKER_TOKEN)) == 0)
		return REPLY_GRANTED;
	escape_bytes(words, sizeof words, answer, length < 0 ? 0 : (size_t)length);
	return explain(question, length < 0 ? -1 : status, words, why);
}
