/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A QMP connection to a running QEMU.
 *
 * What comes from the other end is not trusted: its length is bounded, its shape
 * is checked before use, and nothing of it is printed unescaped.
 */
#include "client/qmp/qmp.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/text/message.h"
#include "client/text/text.h"
#include "wire/process/clock.h"
#include "wire/process/fd-pass.h"

/* The longest answer that is asked for, a list of devices, has some thousand bytes. */
#define MESSAGE_BYTES_MAX (1024 * 1024)
#define TIMEOUT_MS 30000
/* So many at once: who sends them without end does not keep the reader from everything else. */
#define EVENTS_MAX 1000
/* While all places of the listener are taken connect() does not wait for us. */
#define CONNECT_PAUSE_MS 100
/* So long nobody wonders what is waited for. */
#define SLOW_MS 1000

/* ---- bytes ---- */

/* From now on a person may wonder. */
static void begin_wait(struct qmp *qmp, const char *what)
{
	qmp->slow_ms = qmp->on_slow == NULL ? 0 : clock_now_ms() + SLOW_MS;
	qmp->slow_what = what;
}

static void end_wait(struct qmp *qmp)
{
	qmp->slow_ms = 0;
}

/* Say what is waited for when it is time. Returns when to wake up next, at most end_ms. */
static long long say_when_slow(struct qmp *qmp, long long end_ms)
{
	if (qmp->slow_ms == 0 || qmp->slow_ms >= end_ms)
		return end_ms;
	if (clock_now_ms() < qmp->slow_ms)
		return qmp->slow_ms;
	qmp->slow_ms = 0;
	qmp->on_slow(qmp, qmp->slow_what);
	return end_ms;
}

/* Wait for events on the socket, for at most until end_ms. */
static enum qmp_result wait_for(struct qmp *qmp, short events, long long end_ms)
{
	struct pollfd fds[2] = { { .fd = qmp->fd, .events = events },
				 { .fd = qmp->interrupt_fd, .events = POLLIN } };
	int ready;

	do {
		long long left_ms = say_when_slow(qmp, end_ms) - clock_now_ms();

		ready = poll(fds, 2, left_ms <= 0 ? 0 : left_ms < INT_MAX ? (int)left_ms : INT_MAX);
	} while ((ready < 0 && errno == EINTR) || (ready == 0 && clock_now_ms() < end_ms));
	if (ready < 0)
		return qmp_fail(qmp, QMP_LOST, _("waiting failed: %s"), strerror(errno));
	if (fds[1].revents != 0)
		return qmp_fail(qmp, QMP_INTERRUPTED, _("interrupted"));
	return ready == 0 ? qmp_fail(qmp, QMP_LATE, _("no answer in time")) : QMP_DONE;
}

/* Does not wait. */
static enum qmp_result receive(struct qmp *qmp)
{
	ssize_t length;

	do {
		length = recv(qmp->fd, qmp->buffer, sizeof qmp->buffer, MSG_DONTWAIT);
	} while (length < 0 && errno == EINTR);
	if (length < 0 && errno != EAGAIN)
		return qmp_fail(qmp, QMP_LOST, _("the connection broke: %s"), strerror(errno));
	if (length == 0)
		return qmp_fail(qmp, QMP_LOST, _("the connection was closed"));
	qmp->start = 0;
	qmp->end = length < 0 ? 0 : (size_t)length;
	return QMP_DONE;
}

/*
 * Parse what is in the buffer. *message_out is NULL if the message goes on in
 * what has not arrived yet.
 */
static enum qmp_result parse(struct qmp *qmp, json_object **message_out)
{
	size_t length = qmp->end - qmp->start;
	enum json_tokener_error error;

	*message_out = json_tokener_parse_ex(qmp->tokener, qmp->buffer + qmp->start, (int)length);
	error = json_tokener_get_error(qmp->tokener);
	if (error == json_tokener_continue) {
		qmp->message_bytes += length;
		qmp->start = qmp->end;
		return qmp->message_bytes <= MESSAGE_BYTES_MAX
			       ? QMP_DONE
			       : qmp_fail(qmp, QMP_LOST, _("a message without end came"));
	}
	if (error != json_tokener_success || !json_object_is_type(*message_out, json_type_object)) {
		json_object_put(*message_out);
		*message_out = NULL;
		return qmp_fail(qmp, QMP_LOST, _("what came is not QMP"));
	}
	qmp->start += json_tokener_get_parse_end(qmp->tokener);
	qmp->message_bytes = 0;
	return QMP_DONE;
}

/* The next message. QMP_LATE when it has not arrived at end_ms. */
static enum qmp_result next_message(struct qmp *qmp, long long end_ms, json_object **message_out)
{
	enum qmp_result result = QMP_DONE;

	*message_out = NULL;
	while (result == QMP_DONE && *message_out == NULL) {
		if (qmp->start < qmp->end) {
			result = parse(qmp, message_out);
			continue;
		}
		result = wait_for(qmp, POLLIN, end_ms);
		if (result == QMP_DONE)
			result = receive(qmp);
	}
	return result;
}

