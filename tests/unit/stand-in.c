/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A helper for the tests of the library: it does whatever the name of the bridge, the
 * serial number or the address says, above all what the real one never would.
 * Unprivileged.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/process/fd-pass.h"
#include "wire/protocol/protocol.h"

#define SOCKET_FD 3
#define MANY_FDS 40

extern char **environ;

struct answer {
	struct protocol_reply reply;
	size_t fd_count;
	size_t extra; /* bytes that are too much */
	size_t missing;
};

/* More than the library has room for, which fd_pass_send() would not send. */
static void send_flood(const uint8_t *bytes, size_t length)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(MANY_FDS * sizeof(int))] = { 0 };
	struct iovec part = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	int fds[MANY_FDS] = { 0 };

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof fds);
	memcpy(CMSG_DATA(rights), fds, sizeof fds);
	(void)sendmsg(SOCKET_FD, &message, MSG_NOSIGNAL);
}

static void send_answer(const struct answer *answer)
{
	uint8_t bytes[PROTOCOL_REPLY_SIZE + 8] = { 0 };
	size_t length = protocol_encode_reply(&answer->reply, bytes, sizeof bytes);
	int fds[FD_PASS_MAX];

	length = length + answer->extra - answer->missing;
	for (size_t i = 0; i < FD_PASS_MAX; i++)
		fds[i] = STDIN_FILENO;
	if (answer->fd_count > FD_PASS_MAX)
		send_flood(bytes, length);
	else
		(void)fd_pass_send(SOCKET_FD, bytes, length, fds, answer->fd_count, 1000);
}

/* What this process was given: its open files and environment, as a sentence. */
static void describe_process(char *text, size_t size)
{
	DIR *folder = opendir("/proc/self/fd");
	const struct dirent *entry;
	size_t length = 0;

	text[0] = '\0';
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		char path[300], target[64];
		ssize_t got;

		/* Tools that run programs for us keep theirs up there. */
		if (entry->d_name[0] == '.' || atoi(entry->d_name) == dirfd(folder) ||
		    atoi(entry->d_name) >= 256)
			continue;
		(void)snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
		got = readlink(path, target, sizeof target - 1);
		target[got < 0 ? 0 : got] = '\0';
		target[strcspn(target, ":")] = '\0';
		length += (size_t)snprintf(text + length, size - length, "%s %s, ",
					   entry->d_name, target);
	}
	(void)snprintf(text + length, size - length, "environment %s",
		       environ[0] == NULL ? "empty" : "inherited");
	if (folder != NULL)
		(void)closedir(folder);
}

static _Noreturn void die(int status, const char *words)
{
	(void)fputs(words, stderr);
	(void)fflush(stderr);
	_exit(status);
}

static _Noreturn void die_chattering(void)
{
	for (int i = 0; i < 3000; i++)
		(void)fputs("\033[31mnonsense\r\a \200\377", stderr);
	(void)fflush(stderr);
	_exit(1);
}

static struct answer grant_nodes(const struct protocol_request *request)
{
	struct answer answer = { .reply = { .header = request->header } };
	int is_vfio = request->header.type == PROTOCOL_VFIO;
	uint32_t flags = is_vfio ? request->vfio.flags : request->usb.flags;

	answer.reply.memlock_bytes = request->vfio.memlock_bytes;
	if ((flags & PROTOCOL_DEVICE_QUERY) != 0) {
		answer.reply.flags = PROTOCOL_NODE_POLKIT;
		return answer;
	}
	/* The second function of a device is on a kernel with groups only. */
	answer.reply.flags = is_vfio && strstr(request->vfio.address, ".1") == NULL
				     ? PROTOCOL_NODE_IOMMUFD : 0;
	answer.fd_count = answer.reply.fd_count = is_vfio ? 2 : 1;
	if (is_vfio && answer.reply.flags == 0)
		memcpy(answer.reply.node, "/dev/vfio/12", 13);
	else
		memcpy(answer.reply.node, "/dev/node", 10);
	return answer;
}

/* A proper grant, to be spoiled by name. */
static struct answer grant(const struct protocol_request *request)
{
	const struct protocol_tap_request *tap = &request->tap;
	struct answer answer = { .reply = { .header = request->header } };

	if (request->header.type == PROTOCOL_USB || request->header.type == PROTOCOL_VFIO)
		return grant_nodes(request);
	answer.reply.queues = tap->queues;
	answer.reply.mtu_bytes = 1500;
	answer.reply.flags = PROTOCOL_PORT_SEALED;
	answer.reply.quota = 3;
	answer.reply.quota_used = 1;
	answer.reply.vlan = 42;
	memcpy(answer.reply.port, "vmgport", 8);
	memcpy(answer.reply.tap, "tap0", 5);
	if (request->header.type == PROTOCOL_QUERY) {
		answer.reply.queues = 4;
		return answer;
	}
	if ((tap->flags & PROTOCOL_TAP_VHOST) != 0)
		answer.reply.vhost_count = tap->queues;
	answer.fd_count = (size_t)answer.reply.queues + answer.reply.vhost_count;
	return answer;
}

