/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A QMP peer for tests that follows a script. */
#ifndef VMGRANT_TESTS_UNIT_QMP_PEER_H
#define VMGRANT_TESTS_UNIT_QMP_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/qmp/qmp.h"
#include "client/text/text.h"
#include "wire/process/fd-pass.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
#define DELETED(device) \
	"{\"event\": \"DEVICE_DELETED\", \"data\": {\"device\": \"" device "\", \"path\": \"/x\"}}\r\n"
/* Instead of an answer: close the connection, or send events until nobody reads. */
#define HANG_UP "\004"
#define FLOOD "\005"
/* At the end of an answer: files come with it. */
#define FILES "\006"

/* An answer that is to come is waited for, on a machine that is busy as well; one that is not to
 * come need not be. */
#define ANSWER_MS 60000
#define SILENCE_MS 300
#define ANSWER(id, value) "{\"return\": " value ", \"id\": " #id "}\r\n"

/* A step of the peer. The last one has neither. */
struct step {
	const char *expect; /* wait for a command that has this in it; NULL: do not wait */
	const char *send;   /* NULL: no answer */
};

#define SCRIPT(...) ((const struct step[]){ __VA_ARGS__, { NULL, NULL } })
#define AGREED { NULL, GREETING }, { "qmp_capabilities", ANSWER(1, "{}") }

struct peer {
	char folder[32], path[64];
	int listener, client;
	const struct step *steps;
	pthread_t thread;
	unsigned fds;	    /* how many files came */
	struct stat file;   /* of the last one */
	unsigned late_fds;  /* those that did not come with the first byte of a command */
	int misunderstood, hangs_up;
};

/* ---- the peer ---- */

static inline void take_fds(struct peer *peer, struct msghdr *message, int is_first)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
	     part = CMSG_NXTHDR(message, part)) {
		int fd;

		memcpy(&fd, CMSG_DATA(part), sizeof fd);
		(void)fstat(fd, &peer->file);
		close(fd);
		peer->fds++;
		peer->late_fds += !is_first;
	}
}

/* A whole line, with the files that came with it. Returns 0 at the end. */
static inline int read_command(struct peer *peer, char *text, size_t size)
{
	size_t length = 0;

	while (length == 0 || text[length - 1] != '\n') {
		_Alignas(struct cmsghdr) char control[256];
		struct iovec part = { .iov_base = text + length, .iov_len = 1 };
		struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
					  .msg_controllen = sizeof control };

		if (length + 1 >= size || recvmsg(peer->client, &message, MSG_CMSG_CLOEXEC) != 1)
			return 0;
		take_fds(peer, &message, length == 0);
		length++;
	}
	text[length] = '\0';
	return 1;
}

static inline void send_text(const struct peer *peer, const char *text)
{
	static const char event[] = "{\"event\": \"RTC_CHANGE\", \"data\": {\"offset\": 1}}\r\n";

	const size_t length = strlen(text);

	if (length > 0 && text[length - 1] == *FILES) {
		int fds[] = { peer->client, peer->client, peer->client };

		(void)fd_pass_send(peer->client, text, length - 1, fds, 3, ANSWER_MS);
		return;
	}
	if (strcmp(text, FLOOD) != 0) {
		(void)send(peer->client, text, length, MSG_NOSIGNAL);
		return;
	}
	while (send(peer->client, event, strlen(event), MSG_NOSIGNAL) > 0)
		;
}

static inline void *serve(void *argument)
{
	struct peer *peer = argument;
	char text[1024];

	peer->client = accept4(peer->listener, NULL, NULL, SOCK_CLOEXEC);
	for (const struct step *step = peer->steps; step->expect != NULL || step->send != NULL;
	     step++) {
		if (step->expect != NULL && !read_command(peer, text, sizeof text))
			break;
		if (step->expect != NULL && strstr(text, step->expect) == NULL)
			peer->misunderstood = 1;
		peer->hangs_up = step->send != NULL && strcmp(step->send, HANG_UP) == 0;
		if (step->send != NULL && !peer->hangs_up)
			send_text(peer, step->send);
	}
	/* Silence, until the other end has had enough. */
	while (!peer->hangs_up && read_command(peer, text, sizeof text))
		;
	close(peer->client);
	return NULL;
}

static inline void start(struct peer *peer, struct qmp *qmp, const struct step *steps)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*peer = (struct peer){ .folder = "/tmp/test-qmp-XXXXXX", .steps = steps };
	assert_non_null(mkdtemp(peer->folder));
	(void)snprintf(peer->path, sizeof peer->path, "%s/qmp", peer->folder);
	memcpy(address.sun_path, peer->path, strlen(peer->path));
	peer->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(peer->listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(listen(peer->listener, 1), 0);
	assert_int_equal(pthread_create(&peer->thread, NULL, serve, peer), 0);
	qmp_init(qmp);
	qmp->timeout_ms = ANSWER_MS;
}

static inline void stop_peer(struct peer *peer, struct qmp *qmp)
{
	qmp_close(qmp);
	(void)shutdown(peer->listener, SHUT_RDWR);
	assert_int_equal(pthread_join(peer->thread, NULL), 0);
	close(peer->listener);
	(void)unlink(peer->path);
	(void)rmdir(peer->folder);
	assert_false(peer->misunderstood);
}

static inline int patience_ms(enum qmp_result expected)
{
	return expected == QMP_LATE ? SILENCE_MS : ANSWER_MS;
}

static inline enum qmp_result open_to(struct peer *peer, struct qmp *qmp)
{
	int gone;
	enum qmp_result result = qmp_open(qmp, peer->path, &gone);

	assert_false(gone);
	return result;
}

static inline enum qmp_result ask(struct qmp *qmp, const char *command, json_object **answer)
{
	return qmp_execute(qmp, command, NULL, -1, answer);
}

#endif
