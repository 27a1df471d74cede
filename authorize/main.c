/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmgrant-authorize: put one question to polkit for vmgrant-helper.
 *
 * Runs as the service account without any capability. Anybody may start it;
 * polkit answers only the account (the owner of the actions) about other
 * people. Prints its token and leaves with 0 for yes, or prints what went wrong
 * and leaves with another status, see wire/asker.h.
 *
 * Talks to polkit over D-Bus itself (org.freedesktop.PolicyKit1.Authority): one
 * call, and an answer whose types are checked. polkit's own library asks four times
 * as much before it comes to the question, and believes the types of an answer.
 */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include SDBUS_HEADER

#include "wire/asker.h"

#define POLKIT "org.freedesktop.PolicyKit1"
#define DETAILS_MAX 16
#define SECOND_US 1000000ULL

/* A name for the question under way; polkit keeps those of each connection apart. */
#define QUESTION_ID "question"
/* In words of polkit's: 1 lets it ask the person. */
#define ALLOW_USER_INTERACTION 1u
/* EnumerateActions(): identifier, texts, icon, the three defaults, annotations. */
#define ACTION_REST "sssssuuua{ss}"

struct question {
	const char *action;
	unsigned long long pid, start_time, uid;
	char *details[DETAILS_MAX]; /* "KEY=VALUE" */
	size_t detail_count;
	int interactive;
};

/* ---- the command line ---- */

/* Decimal digits and nothing else, from 0 to max. */
static int parse_number(const char *text, unsigned long long max, unsigned long long *value_out)
{
	if (text[0] == '\0' || text[strspn(text, "0123456789")] != '\0')
		return -1;
	errno = 0;
	*value_out = strtoull(text, NULL, 10);
	return errno == 0 && *value_out <= max ? 0 : -1;
}

static int add_detail(struct question *question, char *pair)
{
	if (question->detail_count == DETAILS_MAX || strchr(pair, '=') == NULL)
		return -1;
	question->details[question->detail_count++] = pair;
	return 0;
}

static int parse_option(struct question *question, int option, char *value)
{
	switch (option) {
	case 'a':
		question->action = value;
		return 0;
	case 'p':
		return parse_number(value, INT32_MAX, &question->pid);
	case 's':
		return parse_number(value, INT64_MAX, &question->start_time);
	case 'u':
		return parse_number(value, UINT32_MAX - 1, &question->uid);
	case 'd':
		return add_detail(question, value);
	case 'i':
		question->interactive = 1;
		return 0;
	default:
		return -1;
	}
}

static int parse_question(int argc, char **argv, struct question *question)
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
	int option;

	question->uid = UINT64_MAX;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (parse_option(question, option, optarg) < 0)
			return -1;
	}
	return optind == argc && question->action != NULL && question->pid > 0 &&
			       question->start_time > 0 && question->uid != UINT64_MAX
		       ? 0
		       : -1;
}

/* ---- asking ---- */

/* The helper makes it fit for people and puts it into its sentence and the log. */
static void say(const char *text)
{
	printf("%.*s", ASKER_TEXT_MAX, text);
}

static int new_call(sd_bus *bus, const char *method, sd_bus_message **call_out)
{
	return sd_bus_message_new_method_call(bus, call_out, POLKIT,
					      "/org/freedesktop/PolicyKit1/Authority",
					      POLKIT ".Authority", method);
}

/* a{ss} */
static int append_details(sd_bus_message *call, const struct question *question)
{
	int result = sd_bus_message_open_container(call, 'a', "{ss}");

	for (size_t i = 0; i < question->detail_count && result >= 0; i++) {
		char *value = strchr(question->details[i], '=');

		*value = '\0';
		result = sd_bus_message_append(call, "{ss}", question->details[i], value + 1);
		*value = '=';
	}
	return result < 0 ? result : sd_bus_message_close_container(call);
}

/* CheckAuthorization(subject, action, details, flags, id of the question) */
static int append_question(sd_bus_message *call, const struct question *question)
{
	int result = sd_bus_message_append(call, "(sa{sv})s", "unix-process", 3,
					   "pid", "u", (uint32_t)question->pid,
					   "start-time", "t", (uint64_t)question->start_time,
					   "uid", "i", (int32_t)question->uid, question->action);

	if (result >= 0)
		result = append_details(call, question);
	if (result >= 0)
		result = sd_bus_message_append(
			call, "us", question->interactive ? ALLOW_USER_INTERACTION : 0u, QUESTION_ID);
	return result;
}

/* Nobody waits for the answer any more: a dialog that stands open may go. */
static void cancel_question(sd_bus *bus)
{
	sd_bus_message *call = NULL;

	if (new_call(bus, "CancelCheckAuthorization", &call) >= 0 &&
	    sd_bus_message_append(call, "s", QUESTION_ID) >= 0 &&
	    sd_bus_message_set_expect_reply(call, 0) >= 0)
		(void)sd_bus_send(bus, call, NULL);
	sd_bus_message_unref(call);
}

/* ---- the answer ---- */

/* a{ss}: whether one of the keys says that the person closed the dialog. */
static int read_dismissed(sd_bus_message *answer, int *dismissed_out)
{
	const char *key, *value;
	int result = sd_bus_message_enter_container(answer, 'a', "{ss}");

	*dismissed_out = 0;
	if (result < 0)
		return result;
	while ((result = sd_bus_message_read(answer, "{ss}", &key, &value)) > 0) {
		if (strcmp(key, "polkit.dismissed") == 0)
			*dismissed_out = 1;
	}
	return result < 0 ? result : sd_bus_message_exit_container(answer);
}

