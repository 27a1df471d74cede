/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A QMP connection to a running QEMU: commands with their answers, one at a time.
 *
 * QEMU answers in order. A command whose answer was not waited for is passed over
 * later, so the connection stays usable after QMP_LATE and QMP_INTERRUPTED.
 */
#ifndef VMGRANT_CLIENT_QMP_QMP_H
#define VMGRANT_CLIENT_QMP_QMP_H

#include <json-c/json.h>

#define QMP_ERROR_SIZE 512
#define QMP_ID_SIZE 128

enum qmp_result {
	QMP_DONE = 1,
	QMP_REFUSED,     /* QEMU's answer is an error */
	QMP_LATE,        /* no answer in time */
	QMP_LOST,        /* no connection, or what comes is not QMP */
	QMP_INTERRUPTED, /* interrupt_fd became readable first */
};

/* What became of the device that is watched. */
enum qmp_fate {
	QMP_FATE_UNKNOWN = 0,
	QMP_FATE_DELETED, /* DEVICE_DELETED */
	QMP_FATE_KEPT,    /* DEVICE_UNPLUG_GUEST_ERROR: the guest refuses */
};

struct qmp {
	int fd;           /* -1: closed */
	int interrupt_fd; /* borrowed; -1: nothing interrupts a wait */
	int timeout_ms;   /* for each answer */
	unsigned serial;  /* of the last command */
	json_tokener *tokener;
	size_t message_bytes; /* of the message that has begun to arrive */
	size_t start, end;    /* what of buffer is still to be read */
	char watched[QMP_ID_SIZE];
	enum qmp_fate fate;
	int major;     /* QEMU's version, 0: it did not say */
	int not_found; /* 1: the last QMP_REFUSED is about something that does not exist */
	/* Called once in a wait that takes longer than a second, with what is waited for. */
	void (*on_slow)(const struct qmp *qmp, const char *what);
	long long slow_ms; /* when that is; 0: not in this wait */
	const char *slow_what;
	char error[QMP_ERROR_SIZE]; /* a phrase about the last result but QMP_DONE */
	char buffer[16384];
};

/* Before anything else, so that qmp_close() is always right. */
void qmp_init(struct qmp *qmp);

/*
 * Connect to the socket at path, read the greeting and agree on capabilities.
 * Waits at most qmp->timeout_ms. Any result but QMP_DONE leaves it closed, and
 * *gone_out is 1 if nobody listens there: that QEMU has ended.
 */
enum qmp_result qmp_open(struct qmp *qmp, const char *path, int *gone_out);

/*
 * The same with a connection that there is already: fd belongs to *qmp from now on. The
 * greeting may take as long as the other end needs to begin.
 */
enum qmp_result qmp_adopt(struct qmp *qmp, int fd);

/* Take what has come and is no answer, without waiting. QMP_LOST: the other end is gone. */
enum qmp_result qmp_read_events(struct qmp *qmp);

void qmp_close(struct qmp *qmp);

/*
 * Execute a command.
 *
 * arguments   NULL, or consumed
 * fd          -1, or one that goes along in the same message; borrowed
 * answer_out  NULL, or gets what was returned, to be given to json_object_put()
 */
enum qmp_result qmp_execute(struct qmp *qmp, const char *command, json_object *arguments, int fd,
			    json_object **answer_out);

/* Note from now on what becomes of the device with this id. */
void qmp_watch(struct qmp *qmp, const char *device);

/* Wait until qmp->fate is known. QMP_DONE: it is. */
enum qmp_result qmp_wait_fate(struct qmp *qmp, int timeout_ms);

/* Set the phrase of qmp->error and return result. */
enum qmp_result qmp_fail(struct qmp *qmp, enum qmp_result result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* {"key": "value"}, to be extended. */
json_object *qmp_argument(const char *key, const char *value);

void qmp_add_argument(json_object *arguments, const char *key, const char *value);

/* QEMU's version as its greeting says it, 0 where it does not. */
int qmp_get_major(json_object *hello);

/* The string of that name in an object, "" if there is none. */
const char *qmp_get_string(json_object *object, const char *key);

#endif
