/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant-authorize: put one question to polkit for vmgrant-helper.
 *
 * Runs as the service account without any capability. Anybody may start it;
 * polkit answers only the account (the owner of the actions) about other
 * people. Prints its token and leaves with 0 for yes, or prints what went wrong
 * and leaves with another status, see wire/asker/asker.h.
 *
 *   polkit.c        the connection to polkit, made while nobody knows the question yet, and
 *   question.c      the question from standard input; then
 *   polkit.c        the question put, and what the answer means
 *   answer-shape.c  that only an answer of polkit's own types gets that far
 */
#include <stdio.h>
#include <unistd.h>

#include "authorize/polkit.h"
#include "authorize/question.h"
#include "wire/asker/asker.h"

static unsigned limit_s(const struct asker_question *question)
{
	return question->interaction == ASKER_MAY_PROMPT ? ASKER_PROMPT_TIMEOUT_S
							 : ASKER_ANSWER_TIMEOUT_S;
}

/*
 * The timers end this process where polkit's library waits without a limit; what it waits
 * for longest, the answer, has a limit that comes a moment earlier.
 */
static enum asker_status ask(void)
{
	struct asker_question question;
	struct polkit polkit = { .authority = NULL };
	enum asker_status connected;

	(void)alarm(ASKER_QUESTION_TIMEOUT_S);
	connected = polkit_connect(&polkit);
	/* Also if it will not be put: its writer must find a reader. */
	if (question_read(STDIN_FILENO, &question) < 0)
		return ASKER_USAGE;
	(void)alarm(limit_s(&question) + 1);
	if (connected != ASKER_AUTHORISED) {
		polkit_print_error(&polkit);
		return connected;
	}
	return polkit_ask(&polkit, &question, limit_s(&question));
}

int main(int argc, char **argv)
{
	/* A question is never taken from where other people can read it. */
	enum asker_status status = argc > 1 ? ASKER_USAGE : ask();

	(void)argv;
	if (status == ASKER_AUTHORISED)
		fputs(ASKER_TOKEN, stdout);
	/*
	 * A partially written token is not approval. The kernel clears away faster than the
	 * libraries would.
	 */
	_exit(fflush(stdout) == 0 ? (int)status : (int)ASKER_USAGE);
}
