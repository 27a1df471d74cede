/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* One record in the system's log for each grant and each refusal. */
#include "wire/record/record.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "wire/refusal/escape.h"

#define IDENTIFIER "vmgrant-helper"
#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SYSLOG_SOCKET "/dev/log"

#define QUOTED_SIZE 640u

/* A text that grows, and is given up when it does not fit. */
struct text {
	char bytes[4096];
	size_t length;
	int is_cut;
};

static void append(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(struct text *text, const char *format, ...)
{
	size_t room = sizeof text->bytes - text->length;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text->bytes + text->length, room, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= room)
		text->is_cut = 1;
	else
		text->length += (size_t)length;
}

/* Printable ASCII without a quotation mark. */
static const char *clean(char text[QUOTED_SIZE], const char *words)
{
	escape_sentence(text, QUOTED_SIZE, words);
	for (char *mark = strchr(text, '"'); mark != NULL; mark = strchr(mark, '"'))
		*mark = '\'';
	return text;
}

static void append_quoted(struct text *text, const char *name, const char *words)
{
	char quoted[QUOTED_SIZE];

	if (words != NULL && words[0] != '\0')
		append(text, " %s=\"%s\"", name, clean(quoted, words));
}

static const char *result_of(const struct record *record)
{
	return record->code == REPLY_GRANTED ? "granted" : "refused";
}

/* The line that people read, the same in every log. */
static void append_line(struct text *text, const struct record *record)
{
	append(text, "%s uid=%u pid=%ld code=%d action=%s", result_of(record),
	       (unsigned)record->uid, (long)record->pid, (int)record->code, record->action);
	append_quoted(text, "given", record->given);
	append_quoted(text, "user", record->user);
	append_quoted(text, "object", record->object);
	append_quoted(text, "device", record->device);
	append_quoted(text, "rule", record->rule);
	append_quoted(text, "why", record->sentence);
}

static int priority_of(const struct record *record)
{
	return record->code == REPLY_GRANTED ? LOG_NOTICE : LOG_WARNING;
}

static void append_field(struct text *text, const char *name, const char *words)
{
	char quoted[QUOTED_SIZE];

	append(text, "VMGRANT_%s=%s\n", name,
	       words != NULL && words[0] != '\0' ? clean(quoted, words) : "none");
}

/* The journal's native protocol: a field a line (systemd, JOURNAL_NATIVE_PROTOCOL). */
static void format_journal(struct text *text, const struct record *record)
{
	append(text,
	       "PRIORITY=%d\nSYSLOG_FACILITY=%d\nSYSLOG_IDENTIFIER=" IDENTIFIER "\n"
	       "VMGRANT_RESULT=%s\nVMGRANT_CODE=%d\nVMGRANT_UID=%u\nVMGRANT_PID=%ld\n"
	       "VMGRANT_ACTION=%s\n",
	       priority_of(record), LOG_AUTHPRIV >> 3, result_of(record), (int)record->code,
	       (unsigned)record->uid, (long)record->pid, record->action);
	append_field(text, "GIVEN", record->given);
	append_field(text, "USER", record->user);
	append_field(text, "OBJECT", record->object);
	append_field(text, "DEVICE", record->device);
	append_field(text, "RULE", record->rule);
	append(text, "MESSAGE=");
	append_line(text, record);
	append(text, "\n");
}

/* The local form of RFC 3164; the receiver adds time and host. */
static void format_syslog(struct text *text, const struct record *record)
{
	append(text, "<%d>" IDENTIFIER "[%ld]: ", LOG_AUTHPRIV | priority_of(record),
	       (long)getpid());
	append_line(text, record);
}

/* ---- sending ---- */

int record_open(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/*
 * Send without waiting: the receiver's queue may be full because somebody
 * stopped it, and a log must not decide who gets a network.
 */
static int send_once(int log_fd, const char *path, const struct text *text)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	ssize_t sent;

	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	sent = sendto(log_fd, text->bytes, text->length, MSG_NOSIGNAL,
		      (const struct sockaddr *)&address, sizeof address);
	return sent == (ssize_t)text->length ? 0 : -1;
}

/*
 * What the receiver has not read yet fills the buffer of the socket that sent it, long
 * before the receiver's queue is full; a new socket has a buffer of its own.
 */
static int send_text(int *log_fd, const char *path, const struct text *text)
{
	int result, other;

	if (text->is_cut || *log_fd < 0)
		return -1;
	result = send_once(*log_fd, path, text);
	if (result == 0 || errno != EAGAIN)
		return result;
	other = record_open();
	if (other < 0)
		return -1;
	close(*log_fd);
	*log_fd = other;
	return send_once(*log_fd, path, text);
}

void record_send(int *log_fd, const struct record *record)
{
	struct text text = { .length = 0 };

	format_journal(&text, record);
	if (send_text(log_fd, JOURNAL_SOCKET, &text) == 0)
		return;
	text.length = 0;
	text.is_cut = 0;
	format_syslog(&text, record);
	(void)send_text(log_fd, SYSLOG_SOCKET, &text);
}
