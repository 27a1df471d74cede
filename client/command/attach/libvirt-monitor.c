/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The monitor of a libvirt domain, by way of virsh.
 *
 * libvirt never lets its monitor go, and passes commands on with the files that belong to them:
 * virsh qemu-monitor-command --pass-fds, from libvirt 8.2 on.
 */
#include "client/command/attach/libvirt-monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/command/machine/capture.h"
#include "client/text/message.h"
#include "client/text/text.h"
#include "wire/process/fd-pass.h"

#define VIRSH_TIMEOUT_MS 30000
/* How often libvirt is asked whether the guest has let a device go. */
#define ASK_AGAIN_MS 300
/* The commands are our own. */
#define COMMAND_BYTES_MAX 65536u

/* What stands between. */
struct relay {
	int fd;
	const char *domain;
	char *watched; /* the device that the guest shall let go, or NULL */
	struct capture capture;
};

/* ---- virsh ---- */

/* fd: -1, or what goes along. */
static void run_virsh(struct relay *relay, const char *command, int fd)
{
	struct words words = { 0 };

	words_add_all(&words, (const char *const[]){ "virsh", "-q", "qemu-monitor-command", NULL });
	if (fd >= 0)
		words_add(&words, text_format("--pass-fds=%d", fd));
	words_add_all(&words, (const char *const[]){ "--", relay->domain, command, NULL });
	capture_run(words.items, VIRSH_TIMEOUT_MS, &relay->capture);
	words_release(&words);
}

/* QEMU's answer, or NULL: there is none. */
static json_object *parse_answer(const struct capture *capture)
{
	const char *text = strchr(capture->text, '{');
	json_object *answer = NULL;

	if (capture->end == CAPTURE_EXITED && capture->status == 0 && text != NULL)
		answer = json_tokener_parse(text);
	if (json_object_is_type(answer, json_type_object))
		return answer;
	(void)json_object_put(answer);
	return NULL;
}

static json_object *ask(struct relay *relay, const char *command, int fd)
{
	run_virsh(relay, command, fd);
	return parse_answer(&relay->capture);
}

/* ---- the fork ---- */

/* Returns 0, or -1: nobody is there any more. Gives the message away. */
static int say(const struct relay *relay, json_object *message)
{
	char *line = text_format("%s\n",
				 json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN));
	int error = fd_pass_send(relay->fd, line, strlen(line), NULL, 0, VIRSH_TIMEOUT_MS);

	free(line);
	(void)json_object_put(message);
	return error == 0 ? 0 : -1;
}

static json_object *wrap(const char *key, json_object *value)
{
	json_object *object = text_need(json_object_new_object());

	(void)json_object_object_add(object, key, value);
	return object;
}

/* From now on it is to be found out whether the device is gone. */
static void watch(struct relay *relay, json_object *command)
{
	json_object *arguments;

	free(relay->watched);
	relay->watched = NULL;
	if (json_object_object_get_ex(command, "arguments", &arguments))
		relay->watched = text_format("%s", qmp_get_string(arguments, "id"));
}

/* libvirt numbers commands itself. Returns 0, or -1 to end. */
static int answer(struct relay *relay, json_object *command, int fd)
{
	const char *name = qmp_get_string(command, "execute");
	json_object *id = NULL, *reply;

	(void)json_object_object_get_ex(command, "id", &id);
	id = json_object_get(id);
	json_object_object_del(command, "id");
	if (strcmp(name, "qmp_capabilities") == 0)
		reply = wrap("return", json_object_new_object());
	else
		reply = ask(relay, json_object_to_json_string_ext(command, JSON_C_TO_STRING_PLAIN),
			    fd);
	if (reply == NULL) {
		(void)json_object_put(id);
		return -1;
	}
	if (strcmp(name, "device_del") == 0 && json_object_object_get_ex(reply, "return", NULL))
		watch(relay, command);
	(void)json_object_object_add(reply, "id", id);
	return say(relay, reply);
}

