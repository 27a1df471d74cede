/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmgrant-authorize: put one question to polkit for vmgrant-helper.
 *
 * Runs as the service account without any capability. Anybody may start it;
 * polkit answers only the account (the owner of the actions) about other
 * people. Prints its token and leaves with 0 for yes, or prints what went wrong
 * and leaves with another status, see wire/asker.h.
 */
#include <polkit/polkit.h>
#include <stdio.h>

#include "wire/asker.h"

struct question {
	char *action;
	gint64 pid;
	gint64 start_time;
	gint64 uid;
	char **details; /* "KEY=VALUE" */
	gboolean interactive;
};

static gboolean parse_question(int argc, char **argv, struct question *question)
{
	const GOptionEntry entries[] = {
		{ "action", 0, 0, G_OPTION_ARG_STRING, &question->action, "polkit action", "ID" },
		{ "pid", 0, 0, G_OPTION_ARG_INT64, &question->pid, "subject", "PID" },
		{ "start-time", 0, 0, G_OPTION_ARG_INT64, &question->start_time,
		  "start time of the subject, as in /proc/PID/stat", "TICKS" },
		{ "uid", 0, 0, G_OPTION_ARG_INT64, &question->uid, "user of the subject", "UID" },
		{ "detail", 0, 0, G_OPTION_ARG_STRING_ARRAY, &question->details,
		  "detail for rules and dialogs", "KEY=VALUE" },
		{ "interactive", 0, 0, G_OPTION_ARG_NONE, &question->interactive,
		  "let polkit ask the person", NULL },
		{ NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
	};
	GOptionContext *context = g_option_context_new(NULL);
	gboolean parsed;

	g_option_context_set_summary(context, "Asks polkit on behalf of vmgrant-helper.");
	g_option_context_add_main_entries(context, entries, NULL);
	parsed = g_option_context_parse(context, &argc, &argv, NULL) && argc == 1;
	g_option_context_free(context);
	return parsed && question->action != NULL && question->pid > 0 &&
	       question->pid <= G_MAXINT && question->start_time > 0 && question->uid >= 0 &&
	       question->uid < G_MAXUINT32;
}

static PolkitDetails *make_details(char **pairs)
{
	PolkitDetails *details = polkit_details_new();

	for (char **pair = pairs; pair != NULL && *pair != NULL; pair++) {
		char **parts = g_strsplit(*pair, "=", 2);

		if (parts[0] != NULL && parts[1] != NULL)
			polkit_details_insert(details, parts[0], parts[1]);
		g_strfreev(parts);
	}
	return details;
}

/* polkit words the error; only the list of its actions tells this one for sure. */
static gboolean knows_action(PolkitAuthority *authority, const char *action)
{
	GList *actions = polkit_authority_enumerate_actions_sync(authority, NULL, NULL);
	gboolean found = FALSE;

	for (GList *item = actions; item != NULL && !found; item = item->next)
		found = g_strcmp0(polkit_action_description_get_action_id(item->data), action) == 0;
	g_list_free_full(actions, g_object_unref);
	return found;
}

/* The helper makes it fit for people and puts it into its sentence and the log. */
static void say(const char *text)
{
	printf("%.*s", ASKER_TEXT_MAX, text);
}

static enum asker_status classify_error(PolkitAuthority *authority, const char *action,
					GError *error)
{
	(void)g_dbus_error_strip_remote_error(error);
	say(error->message);
	if (g_error_matches(error, POLKIT_ERROR, POLKIT_ERROR_NOT_AUTHORIZED))
		return ASKER_NOT_OWNER;
	if (g_error_matches(error, POLKIT_ERROR, POLKIT_ERROR_CANCELLED))
		return ASKER_DISMISSED;
	if (g_error_matches(error, POLKIT_ERROR, POLKIT_ERROR_FAILED) &&
	    !knows_action(authority, action))
		return ASKER_NO_ACTION;
	return ASKER_POLKIT_ERROR;
}

static enum asker_status classify_result(PolkitAuthorizationResult *result)
{
	if (polkit_authorization_result_get_is_authorized(result))
		return ASKER_AUTHORISED;
	if (polkit_authorization_result_get_dismissed(result))
		return ASKER_DISMISSED;
	return polkit_authorization_result_get_is_challenge(result) ? ASKER_CHALLENGE
								    : ASKER_DENIED;
}

static enum asker_status ask(const struct question *question)
{
	GError *error = NULL;
	PolkitAuthority *authority = polkit_authority_get_sync(NULL, &error);
	PolkitSubject *subject;
	PolkitDetails *details;
	PolkitAuthorizationResult *result;
	char *owner;
	enum asker_status status;

	/* Without the service behind it the authority is only a name. */
	owner = authority != NULL ? polkit_authority_get_owner(authority) : NULL;
	if (owner == NULL) {
		say(error != NULL ? error->message : "not running");
		return ASKER_NO_POLKIT;
	}
	g_free(owner);
	subject = polkit_unix_process_new_for_owner((gint)question->pid,
						    (guint64)question->start_time,
						    (gint)question->uid);
	details = make_details(question->details);
	result = polkit_authority_check_authorization_sync(
		authority, subject, question->action, details,
		question->interactive ? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
				      : POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE,
		NULL, &error);
	status = result != NULL ? classify_result(result)
				: classify_error(authority, question->action, error);
	g_clear_object(&result);
	g_clear_error(&error);
	g_object_unref(details);
	g_object_unref(subject);
	g_object_unref(authority);
	return status;
}

int main(int argc, char **argv)
{
	struct question question = { .uid = -1 };
	enum asker_status status = ASKER_USAGE;

	if (parse_question(argc, argv, &question))
		status = ask(&question);
	if (status == ASKER_AUTHORISED)
		fputs(ASKER_TOKEN, stdout);
	/* A yes that cannot be written whole is none. */
	return fflush(stdout) == 0 ? (int)status : (int)ASKER_USAGE;
}
