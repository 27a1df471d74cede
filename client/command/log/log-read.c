/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Records out of the journal, by journalctl: its format is kept up there. */
#include "client/command/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/text/message.h"
#include "client/text/text.h"

/* A field of a record, in memory of its own. The journal has other shapes for odd bytes. */
static char *field(json_object *entry, const char *name)
{
	json_object *value = NULL;
	char *text;

	if (!json_object_object_get_ex(entry, name, &value) ||
	    !json_object_is_type(value, json_type_string))
		return text_format("%s", "");
	text = text_format("%s", json_object_get_string(value));
	text_clean(text);
	/* What the helper writes where there is nothing. */
	if (strcmp(text, "none") == 0)
		text[0] = '\0';
	return text;
}

static long long number(json_object *entry, const char *name)
{
	char *text = field(entry, name), *end = text;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (end == text || *end != '\0' || errno != 0)
		value = -1;
	free(text);
	return value;
}

static int has_field(json_object *entry, const char *name, const char *expected)
{
	char *text = field(entry, name);
	int result = strcmp(text, expected) == 0;

	free(text);
	return result;
}

/* "why" is in the message alone, as its last field. */
static char *reason(json_object *entry)
{
	static const char before[] = " why=\"";
	char *message = field(entry, "MESSAGE"), *start = strstr(message, before), *text;
	size_t length;

	if (start == NULL) {
		message[0] = '\0';
		return message;
	}
	start += sizeof before - 1;
	length = strlen(start);
	text = text_format("%.*s", (int)(length > 0 ? length - 1 : 0), start);
	free(message);
	return text;
}

static void add(struct log *log, json_object *entry)
{
	struct log_record *record;

	log->records = text_need(realloc(log->records, (log->count + 1) * sizeof *log->records));
	record = &log->records[log->count++];
	*record = (struct log_record){
		.time_us = number(entry, "__REALTIME_TIMESTAMP"),
		.uid = number(entry, "VMGRANT_UID"),
		.pid = number(entry, "VMGRANT_PID"),
		.code = number(entry, "VMGRANT_CODE"),
		.is_grant = has_field(entry, "VMGRANT_RESULT", "granted"),
		.is_signed = has_field(entry, "_EXE", VMGRANT_HELPER),
		.action = field(entry, "VMGRANT_ACTION"),
		.given = field(entry, "VMGRANT_GIVEN"),
		.user = field(entry, "VMGRANT_USER"),
		.object = field(entry, "VMGRANT_OBJECT"),
		.device = field(entry, "VMGRANT_DEVICE"),
		.rule = field(entry, "VMGRANT_RULE"),
		.why = reason(entry),
	};
}

static void read_all(struct log *log, FILE *stream)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stream) > 0) {
		json_object *entry = json_tokener_parse(line);

		if (json_object_is_type(entry, json_type_object))
			add(log, entry);
		json_object_put(entry);
	}
	free(line);
}

static void be_journalctl(int output, const char *since)
{
	char *option = since != NULL ? text_format("--since=%s", since) : NULL;
	char *const argv[] = { (char[]){ "journalctl" },
			       (char[]){ "--no-pager" },
			       (char[]){ "--quiet" },
			       (char[]){ "--output=json" },
			       (char[]){ "--all" },
			       (char[]){ "--identifier=vmgrant-helper" },
			       option,
			       NULL };

	if (dup2(output, STDOUT_FILENO) >= 0)
		(void)execvp(argv[0], argv);
	_exit(errno == ENOENT ? COMMAND_NOT_FOUND : COMMAND_CANNOT_EXECUTE);
}

static int end_of(pid_t pid, const char *since)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return command_fail(VMGRANT_INTERNAL, "log: journalctl: %s",
					    strerror(errno));
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == COMMAND_NOT_FOUND)
		return command_fail(VMGRANT_UNSUPPORTED,
				    _("log: there is no journalctl here: look for "
				      "vmgrant-helper in the files of syslog"));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return VMGRANT_GRANTED;
	/* It has said why, in words of its own. */
	if (since == NULL)
		return command_fail(VMGRANT_INTERNAL,
				    _("log: journalctl has not shown the journal"));
	return command_fail(VMGRANT_INTERNAL,
			    _("log: journalctl has not shown the journal: is --since a time as it "
			      "takes one, like yesterday, -1h, '2026-01-31 10:00'?"));
}

int log_read(struct log *log_out, const char *since)
{
	int ends[2];
	FILE *stream;
	pid_t pid;

	*log_out = (struct log){ .records = NULL };
	if (pipe2(ends, O_CLOEXEC) < 0)
		return command_fail(VMGRANT_INTERNAL, "log: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		be_journalctl(ends[1], since);
	close(ends[1]);
	stream = fdopen(ends[0], "r");
	if (pid < 0 || stream == NULL)
		return command_fail(VMGRANT_INTERNAL, "log: journalctl: %s", strerror(errno));
	read_all(log_out, stream);
	(void)fclose(stream);
	return end_of(pid, since);
}

void log_release(struct log *log)
{
	for (size_t i = 0; i < log->count; i++) {
		struct log_record *record = &log->records[i];

		free(record->action);
		free(record->given);
		free(record->user);
		free(record->object);
		free(record->device);
		free(record->rule);
		free(record->why);
	}
	free(log->records);
}
