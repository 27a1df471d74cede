/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* polkit, by its own library. Without privilege. */
#include "authorize/polkit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authorize/answer-shape.h"

/* Before it a daemon passes a pidfd over. */
#define PIDFD_SINCE 124

/* A question under way. */
struct asking {
	GMainLoop *loop;
	GCancellable *cancellable;
	PolkitAuthorizationResult *result;
	GError *error;
};

/* The helper makes it fit for people and puts it into its sentence and the log. */
static void say(const char *text)
{
	printf("%.*s", ASKER_TEXT_MAX, text);
}

void polkit_print_error(const struct polkit *polkit)
{
	GError *error = g_error_copy(polkit->error);

	(void)g_dbus_error_strip_remote_error(error);
	say(error->message);
	g_error_free(error);
}

/* ---- connecting ---- */

enum asker_status polkit_connect(struct polkit *polkit)
{
	polkit->connection = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &polkit->error);
	if (polkit->connection == NULL)
		return ASKER_NO_POLKIT;
	/* A bus that goes away in the middle is an answer, not the end of the process. */
	g_dbus_connection_set_exit_on_close(polkit->connection, FALSE);
	answer_shape_check(polkit->connection);
	polkit->authority = polkit_authority_get_sync(NULL, &polkit->error);
	return polkit->authority != NULL ? ASKER_AUTHORISED : ASKER_NO_POLKIT;
}

/* ---- the subject ---- */

#ifdef HAVE_POLKIT_UNIX_PROCESS_NEW_PIDFD
static int takes_pidfd(PolkitAuthority *authority)
{
	const char *version = polkit_authority_get_backend_version(authority);

	/* The cached property of a daemon that was not there then is not. */
	return version != NULL && strtol(version, NULL, 10) >= PIDFD_SINCE;
}

/* The library takes the descriptor. NULL: it does not lead to the process that was named. */
static PolkitSubject *subject_of_pidfd(const struct asker_question *question)
{
	int fd = fcntl(ASKER_PIDFD, F_DUPFD_CLOEXEC, ASKER_PIDFD + 1);
	PolkitSubject *subject =
		fd < 0 ? NULL : polkit_unix_process_new_pidfd(fd, (gint)question->uid, NULL);

	if (subject == NULL || polkit_unix_process_get_pid(POLKIT_UNIX_PROCESS(subject)) ==
				       (gint)question->pid)
		return subject;
	g_object_unref(subject);
	return NULL;
}
#endif

/*
 * uids are signed for polkit's library and on the bus, and polkit's daemon takes them for
 * unsigned again: 4294967294 is -2 on the way.
 */
static PolkitSubject *make_subject(PolkitAuthority *authority,
				   const struct asker_question *question)
{
#ifdef HAVE_POLKIT_UNIX_PROCESS_NEW_PIDFD
	if (question->subject == ASKER_SUBJECT_BY_PIDFD && takes_pidfd(authority))
		return subject_of_pidfd(question);
#else
	(void)authority;
#endif
	return polkit_unix_process_new_for_owner((gint)question->pid, question->start_time,
						 (gint)question->uid);
}

static PolkitDetails *make_details(const struct asker_question *question)
{
	PolkitDetails *details = polkit_details_new();

	for (size_t i = 0; i < question->detail_count; i++) {
		const char *mark = strchr(question->details[i], '=');
		char key[ASKER_DETAIL_SIZE];

		(void)snprintf(key, sizeof key, "%.*s", (int)(mark - question->details[i]),
			       question->details[i]);
		polkit_details_insert(details, key, mark + 1);
	}
	return details;
}

/* ---- the answer ---- */

/* polkit words the error; only the list of its actions tells this one for sure. */
static int knows_action(PolkitAuthority *authority, const char *action)
{
	GList *actions = polkit_authority_enumerate_actions_sync(authority, NULL, NULL);
	int found = 0;

	for (GList *entry = actions; entry != NULL && !found; entry = entry->next)
		found = strcmp(polkit_action_description_get_action_id(entry->data), action) == 0;
	g_list_free_full(actions, g_object_unref);
	return found;
}

static int is_absent(const GError *error)
{
	static const char spawn[] = "org.freedesktop.DBus.Error.Spawn.";
	char *name = g_dbus_error_get_remote_error(error);
	int absent = g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
		     g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
		     (name != NULL && strncmp(name, spawn, strlen(spawn)) == 0);

	g_free(name);
	return absent;
}

static enum asker_status classify_error(const struct polkit *polkit, const char *action)
{
	polkit_print_error(polkit);
	if (is_absent(polkit->error))
		return ASKER_NO_POLKIT;
	if (g_error_matches(polkit->error, POLKIT_ERROR, POLKIT_ERROR_CANCELLED))
		return ASKER_DISMISSED;
	if (polkit->error->domain == POLKIT_ERROR && !knows_action(polkit->authority, action))
		return ASKER_NO_ACTION;
	if (g_error_matches(polkit->error, POLKIT_ERROR, POLKIT_ERROR_NOT_AUTHORIZED))
		return ASKER_NOT_OWNER;
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

/* ---- asking ---- */

static void take_result(GObject *authority, GAsyncResult *result, gpointer data)
{
	struct asking *asking = data;

	asking->result = polkit_authority_check_authorization_finish(POLKIT_AUTHORITY(authority),
								     result, &asking->error);
	g_main_loop_quit(asking->loop);
}

/* Nobody waits for the answer any more. The library tells polkit: an open dialog may go. */
static gboolean give_up(gpointer data)
{
	struct asking *asking = data;

	g_cancellable_cancel(asking->cancellable);
	return G_SOURCE_REMOVE;
}

enum asker_status polkit_ask(struct polkit *polkit, const struct asker_question *question,
			     unsigned limit_s)
{
	PolkitSubject *subject = make_subject(polkit->authority, question);
	PolkitDetails *details = make_details(question);
	struct asking asking = {
		.loop = g_main_loop_new(NULL, FALSE),
		.cancellable = g_cancellable_new(),
	};

	if (subject == NULL) {
		say("the process that asks has ended");
		return ASKER_POLKIT_ERROR;
	}
	(void)g_timeout_add_seconds(limit_s, give_up, &asking);
	polkit_authority_check_authorization(
		polkit->authority, subject, question->action, details,
		question->interaction == ASKER_MAY_PROMPT
			? POLKIT_CHECK_AUTHORIZATION_FLAGS_ALLOW_USER_INTERACTION
			: POLKIT_CHECK_AUTHORIZATION_FLAGS_NONE,
		asking.cancellable, take_result, &asking);
	g_main_loop_run(asking.loop);
	if (asking.result != NULL)
		return classify_result(asking.result);
	polkit->error = asking.error;
	if (g_cancellable_is_cancelled(asking.cancellable)) {
		(void)g_dbus_connection_flush_sync(polkit->connection, NULL, NULL);
		say("no answer in time");
		return ASKER_POLKIT_ERROR;
	}
	return classify_error(polkit, question->action);
}
