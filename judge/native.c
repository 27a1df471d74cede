/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The native protocol on a connection: requests to replies. */
#include "judge/native.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "judge/kind/kind.h"
#include "judge/policy/installed.h"
#include "wire/process/fd-pass.h"
#include "wire/protocol/protocol.h"

/* A client asks, works, and may ask again; one that is silent longer reconnects. */
#define IDLE_TIMEOUT_MS (5 * 60 * 1000)
#define SEND_TIMEOUT_MS 5000
#define REQUEST_TIMEOUT_S 30

/* Since Linux 6.5; libc learned the name later. */
#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

/* ---- receiving ---- */

/*
 * Nobody may put files into this process. What did not fit the kernel has dropped.
 * The client can switch SO_PASSPIDFD on at its copy of our own end.
 */
static void close_received(struct msghdr *message)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
	     part = CMSG_NXTHDR(message, part)) {
		size_t length = part->cmsg_len - CMSG_LEN(0);

		if (part->cmsg_level != SOL_SOCKET ||
		    (part->cmsg_type != SCM_RIGHTS && part->cmsg_type != SCM_PIDFD))
			continue;
		for (size_t i = 0; i < length / sizeof(int); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
			close(fd);
		}
	}
}

/* One message. Returns its true length, which may be more than size, 0 at the end, or -1. */
static ssize_t receive_message(int fd, uint8_t *bytes, size_t size)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FD_PASS_MAX * sizeof(int))];
	struct iovec part = { .iov_base = bytes, .iov_len = size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	ssize_t length;

	if (poll(&readable, 1, IDLE_TIMEOUT_MS) <= 0)
		return -1;
	length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_TRUNC | MSG_DONTWAIT);
	if (length >= 0)
		close_received(&message);
	return length;
}

enum event {
	EVENT_REQUEST = 1, /* a well-formed request */
	EVENT_REFUSED,     /* no request; the refusal says why, to be answered the same way */
	EVENT_CLOSED,      /* the client has gone, or was silent for too long */
};

static enum reply_code read_request(const struct protocol_request *message,
				    struct request *request, struct refusal *why)
{
	const struct kind *kind = kind_of_message(message);

	if (kind == NULL)
		return refuse(why, REPLY_USAGE, "request: of no known kind");
	*request = (struct request){
		.kind = kind->kind,
		.purpose = protocol_request_is_query(message) ? PURPOSE_QUERY : PURPOSE_GRANT,
		.origin = REQUEST_NATIVE,
		.interaction = protocol_request_is_interactive(message) ? INTERACTION_ALLOWED
									: INTERACTION_NONE,
	};
	return kind->decode(message, request, why);
}

/* Messages that cannot be answered, because they have no header of this protocol, end it. */
static enum event receive(int fd, struct request *request, struct protocol_header *header,
			  struct refusal *why)
{
	/* One byte more than any request: what is longer has a wrong length anyhow. */
	uint8_t bytes[PROTOCOL_REQUEST_SIZE_MAX + 1];
	struct protocol_request message;
	enum protocol_error error;
	ssize_t length = receive_message(fd, bytes, sizeof bytes);

	if (length <= 0)
		return EVENT_CLOSED;
	if ((size_t)length > sizeof bytes)
		length = (ssize_t)sizeof bytes;
	error = protocol_decode_request(bytes, (size_t)length, &message);
	if (error == PROTOCOL_SHORT || error == PROTOCOL_MAGIC)
		return EVENT_CLOSED;
	*header = (struct protocol_header){ PROTOCOL_VERSION, message.header.type,
					    message.header.serial };
	*why = (struct refusal){ .code = REPLY_GRANTED };
	if (error != PROTOCOL_OK) {
		(void)refuse(why, REPLY_USAGE, "request: %s", protocol_error_text(error));
		return EVENT_REFUSED;
	}
	return read_request(&message, request, why) == REPLY_GRANTED ? EVENT_REQUEST
								      : EVENT_REFUSED;
}

/* ---- replying ---- */

static enum reply_code send_reply(int fd, const struct protocol_reply *reply, const int *fds,
				  size_t fd_count)
{
	uint8_t bytes[PROTOCOL_REPLY_SIZE];
	size_t length = protocol_encode_reply(reply, bytes, sizeof bytes);

	return fd_pass_send(fd, bytes, length, fds, fd_count, SEND_TIMEOUT_MS) == 0 ? REPLY_GRANTED
										    : REPLY_CHANNEL;
}

static enum reply_code send_refusal(int fd, const struct protocol_header *header,
				    const struct refusal *why)
{
	struct protocol_reply reply = { .header = *header, .code = (uint32_t)why->code };

	memcpy(reply.sentence, why->sentence, sizeof reply.sentence);
	return send_reply(fd, &reply, NULL, 0);
}

/* What was given and not taken is on the record as given: say that it was not. */
static void take_back(struct session *session, const struct request *request,
		      const struct handover *handover, enum reply_code code)
{
	struct refusal why;
	char object[REQUEST_TEXT_SIZE];

	if (handover->has_memlock)
		orders_undo_memlock(&session->orders);
	request_describe(request, object);
	(void)refuse(&why, code, "%s: the client did not take it", object);
	session_record(session, request, "", NULL, &why);
}

/* Returns REPLY_GRANTED as long as the connection goes on. */
static enum reply_code serve_request(struct session *session, const struct request *request,
				     const struct protocol_header *header)
{
	struct refusal why = { .code = REPLY_GRANTED };
	struct handover handover;
	enum reply_code sent;

	if (session_answer(session, request, &handover, &why) != REPLY_GRANTED)
		return send_refusal(session->client, header, &why);
	handover.reply.header = *header;
	sent = send_reply(session->client, &handover.reply, handover.fds, handover.fd_count);
	if (sent != REPLY_GRANTED && request->purpose == PURPOSE_GRANT)
		take_back(session, request, &handover, sent);
	handover_close(&handover);
	return sent;
}

void native_serve(struct session *session)
{
	enum reply_code code = REPLY_GRANTED;
	struct protocol_header header;
	struct request request;
	struct refusal why;
	enum event event;

	session->caller.names = &session->names;
	orders_finish(&session->orders);
	(void)alarm(0);
	while (code == REPLY_GRANTED && !session->orders.is_lost &&
	       (event = receive(session->client, &request, &header, &why)) != EVENT_CLOSED) {
		(void)alarm(REQUEST_TIMEOUT_S);
		orders_begin(&session->orders, event == EVENT_REQUEST &&
						       request.interaction == INTERACTION_ALLOWED);
		/* The administrator's newest word counts; the client connects again. */
		if (!policy_is_current(&session->policy, &session->hidden, &session->orders))
			return;
		code = event == EVENT_REQUEST ? serve_request(session, &request, &header)
					      : send_refusal(session->client, &header, &why);
		orders_finish(&session->orders);
		(void)alarm(0);
	}
}

void native_refuse(struct session *session, const struct refusal *why)
{
	struct protocol_header header;
	struct request request;
	struct refusal unread;

	/* Not even read by a process that could not enter its sandbox. */
	if (session->is_confined &&
	    receive(session->client, &request, &header, &unread) != EVENT_CLOSED)
		(void)send_refusal(session->client, &header, why);
}