static void refuse(struct answer *answer, uint32_t code, const char *sentence)
{
	answer->reply.code = code;
	answer->reply.queues = answer->reply.vhost_count = answer->reply.fd_count = 0;
	answer->fd_count = 0;
	(void)snprintf(answer->reply.sentence, sizeof answer->reply.sentence, "%s", sentence);
}

/* Names that end the process. */
static void end_by_name(const char *name)
{
	if (strcmp(name, "eof") == 0)
		_exit(0);
	if (strcmp(name, "no-power") == 0)
		die(REPLY_NO_PRIVILEGE, "vmgrant-helper: start: no power here: nosuid: ask\n");
	if (strcmp(name, "loader") == 0)
		die(127, "vmgrant-helper: error while loading shared libraries: libx.so\n");
	if (strcmp(name, "silent") == 0)
		_exit(REPLY_POLICY);
	if (strcmp(name, "odd-status") == 0)
		_exit(200);
	if (strcmp(name, "chatter") == 0)
		die_chattering();
	if (strcmp(name, "killed") == 0)
		(void)raise(SIGKILL);
}

/* Names that spoil the answer. */
static void spoil_by_name(const char *name, struct answer *answer)
{
	struct protocol_reply *reply = &answer->reply;

	answer->missing = strcmp(name, "short") == 0 ? 1 : 0;
	answer->missing = strcmp(name, "tiny") == 0 ? PROTOCOL_REPLY_SIZE - 3 : answer->missing;
	answer->extra = strcmp(name, "long") == 0 ? 1 : 0;
	reply->header.serial += strcmp(name, "serial") == 0;
	reply->header.version = (uint16_t)(reply->header.version + (strcmp(name, "version") == 0));
	if (strcmp(name, "type") == 0)
		reply->header.type = PROTOCOL_QUERY;
	answer->fd_count -= strcmp(name, "few") == 0;
	answer->fd_count += strcmp(name, "many") == 0;
	if (strcmp(name, "none") == 0)
		answer->fd_count = 0;
	if (strcmp(name, "flood") == 0)
		answer->fd_count = MANY_FDS;
	if (strcmp(name, "queues") == 0)
		answer->fd_count = ++reply->queues;
	if (strcmp(name, "no-vhost") == 0)
		answer->fd_count -= reply->vhost_count, reply->vhost_count = 0;
	if (strcmp(name, "half-vhost") == 0)
		answer->fd_count--, reply->vhost_count--;
	if (strcmp(name, "vhost") == 0)
		answer->fd_count += reply->vhost_count = reply->queues;
	if (strcmp(name, "nameless") == 0)
		reply->port[0] = reply->node[0] = '\0';
	if (strcmp(name, "count") == 0)
		reply->fd_count++;
	if (strcmp(name, "no") == 0)
		refuse(answer, REPLY_DENIED, "bridge no: not allowed: \033[31mno rule");
	if (strcmp(name, "challenge") == 0)
		refuse(answer, REPLY_POLKIT_CHALLENGE, "bridge challenge: nobody can be asked");
	if (strcmp(name, "new-code") == 0)
		refuse(answer, 99, "bridge new-code: a reason of the future");
	if (strcmp(name, "stray") == 0) {
		refuse(answer, REPLY_DENIED, "bridge stray: not allowed");
		answer->fd_count = 2;
	}
	if (strcmp(name, "stray-query") == 0)
		answer->fd_count = 1;
	if (strcmp(name, "slow") == 0)
		(void)usleep(300000);
	if (strcmp(name, "process") == 0) {
		describe_process(reply->sentence, sizeof reply->sentence);
		refuse(answer, REPLY_OBJECT, strdup(reply->sentence));
	}
}

static const char *name_in(const struct protocol_request *request)
{
	switch (request->header.type) {
	case PROTOCOL_USB:
		return request->usb.serial;
	case PROTOCOL_VFIO:
		return request->vfio.address;
	default:
		return request->tap.bridge;
	}
}

int main(void)
{
	uint8_t bytes[PROTOCOL_REQUEST_SIZE_MAX];
	struct protocol_request request;
	ssize_t length;

	while ((length = recv(SOCKET_FD, bytes, sizeof bytes, 0)) > 0) {
		struct answer answer;

		if (protocol_decode_request(bytes, (size_t)length, &request) != PROTOCOL_OK)
			die(REPLY_USAGE, "vmgrant-helper: the request is wrong\n");
		end_by_name(name_in(&request));
		answer = grant(&request);
		spoil_by_name(name_in(&request), &answer);
		send_answer(&answer);
		if (strcmp(request.tap.bridge, "once") == 0)
			_exit(0);
	}
	return 0;
}
