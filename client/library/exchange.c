/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* One request and its reply on the socket of a helper. */
#include "client/library/exchange.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/clock.h"

#define SEND_TIMEOUT_MS 5000

/* The helper bounds its own work more tightly; these only catch one that was stopped. */
#define REPLY_TIMEOUT_MS (60 * 1000)
#define REPLY_TIMEOUT_INTERACTIVE_MS (15 * 60 * 1000)

void received_fds_close(struct received_fds *received)
{
	for (size_t i = 0; i < received->count; i++)
		close(received->fds[i]);
	received->count = 0;
}

/* The kernel gives no more fds in a message than there is room for. */
static void take_fds(struct msghdr *message, struct received_fds *received)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
	     part = CMSG_NXTHDR(message, part)) {
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(received->fds + received->count, CMSG_DATA(part), count * sizeof(int));
		received->count += count;
	}
}

/* Returns 1, 0 when the time is over, or -1. A signal handler of the program does not end it. */
static int wait_readable(int fd, int timeout_ms)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	long long end_ms = clock_now_ms() + timeout_ms;
	int ready;

	do {
		long long left_ms = end_ms - clock_now_ms();

		ready = poll(&readable, 1, left_ms > 0 ? (int)left_ms : 0);
	} while (ready < 0 && errno == EINTR);
	return ready;
}

static const char *check_tap_reply(const struct protocol_tap_request *tap,
				   const struct protocol_reply *reply,
				   const struct received_fds *received)
{
	if (reply->queues != tap->queues)
		return "another number of queues than was asked for";
	if (reply->vhost_count != 0 &&
	    (reply->vhost_count != tap->queues || (tap->flags & PROTOCOL_TAP_VHOST) == 0))
		return "another number of vhost files than was asked for";
	if (received->count != (size_t)reply->queues + reply->vhost_count)
		return "another number of files than it says";
	if (reply->port[0] == '\0' || reply->tap[0] == '\0')
		return "a name is missing";
	return NULL;
}

static const char *check_node_reply(const struct protocol_request *request,
				    const struct protocol_reply *reply,
				    const struct received_fds *received)
{
	size_t expected = request->header.type == PROTOCOL_VFIO ? 2 : 1;

	if (received->count != expected || reply->fd_count != expected)
		return "another number of files than it should bring";
	if (reply->node[0] == '\0')
		return "a name is missing";
	return NULL;
}

/* Is it a reply at all, and the one to this request? Returns NULL or what is wrong. */
static const char *check_reply(const struct protocol_request *request,
			       const struct protocol_reply *reply,
			       const struct received_fds *received)
{
	if (reply->header.serial != request->header.serial ||
	    reply->header.type != request->header.type)
		return "it answers another request";
	if (reply->code != REPLY_GRANTED || protocol_request_is_query(request))
		return received->count == 0 ? NULL : "files came with it that nobody asked for";
	return request->header.type == PROTOCOL_TAP
		       ? check_tap_reply(&request->tap, reply, received)
		       : check_node_reply(request, reply, received);
}

static enum exchange_result receive_reply(int socket_fd, const struct protocol_request *request,
					  struct protocol_reply *reply,
					  struct received_fds *received, const char **what_out)
{
	uint8_t bytes[PROTOCOL_REPLY_SIZE + 1];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FD_PASS_MAX * sizeof(int))];
	struct iovec part = { .iov_base = bytes, .iov_len = sizeof bytes };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	enum protocol_error error;
	ssize_t length;

	do {
		length = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (length < 0 && errno == EINTR);
	if (length < 0 && errno != ECONNRESET) {
		*what_out = "receiving failed";
		return EXCHANGE_FAILED;
	}
	if (length <= 0)
		return EXCHANGE_ENDED;
	take_fds(&message, received);
	/* Fewer arrived than were sent: this process may not open more files. */
	if ((message.msg_flags & MSG_CTRUNC) != 0) {
		*what_out = "some of its files did not arrive: too many are open, or came";
		return EXCHANGE_WRONG;
	}
	error = protocol_decode_reply(bytes, (size_t)length, reply);
	*what_out = error != PROTOCOL_OK ? protocol_error_text(error)
					 : check_reply(request, reply, received);
	return *what_out == NULL ? EXCHANGE_DONE : EXCHANGE_WRONG;
}

enum exchange_result exchange(int socket_fd, const struct protocol_request *request,
			      struct protocol_reply *reply, struct received_fds *received,
			      const char **what_out)
{
	int interactive = protocol_request_is_interactive(request);
	uint8_t bytes[PROTOCOL_REQUEST_SIZE_MAX];
	size_t length = protocol_encode_request(request, bytes, sizeof bytes);
	enum exchange_result result;
	int error, ready;

	received->count = 0;
	*what_out = NULL;
	do {
		error = fd_pass_send(socket_fd, bytes, length, NULL, 0, SEND_TIMEOUT_MS);
	} while (error == -EINTR);
	if (error == -EPIPE || error == -ECONNRESET)
		return EXCHANGE_ENDED;
	if (error == -ETIMEDOUT)
		return EXCHANGE_LATE;
	if (error < 0) {
		*what_out = "sending failed";
		return EXCHANGE_FAILED;
	}
	ready = wait_readable(socket_fd,
			      interactive ? REPLY_TIMEOUT_INTERACTIVE_MS : REPLY_TIMEOUT_MS);
	if (ready == 0)
		return EXCHANGE_LATE;
	result = receive_reply(socket_fd, request, reply, received, what_out);
	if (result != EXCHANGE_DONE)
		received_fds_close(received);
	return result;
}