static int say_if_gone(struct relay *relay)
{
	json_object *reply, *list = NULL, *event;
	int is_gone = 1;

	reply = ask(relay,
		    "{\"execute\":\"qom-list\",\"arguments\":{\"path\":"
		    "\"/machine/peripheral\"}}",
		    -1);
	if (reply == NULL)
		return -1;
	if (!json_object_object_get_ex(reply, "return", &list) ||
	    !json_object_is_type(list, json_type_array))
		is_gone = 0;
	for (size_t i = 0; is_gone && i < json_object_array_length(list); i++) {
		json_object *entry = json_object_array_get_idx(list, i);

		if (strcmp(qmp_get_string(entry, "name"), relay->watched) == 0)
			is_gone = 0;
	}
	(void)json_object_put(reply);
	if (!is_gone)
		return 0;
	event = qmp_argument("event", "DEVICE_DELETED");
	(void)json_object_object_add(event, "data", qmp_argument("device", relay->watched));
	free(relay->watched);
	relay->watched = NULL;
	return say(relay, event);
}

/* One message is one command, since the next one comes after its answer. */
static int take_command(struct relay *relay)
{
	char *text = text_need(malloc(COMMAND_BYTES_MAX + 1));
	struct fd_list files = { .count = 0 };
	ssize_t length = fd_pass_receive(relay->fd, text, COMMAND_BYTES_MAX, 0, &files);
	json_object *command = NULL;
	int result = -1;

	if (length > 0) {
		text[length] = '\0';
		command = json_tokener_parse(text);
	}
	if (files.count > 0)
		(void)fcntl(files.fds[0], F_SETFD, 0);
	if (json_object_is_type(command, json_type_object))
		result = answer(relay, command, files.count > 0 ? files.fds[0] : -1);
	fd_list_close(&files);
	(void)json_object_put(command);
	free(text);
	return result;
}

/* Ctrl-C is for who asks: what is under way is undone through here. */
static void hold_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGQUIT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
}

static void relay_all(struct relay *relay, json_object *greeting)
{
	struct pollfd readable = { .fd = relay->fd, .events = POLLIN };
	int result;

	hold_signals();
	result = say(relay, greeting);
	while (result == 0) {
		int ready = poll(&readable, 1, relay->watched == NULL ? -1 : ASK_AGAIN_MS);

		if (ready < 0 && errno != EINTR)
			break;
		if (ready > 0)
			result = take_command(relay);
		else if (ready == 0)
			result = say_if_gone(relay);
	}
}

/* ---- opening ---- */

/* virsh's first line, without what it puts before all of them. */
static enum qmp_result fail(struct qmp *qmp, const struct capture *capture, int *gone_out)
{
	static const char prefix[] = "error: ";
	const char *text = capture->text;

	if (capture->end == CAPTURE_NOT_FOUND)
		return qmp_fail(qmp, QMP_LOST, _("virsh is not installed"));
	if (capture->end == CAPTURE_LATE)
		return qmp_fail(qmp, QMP_LATE, _("virsh does not answer"));
	if (strncmp(text, prefix, strlen(prefix)) == 0)
		text += strlen(prefix);
	*gone_out = strstr(text, "is not running") != NULL ||
		    strstr(text, "failed to get domain") != NULL;
	return qmp_fail(qmp, QMP_LOST, "%.*s", (int)strcspn(text, "\n"), text);
}

/* {"QMP": {"version": ...}}, as QEMU would say it; NULL: it does not answer. */
static json_object *make_greeting(struct relay *relay)
{
	json_object *reply = ask(relay, "{\"execute\":\"query-version\"}", -1), *version;
	json_object *greeting = NULL;

	if (json_object_object_get_ex(reply, "return", &version))
		greeting = wrap("QMP", wrap("version", json_object_get(version)));
	(void)json_object_put(reply);
	return greeting;
}

static enum qmp_result start(struct qmp *qmp, struct relay *relay, json_object *greeting)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return qmp_fail(qmp, QMP_LOST, _("no socket: %s"), strerror(errno));
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		relay->fd = ends[1];
		relay_all(relay, greeting);
		_exit(0);
	}
	close(ends[1]);
	if (pid > 0)
		return qmp_adopt(qmp, ends[0]);
	close(ends[0]);
	return qmp_fail(qmp, QMP_LOST, _("no process: %s"), strerror(errno));
}

enum qmp_result libvirt_monitor_open(struct qmp *qmp, const char *domain, int *gone_out)
{
	struct relay *relay = text_need(calloc(1, sizeof *relay));
	json_object *greeting;
	enum qmp_result result;

	*gone_out = 0;
	relay->domain = domain;
	greeting = make_greeting(relay);
	result = greeting == NULL ? fail(qmp, &relay->capture, gone_out)
				  : start(qmp, relay, greeting);
	(void)json_object_put(greeting);
	free(relay);
	return result;
}
