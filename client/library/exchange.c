/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* One request and its reply on the socket of a helper. */
#include "client/library/exchange.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "wire/process/clock.h"

#define SEND_TIMEOUT_MS 5000

/* The helper bounds its own work more tightly; these only catch one that was stopped. */
#define REPLY_TIMEOUT_MS (60 * 1000)
#define REPLY_TIMEOUT_INTERACTIVE_MS (15 * 60 * 1000)

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
				   const struct fd_list *received)
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
				    const struct fd_list *received)
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
			       const struct fd_list *received)
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
					  struct fd_list *received, const char **what_out)
{
	uint8_t bytes[PROTOCOL_REPLY_SIZE + 1];
	enum protocol_error error;
	ssize_t length;

	do {
		length = fd_pass_receive(socket_fd, bytes, sizeof bytes, MSG_DONTWAIT, received);
	} while (length == -EINTR);
	if (length == -EMFILE || length == -EMSGSIZE) {
		*what_out = length == -EMFILE
				    ? "some of its files did not arrive: too many are open, or came"
				    : "it is too long";
		return EXCHANGE_WRONG;
	}
	if (length < 0 && length != -ECONNRESET) {
		*what_out = "receiving failed";
		return EXCHANGE_FAILED;
	}
	if (length <= 0)
		return EXCHANGE_ENDED;
	error = protocol_decode_reply(bytes, (size_t)length, reply);
	*what_out = error != PROTOCOL_OK ? protocol_error_text(error)
					 : check_reply(request, reply, received);
	return *what_out == NULL ? EXCHANGE_DONE : EXCHANGE_WRONG;
}

enum exchange_result exchange(int socket_fd, const struct protocol_request *request,
			      struct protocol_reply *reply, struct fd_list *received,
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
		fd_list_close(received);
	return result;
}