static enum qmp_result send_command(struct qmp *qmp, const char *text, int fd)
{
	int error;

	if (qmp->fd < 0)
		return qmp_fail(qmp, QMP_LOST, _("not connected"));
	do {
		error = fd_pass_send(qmp->fd, text, strlen(text), &fd, fd < 0 ? 0 : 1,
				     qmp->timeout_ms);
	} while (error == -EINTR);
	if (error == -ETIMEDOUT)
		return qmp_fail(qmp, QMP_LATE, _("it does not read what is sent"));
	return error == 0
		       ? QMP_DONE
		       : qmp_fail(qmp, QMP_LOST, _("the connection broke: %s"), strerror(-error));
}

/* ---- messages ---- */

static void note_event(struct qmp *qmp, const char *event, json_object *message)
{
	json_object *data;

	if (qmp->watched[0] == '\0' || !json_object_object_get_ex(message, "data", &data) ||
	    strcmp(qmp_get_string(data, "device"), qmp->watched) != 0)
		return;
	if (strcmp(event, "DEVICE_DELETED") == 0)
		qmp->fate = QMP_FATE_DELETED;
	/* QEMU before 6.2 and after: MEM_UNPLUG_ERROR is another matter. */
	else if (strcmp(event, "DEVICE_UNPLUG_GUEST_ERROR") == 0 && qmp->fate == QMP_FATE_UNKNOWN)
		qmp->fate = QMP_FATE_KEPT;
}

/* Is it the answer to the last command? What is not is dealt with here. */
static int is_answer(struct qmp *qmp, json_object *message)
{
	json_object *id;

	if (json_object_object_get_ex(message, "event", NULL)) {
		note_event(qmp, qmp_get_string(message, "event"), message);
		return 0;
	}
	/* QEMU leaves the id out where it could not read the command. */
	if (!json_object_object_get_ex(message, "id", &id))
		return json_object_object_get_ex(message, "error", NULL);
	return (unsigned)json_object_get_int64(id) == qmp->serial;
}

/* The next message that is the answer; events never end the wait beyond its time. */
static enum qmp_result next_answer(struct qmp *qmp, long long end_ms, json_object **message_out)
{
	enum qmp_result result = next_message(qmp, end_ms, message_out);

	while (result == QMP_DONE && !is_answer(qmp, *message_out)) {
		(void)json_object_put(*message_out);
		*message_out = NULL;
		result = clock_now_ms() < end_ms ? next_message(qmp, end_ms, message_out)
						 : qmp_fail(qmp, QMP_LATE, _("no answer in time"));
	}
	return result;
}

/* *answer_out, if there is one, gets a reference of its own. */
static enum qmp_result take_answer(struct qmp *qmp, json_object *message, json_object **answer_out)
{
	json_object *value;

	if (json_object_object_get_ex(message, "return", &value)) {
		if (answer_out != NULL)
			*answer_out = json_object_get(value);
		return QMP_DONE;
	}
	if (json_object_object_get_ex(message, "error", &value)) {
		qmp->not_found = strcmp(qmp_get_string(value, "class"), "DeviceNotFound") == 0;
		return qmp_fail(qmp, QMP_REFUSED, "%s", qmp_get_string(value, "desc"));
	}
	return qmp_fail(qmp, QMP_LOST, _("what came is not QMP"));
}

static json_object *make_command(struct qmp *qmp, const char *command, json_object *arguments)
{
	json_object *object = qmp_argument("execute", command);

	if (arguments != NULL)
		(void)json_object_object_add(object, "arguments", arguments);
	(void)json_object_object_add(object, "id", json_object_new_int64(++qmp->serial));
	return object;
}

enum qmp_result qmp_execute(struct qmp *qmp, const char *command, json_object *arguments, int fd,
			    json_object **answer_out)
{
	long long end_ms = clock_now_ms() + qmp->timeout_ms;
	json_object *message = make_command(qmp, command, arguments);
	char *text = text_format("%s\n", json_object_to_json_string_ext(
						  message, JSON_C_TO_STRING_PLAIN));
	json_object *answer = NULL;
	enum qmp_result result;

	if (answer_out != NULL)
		*answer_out = NULL;
	result = send_command(qmp, text, fd);
	(void)json_object_put(message);
	free(text);
	if (result == QMP_DONE)
		result = next_answer(qmp, end_ms, &answer);
	if (result == QMP_DONE)
		result = take_answer(qmp, answer, answer_out);
	(void)json_object_put(answer);
	return result;
}

/* ---- events ---- */

void qmp_watch(struct qmp *qmp, const char *device)
{
	(void)snprintf(qmp->watched, sizeof qmp->watched, "%s", device);
	qmp->fate = QMP_FATE_UNKNOWN;
}

static enum qmp_result read_event(struct qmp *qmp, long long end_ms)
{
	json_object *message;
	enum qmp_result result = next_message(qmp, end_ms, &message);

