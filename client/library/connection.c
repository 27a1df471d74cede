/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* One connection of libvmgrant: the helper behind it, and requests on it. */
#include "client/library/connection.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/library/exchange.h"
#include "client/library/text-agent.h"

/* The caller's numbers are those of the wire. */
_Static_assert((int)VMGRANT_NO_PRIVILEGE == (int)REPLY_NO_PRIVILEGE, "codes differ");
_Static_assert((int)VMGRANT_POLKIT_FAILED == (int)REPLY_POLKIT_FAILED, "codes differ");
_Static_assert((int)VMGRANT_UNSUPPORTED == (int)REPLY_UNSUPPORTED, "codes differ");
_Static_assert((int)VMGRANT_TAP_MAC == (int)PROTOCOL_TAP_MAC, "flags differ");
_Static_assert((int)VMGRANT_PORT_POLKIT == (int)PROTOCOL_PORT_POLKIT, "flags differ");
_Static_assert(VMGRANT_QUEUES_MAX == (int)PROTOCOL_QUEUES_MAX, "queues differ");

/* The loader's status when a library is missing, and that of a child that cannot exec. */
#define EXIT_NOT_STARTED 127

enum vmgrant_code connection_refuse(struct vmgrant_connection *connection, enum vmgrant_code code,
				    const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(connection->error, sizeof connection->error, format, arguments);
	va_end(arguments);
	for (char *c = connection->error; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return code;
}

/* Is it about this helper, rather than about what this process may still have? */
static int says_something_about_the_file(int error)
{
	return error == -ENOENT || error == -EACCES || error == -EPERM || error == -ENOEXEC ||
	       error == -ENOTDIR || error == -ELOOP || error == -EISDIR || error == -EINVAL ||
	       error == -ENAMETOOLONG || error == -ELIBBAD || error == -ETXTBSY;
}

static enum vmgrant_code refuse_socket(struct vmgrant_connection *connection, int error)
{
	const char *advice = "ask the administrator for: systemctl enable --now vmgrant.socket";

	if (error == -EACCES || error == -EPERM)
		advice = "only some people may use the service, see vmgrant.socket";
	if (error == -EMFILE || error == -ENFILE)
		advice = "try again";
	if (error == -EAGAIN)
		return connection_refuse(
			connection, VMGRANT_INTERNAL,
			"%s: the service is busy and takes no connection: try again, "
			"systemctl status vmgrant.service may say why",
			VMGRANT_SOCKET);
	return connection_refuse(connection, VMGRANT_INSTALLATION, "%s: %s: %s", VMGRANT_SOCKET,
				 strerror(-error), advice);
}

static enum vmgrant_code refuse_start(struct vmgrant_connection *connection, int error)
{
	const char *advice = ": is vmgrant installed?";

	if (connection->way == WAY_SOCKET)
		return refuse_socket(connection, error);

	if (error == -EACCES)
		advice = ": only its group may start it, or it is not installed well";
	if (!says_something_about_the_file(error))
		return connection_refuse(connection, VMGRANT_INTERNAL,
					 "%s: cannot be started: %s", connection->helper_path,
					 strerror(-error));
	return connection_refuse(connection, VMGRANT_INSTALLATION, "%s: cannot be started: %s%s",
				 connection->helper_path, strerror(-error), advice);
}

/* The helper's sentence among its last words, without the name before it. */
static const char *find_sentence(char *words)
{
	static const char name[] = "vmgrant-helper: ";
	char *sentence = strstr(words, name);

	sentence = sentence != NULL ? sentence + sizeof name - 1 : words;
	sentence[strcspn(sentence, "\n")] = '\0';
	return sentence;
}

/* A helper that ended without a reply has said why on its way out. */
static enum vmgrant_code refuse_by_end(struct vmgrant_connection *connection,
				       struct helper_obituary *obituary)
{
	const char *sentence = find_sentence(obituary->last_words);
	enum vmgrant_code code = VMGRANT_INTERNAL;

	if (obituary->end == HELPER_EXITED && obituary->number == EXIT_NOT_STARTED)
		code = VMGRANT_INSTALLATION;
	if (obituary->end == HELPER_EXITED && obituary->number > VMGRANT_GRANTED &&
	    obituary->number <= VMGRANT_UNSUPPORTED)
		code = (enum vmgrant_code)obituary->number;
	if (obituary->end == HELPER_HUNG_UP)
		return connection_refuse(connection, code,
					 "%s: the service ended without an answer: "
					 "you or all together have too many connections, or "
					 "journalctl -t vmgrant-helper says why",
					 VMGRANT_SOCKET);
	if (*sentence != '\0')
		return connection_refuse(connection, code, "%s", sentence);
	if (code == VMGRANT_INSTALLATION)
		return connection_refuse(connection, code,
					 "%s: cannot be started: is vmgrant installed?",
					 connection->helper_path);
	if (obituary->end == HELPER_KILLED)
		return connection_refuse(connection, code,
					 "vmgrant-helper: ended by signal %d: try again",
					 obituary->number);
	return connection_refuse(connection, code, "vmgrant-helper: ended without an answer: %s",
				 "the system log may say why");
}

/* Idle for too long, or with a policy that is no longer the policy: that is no failure. */
static int ended_in_peace(const struct helper_obituary *obituary)
{
	return obituary->last_words[0] == '\0' &&
	       (obituary->end == HELPER_UNKNOWN || obituary->end == HELPER_HUNG_UP ||
		(obituary->end == HELPER_EXITED && obituary->number == 0));
}

static enum vmgrant_code refuse_exchange(struct vmgrant_connection *connection,
					 enum exchange_result result, const char *what)
{
	if (result == EXCHANGE_LATE)
		return connection_refuse(connection, VMGRANT_INTERNAL,
					 "vmgrant-helper: no answer in time: try again");
	if (result == EXCHANGE_FAILED)
		return connection_refuse(connection, VMGRANT_CHANNEL, "vmgrant-helper: %s", what);
	return connection_refuse(connection, VMGRANT_INTERNAL,
				 "vmgrant-helper: its reply cannot be used: %s", what);
}

static int start_helper(struct vmgrant_connection *connection)
{
	return connection->way == WAY_SOCKET
		       ? helper_process_connect(&connection->helper)
		       : helper_process_start(&connection->helper, connection->helper_path);
}

/*
 * The agent serves whom polkit is asked about, and only while it is asked: this very
 * helper, or for the service this process.
 */
static enum exchange_result exchange_on_terminal(struct vmgrant_connection *connection,
						 const struct protocol_request *request,
						 struct protocol_reply *reply,
						 struct fd_list *received,
						 const char **what_out)
{
	const pid_t subject = connection->way == WAY_SOCKET ? getpid()
							    : connection->helper.child.pid;
	struct text_agent agent;
	enum exchange_result result;

	connection->agent_problem = text_agent_start(&agent, subject);
	if (connection->agent_problem == NULL)
		connection->agent_problem = VMGRANT_PKTTYAGENT " is not accepted by polkit";
	result = exchange(connection->helper.socket_fd, request, reply, received, what_out);
	text_agent_end(&agent);
	return result;
}

enum attempt { ATTEMPT_FIRST = 1, ATTEMPT_LAST };

/* Once. *again_out, after ATTEMPT_FIRST: the helper has gone without anything to say. */
static enum vmgrant_code ask_once(struct vmgrant_connection *connection, enum attempt attempt,
				  const struct protocol_request *request,
				  struct protocol_reply *reply, struct fd_list *received,
				  int *again_out)
{
	struct helper_obituary obituary;
	enum exchange_result result;
	const char *what;
	int error = 0;

	*again_out = 0;
	if (!helper_process_runs(&connection->helper))
		error = start_helper(connection);
	if (error < 0)
		return refuse_start(connection, error);
	if (connection->asks_on_terminal)
		result = exchange_on_terminal(connection, request, reply, received, &what);
	else
		result = exchange(connection->helper.socket_fd, request, reply, received, &what);
	if (result == EXCHANGE_DONE && reply->code == REPLY_GRANTED)
		return VMGRANT_GRANTED;
	if (result == EXCHANGE_DONE)
		return connection_refuse(connection,
					 reply->code <= VMGRANT_UNSUPPORTED
						 ? (enum vmgrant_code)reply->code
						 : VMGRANT_INTERNAL,
					 "%s", reply->sentence);
	helper_process_end(&connection->helper, &obituary);
	if (result != EXCHANGE_ENDED)
		return refuse_exchange(connection, result, what);
	*again_out = attempt == ATTEMPT_FIRST && ended_in_peace(&obituary);
	return *again_out ? VMGRANT_INTERNAL : refuse_by_end(connection, &obituary);
}

/* With a second helper if the first one has gone. */
static enum vmgrant_code ask(struct vmgrant_connection *connection,
			     struct protocol_request *request, struct protocol_reply *reply,
			     struct fd_list *received)
{
	enum vmgrant_code code;
	int again;

	request->header.version = PROTOCOL_VERSION;
	request->header.serial = ++connection->serial;
	code = ask_once(connection, ATTEMPT_FIRST, request, reply, received, &again);
	if (again)
		code = ask_once(connection, ATTEMPT_LAST, request, reply, received, &again);
	return code;
}

static enum vmgrant_code ask_with_agent(struct vmgrant_connection *connection,
					struct protocol_request *request,
					struct protocol_reply *reply,
					struct fd_list *received)
{
	char sentence[CONNECTION_ERROR_SIZE];
	enum vmgrant_code code;

	connection->asks_on_terminal = 1;
	code = ask(connection, request, reply, received);
	connection->asks_on_terminal = 0;
	if (code != VMGRANT_POLKIT_CHALLENGE)
		return code;
	memcpy(sentence, connection->error, sizeof sentence);
	return connection_refuse(connection, code, "%s (%s)", sentence,
				 connection->agent_problem);
}

enum vmgrant_code connection_ask(struct vmgrant_connection *connection,
				 struct protocol_request *request, struct protocol_reply *reply,
				 struct fd_list *received)
{
	enum vmgrant_code code;

	received->count = 0;
	if (helper_process_runs(&connection->helper) && connection->helper.owner != getpid())
		return connection_refuse(connection, VMGRANT_USAGE,
					 "connection: belongs to the process that made it: "
					 "make one after fork");
	code = ask(connection, request, reply, received);
	/* Most are granted without a password, or the session has an agent that asks for it. */
	if (code == VMGRANT_POLKIT_CHALLENGE && protocol_request_is_interactive(request) &&
	    (connection->flags & VMGRANT_CONNECT_TEXT_AGENT) != 0)
		code = ask_with_agent(connection, request, reply, received);
	return code;
}

enum vmgrant_code connection_check_size(struct vmgrant_connection *connection, const void *object,
					size_t known, size_t size)
{
	const unsigned char *bytes = object;

	if (size < known)
		return connection_refuse(connection, VMGRANT_USAGE, "%s: its size is not set",
					 object != NULL ? "request" : "result");
	for (size_t i = known; object != NULL && i < size; i++) {
		if (bytes[i] != 0)
			return connection_refuse(
				connection, VMGRANT_USAGE,
				"request: asks for what libvmgrant %s does not know",
				vmgrant_version());
	}
	return VMGRANT_GRANTED;
}

enum vmgrant_code connection_clear_result(struct vmgrant_connection *connection, void *result,
					  size_t known)
{
	size_t size;
	enum vmgrant_code code;

	memcpy(&size, result, sizeof size);
	code = connection_check_size(connection, NULL, known, size);
	if (code != VMGRANT_GRANTED)
		return code;
	memset(result, 0, size);
	memcpy(result, &size, sizeof size);
	return VMGRANT_GRANTED;
}

/* ---- the public functions ---- */

struct vmgrant_connection *vmgrant_connect(const char *helper)
{
	return vmgrant_connect_with(helper, 0);
}

struct vmgrant_connection *vmgrant_connect_with(const char *helper, unsigned flags)
{
	struct vmgrant_connection *connection;
	int error = -ENOMEM;

	const unsigned doors = VMGRANT_CONNECT_SETUID | VMGRANT_CONNECT_SOCKET;

	if ((flags & ~(VMGRANT_CONNECT_TEXT_AGENT | doors)) != 0 || (flags & doors) == doors) {
		errno = EINVAL;
		return NULL;
	}
	connection = calloc(1, sizeof *connection);
	if (connection == NULL)
		return NULL;
	connection->flags = flags;
	helper_process_init(&connection->helper);
	connection->way = way_choose(helper, flags);
	connection->helper_path = strdup(helper != NULL ? helper : VMGRANT_HELPER);
	if (connection->helper_path != NULL)
		error = start_helper(connection);
	/* The first request tries again, and has a sentence for it. */
	if (error == 0 || says_something_about_the_file(error) ||
	    (connection->way == WAY_SOCKET && (error == -ECONNREFUSED || error == -EAGAIN)))
		return connection;
	free(connection->helper_path);
	free(connection);
	errno = -error;
	return NULL;
}

void vmgrant_close(struct vmgrant_connection *connection)
{
	if (connection == NULL)
		return;
	helper_process_end(&connection->helper, NULL);
	free(connection->helper_path);
	free(connection);
}

const char *vmgrant_error(const struct vmgrant_connection *connection)
{
	return connection->error;
}

const char *vmgrant_version(void)
{
	return PACKAGE_VERSION;
}
