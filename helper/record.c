/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One record in the system's log for each grant and each refusal. */
#include "helper/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "wire/escape.h"

#define IDENTIFIER "vmgrant-helper"
#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SYSLOG_SOCKET "/dev/log"

/* What is recorded, in printable ASCII throughout. */
struct record {
	char message[REFUSAL_SENTENCE_MAX + 256];
	char object[REQUEST_TEXT_SIZE];
	const char *device;
	char rule[320];
	int priority; /* syslog's levels, without the facility */
};

static void describe_rule(const struct acl_rule *rule, char *text, size_t size)
{
	char file[256];

	if (rule == NULL) {
		(void)snprintf(text, size, "none");
		return;
	}
	escape_string(file, sizeof file, rule->file);
	(void)snprintf(text, size, "%s:%u", file, rule->line);
}

static int open_socket(struct record_log *log)
{
	log->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return log->fd < 0 ? -1 : 0;
}

/*
 * Send without waiting: the receiver's queue may be full because somebody
 * stopped it, and a log must not decide who gets a network.
 */
static int send_once(struct record_log *log, const char *path, const char *text, size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	ssize_t sent;

	if (log->fd < 0 && open_socket(log) < 0)
		return -1;
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	sent = sendto(log->fd, text, length, MSG_NOSIGNAL, (const struct sockaddr *)&address,
		      sizeof address);
	return sent == (ssize_t)length ? 0 : -1;
}

/*
 * What the receiver has not read yet fills the buffer of the socket that sent it, long
 * before the receiver's queue is full; a new socket has a buffer of its own.
 */
static int send_datagram(struct record_log *log, const char *path, const char *text, size_t length)
{
	int result = send_once(log, path, text, length);

	if (result == 0 || log->fd < 0 || errno != EAGAIN)
		return result;
	close(log->fd);
	log->fd = -1;
	return send_once(log, path, text, length);
}

/* The journal's native protocol: a field a line (systemd, JOURNAL_NATIVE_PROTOCOL). */
static int send_journal(struct record_log *log, const struct record *record,
			const struct request *request, const struct caller *caller,
			const struct refusal *why)
{
	char text[2048];
	int length = snprintf(text, sizeof text,
			      "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_FACILITY=%d\n"
			      "SYSLOG_IDENTIFIER=" IDENTIFIER "\nVMGRANT_ACTION=%s\n"
			      "VMGRANT_OBJECT=%s\nVMGRANT_DEVICE=%s\nVMGRANT_USER=%s\n"
			      "VMGRANT_UID=%u\n"
			      "VMGRANT_PID=%ld\nVMGRANT_RULE=%s\nVMGRANT_RESULT=%s\n"
			      "VMGRANT_CODE=%d\n",
			      record->message, record->priority, LOG_AUTHPRIV >> 3,
			      request != NULL ? request_action(request) : "none", record->object,
			      record->device[0] != '\0' ? record->device : "none", caller->name,
			      (unsigned)caller->uid, (long)caller->parent,
			      record->rule, why->code == REPLY_GRANTED ? "granted" : "refused",
			      (int)why->code);

	if (length < 0 || (size_t)length >= sizeof text)
		return -1;
	return send_datagram(log, JOURNAL_SOCKET, text, (size_t)length);
}

/* The local form of RFC 3164; the receiver adds time and host. */
static int send_syslog(struct record_log *log, const struct record *record,
		       const struct caller *caller)
{
	char text[2048];
	int length = snprintf(text, sizeof text,
			      "<%d>" IDENTIFIER "[%ld]: %s user=%s uid=%u pid=%ld rule=%s",
			      LOG_AUTHPRIV | record->priority, (long)getpid(), record->message,
			      caller->name, (unsigned)caller->uid, (long)caller->parent,
			      record->rule);

	if (length < 0 || (size_t)length >= sizeof text)
		return -1;
	return send_datagram(log, SYSLOG_SOCKET, text, (size_t)length);
}

enum reply_code record_open(struct record_log *log, struct refusal *why)
{
	if (open_socket(log) < 0)
		return refuse(why, REPLY_INTERNAL, "start: cannot open a socket for the log: %s",
			      strerror(errno));
	return REPLY_GRANTED;
}

void record_outcome(struct record_log *log, const struct request *request, const char *device,
		    const struct caller *caller, const struct acl_rule *rule,
		    const struct refusal *why)
{
	struct record record = { .priority = LOG_NOTICE };

	record.device = device;
	describe_rule(rule, record.rule, sizeof record.rule);
	(void)snprintf(record.object, sizeof record.object, "none");
	if (request != NULL)
		request_describe(request, record.object);
	if (why->code == REPLY_GRANTED)
		(void)snprintf(record.message, sizeof record.message,
			       "granted: %s%s%s%s%s for user %s",
			       request->kind == REQUEST_TAP ? "TAP on " : "", record.object,
			       *device != '\0' ? " (" : "", device, *device != '\0' ? ")" : "",
			       caller->name);
	else
		(void)snprintf(record.message, sizeof record.message, "refused: %s",
			       why->sentence);
	if (why->code != REPLY_GRANTED)
		record.priority = LOG_WARNING;
	if (send_journal(log, &record, request, caller, why) < 0)
		(void)send_syslog(log, &record, caller);
}