	/* An answer here is one that nobody waits for any more. */
	if (result == QMP_DONE)
		(void)is_answer(qmp, message);
	(void)json_object_put(message);
	return result;
}

enum qmp_result qmp_wait_fate(struct qmp *qmp, int timeout_ms)
{
	long long end_ms = clock_now_ms() + timeout_ms;
	enum qmp_result result = QMP_DONE;

	begin_wait(qmp, _("waiting for the guest to let it go"));
	while (result == QMP_DONE && qmp->fate == QMP_FATE_UNKNOWN) {
		result = read_event(qmp, end_ms);
		if (result == QMP_DONE && clock_now_ms() >= end_ms && qmp->fate == QMP_FATE_UNKNOWN)
			result = qmp_fail(qmp, QMP_LATE, _("no answer in time"));
	}
	end_wait(qmp);
	return result;
}

/* ---- opening ---- */

void qmp_init(struct qmp *qmp)
{
	*qmp = (struct qmp){ .fd = -1, .interrupt_fd = -1, .timeout_ms = TIMEOUT_MS };
}

static enum qmp_result connect_to(struct qmp *qmp, const struct sockaddr_un *address,
				  long long end_ms, int *gone_out)
{
	int error = 0;

	while (connect(qmp->fd, (const struct sockaddr *)address, sizeof *address) < 0) {
		error = errno;
		if ((error != EAGAIN && error != EINTR) || clock_now_ms() >= end_ms)
			break;
		(void)say_when_slow(qmp, end_ms);
		(void)poll(NULL, 0, CONNECT_PAUSE_MS);
		error = 0;
	}
	*gone_out = error == ECONNREFUSED || error == ENOENT;
	return error == 0 ? QMP_DONE
			  : qmp_fail(qmp, error == EAGAIN ? QMP_LATE : QMP_LOST,
				     _("cannot connect: %s"), strerror(error));
}

static enum qmp_result read_greeting(struct qmp *qmp, long long end_ms)
{
	json_object *greeting, *hello;
	enum qmp_result result = next_message(qmp, end_ms, &greeting);

	if (result == QMP_DONE && json_object_object_get_ex(greeting, "QMP", &hello))
		qmp->major = qmp_get_major(hello);
	else if (result == QMP_DONE)
		result = qmp_fail(qmp, QMP_LOST, _("what came is not QMP"));
	else if (result == QMP_LATE)
		(void)qmp_fail(qmp, result,
			       _("no greeting: another program has this monitor, "
				 "or it is not a QMP socket"));
	(void)json_object_put(greeting);
	return result;
}

/* The first words of both sides. On a failure the connection is closed. */
static enum qmp_result greet(struct qmp *qmp, long long end_ms)
{
	enum qmp_result result = read_greeting(qmp, end_ms);

	end_wait(qmp);
	if (result == QMP_DONE)
		result = qmp_execute(qmp, "qmp_capabilities", NULL, -1, NULL);
	if (result != QMP_DONE)
		qmp_close(qmp);
	return result;
}

enum qmp_result qmp_open(struct qmp *qmp, const char *path, int *gone_out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	long long end_ms = clock_now_ms() + qmp->timeout_ms;
	enum qmp_result result;

	*gone_out = 0;
	qmp_close(qmp);
	if (*path == '\0' || strlen(path) >= sizeof address.sun_path)
		return qmp_fail(qmp, QMP_LOST, _("not a path of a socket: 1 to %zu characters"),
				sizeof address.sun_path - 1);
	memcpy(address.sun_path, path, strlen(path));
	qmp->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (qmp->fd < 0)
		return qmp_fail(qmp, QMP_LOST, _("cannot connect: %s"), strerror(errno));
	qmp->tokener = json_tokener_new();
	begin_wait(qmp, _("waiting for its greeting: another program may have this monitor"));
	result = connect_to(qmp, &address, end_ms, gone_out);
	if (result == QMP_DONE)
		return greet(qmp, end_ms);
	end_wait(qmp);
	qmp_close(qmp);
	return result;
}

enum qmp_result qmp_adopt(struct qmp *qmp, int fd)
{
	qmp_close(qmp);
	qmp->fd = fd;
	qmp->tokener = json_tokener_new();
	return greet(qmp, LLONG_MAX);
}

enum qmp_result qmp_read_events(struct qmp *qmp)
{
	enum qmp_result result;
	unsigned count = 0;

	do {
		result = read_event(qmp, clock_now_ms());
	} while (result == QMP_DONE && ++count < EVENTS_MAX);
	return result == QMP_LATE ? QMP_DONE : result;
}

void qmp_close(struct qmp *qmp)
{
	if (qmp->fd >= 0)
		close(qmp->fd);
	if (qmp->tokener != NULL)
		json_tokener_free(qmp->tokener);
	qmp->fd = -1;
	qmp->tokener = NULL;
	qmp->start = qmp->end = qmp->message_bytes = 0;
}