/* (bba{ss}): authorised, a challenge, details. Anything more or less is no answer. */
static enum asker_status read_answer(sd_bus_message *answer)
{
	int authorised = 0, challenge = 0, dismissed = 0;

	if (sd_bus_message_has_signature(answer, "(bba{ss})") <= 0 ||
	    sd_bus_message_enter_container(answer, 'r', "bba{ss}") <= 0 ||
	    sd_bus_message_read(answer, "bb", &authorised, &challenge) <= 0 ||
	    read_dismissed(answer, &dismissed) < 0 ||
	    sd_bus_message_exit_container(answer) < 0 ||
	    sd_bus_message_at_end(answer, 1) <= 0) {
		say("it says something that is no answer");
		return ASKER_POLKIT_ERROR;
	}
	if (authorised)
		return ASKER_AUTHORISED;
	if (dismissed)
		return ASKER_DISMISSED;
	return challenge ? ASKER_CHALLENGE : ASKER_DENIED;
}

/* One element of EnumerateActions(). Returns 1, 0 at the end of the list, or an error. */
static int next_action(sd_bus_message *list, const char **action_out)
{
	int result = sd_bus_message_enter_container(list, 'r', "s" ACTION_REST);

	if (result > 0)
		result = sd_bus_message_read(list, "s", action_out);
	if (result > 0)
		result = sd_bus_message_skip(list, ACTION_REST);
	if (result > 0)
		result = sd_bus_message_exit_container(list);
	return result;
}

/* polkit words the error; only the list of its actions tells this one for sure. */
static int knows_action(sd_bus *bus, const char *action)
{
	sd_bus_message *call = NULL, *list = NULL;
	const char *known = "";
	int found = 0;

	if (new_call(bus, "EnumerateActions", &call) >= 0 &&
	    sd_bus_message_append(call, "s", "") >= 0 &&
	    sd_bus_call(bus, call, ASKER_ANSWER_TIMEOUT_S * SECOND_US, NULL, &list) >= 0 &&
	    sd_bus_message_enter_container(list, 'a', "(s" ACTION_REST ")") > 0) {
		while (!found && next_action(list, &known) > 0)
			found = strcmp(known, action) == 0;
	}
	sd_bus_message_unref(list);
	sd_bus_message_unref(call);
	return found;
}

static int is_absent(const sd_bus_error *error)
{
	static const char spawn[] = "org.freedesktop.DBus.Error.Spawn.";

	return sd_bus_error_has_name(error, SD_BUS_ERROR_SERVICE_UNKNOWN) ||
	       sd_bus_error_has_name(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER) ||
	       (error->name != NULL && strncmp(error->name, spawn, strlen(spawn)) == 0);
}

static enum asker_status classify_error(sd_bus *bus, const char *action, const sd_bus_error *error,
					int result)
{
	say(error->message != NULL ? error->message : strerror(-result));
	if (is_absent(error))
		return ASKER_NO_POLKIT;
	if (sd_bus_error_has_name(error, POLKIT ".Error.NotAuthorized"))
		return ASKER_NOT_OWNER;
	if (sd_bus_error_has_name(error, POLKIT ".Error.Cancelled"))
		return ASKER_DISMISSED;
	if (sd_bus_error_has_name(error, POLKIT ".Error.Failed") && !knows_action(bus, action))
		return ASKER_NO_ACTION;
	return ASKER_POLKIT_ERROR;
}

static enum asker_status ask_over(sd_bus *bus, const struct question *question)
{
	uint64_t limit_us = (question->interactive ? ASKER_PROMPT_TIMEOUT_S
						   : ASKER_ANSWER_TIMEOUT_S) * SECOND_US;
	sd_bus_message *call = NULL, *answer = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	enum asker_status status;
	int result = new_call(bus, "CheckAuthorization", &call);

	if (result >= 0)
		result = append_question(call, question);
	if (result >= 0)
		result = sd_bus_call(bus, call, limit_us, &error, &answer);
	if (result == -ETIMEDOUT)
		cancel_question(bus);
	status = result >= 0 ? read_answer(answer)
			     : classify_error(bus, question->action, &error, result);
	sd_bus_message_unref(answer);
	sd_bus_message_unref(call);
	sd_bus_error_free(&error);
	return status;
}

static enum asker_status ask(const struct question *question)
{
	sd_bus *bus = NULL;
	enum asker_status status;
	int result = sd_bus_open_system(&bus);

	if (result < 0) {
		say(strerror(-result));
		return ASKER_NO_POLKIT;
	}
	status = ask_over(bus, question);
	sd_bus_flush_close_unref(bus);
	return status;
}

int main(int argc, char **argv)
{
	struct question question = { .action = NULL };
	enum asker_status status = ASKER_USAGE;

	if (parse_question(argc, argv, &question) == 0)
		status = ask(&question);
	if (status == ASKER_AUTHORISED)
		fputs(ASKER_TOKEN, stdout);
	/* A yes that cannot be written whole is none. */
	return fflush(stdout) == 0 ? (int)status : (int)ASKER_USAGE;
}
