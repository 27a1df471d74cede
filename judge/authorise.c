/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* From a request to a yes: the ACL, then polkit. */
#include "judge/authorise.h"

#include "judge/ask-polkit.h"

static enum reply_code question_polkit(const struct kind *kind, struct matter *matter,
				       struct refusal *why)
{
	const struct caller *caller = &matter->session->caller;
	char text[REQUEST_TEXT_SIZE];
	struct polkit_question question = {
		.action = kind->action,
		.object = text,
		.interaction = matter->request->interaction,
		.caller = caller,
	};

	request_describe(matter->request, text);
	kind->add_details(matter, &question);
	polkit_question_add(&question, "user", caller->name);
	return ask_polkit(&question, &matter->session->orders, why);
}

enum reply_code authorise(const struct kind *kind, struct matter *matter, struct refusal *why)
{
	enum reply_code code = kind->judge(matter, why);

	if (code != REPLY_GRANTED || matter->request->purpose != PURPOSE_GRANT)
		return code;
	code = kind->check(matter, why);
	if (code == REPLY_GRANTED && !matter->options.polkit_skip)
		code = question_polkit(kind, matter, why);
	return code;
}
