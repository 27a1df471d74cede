/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The kernel's answers over rtnetlink. */
#include "wire/netlink/answer.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* Bytes of one datagram from the kernel: those of a list are at most this long. */
#define DATAGRAM_MAX 32768u

/* ---- attributes ---- */

struct bytes bytes_behind(struct bytes bytes, size_t count)
{
	if (count > bytes.length)
		count = bytes.length;
	return (struct bytes){ bytes.start + count, bytes.length - count };
}

struct bytes answer_attribute(struct bytes list, unsigned type)
{
	struct rtattr head;

	while (list.length >= sizeof head) {
		memcpy(&head, list.start, sizeof head);
		if (head.rta_len < sizeof head || head.rta_len > list.length)
			break;
		if ((head.rta_type & NLA_TYPE_MASK) == type)
			return (struct bytes){ list.start + sizeof head,
					       head.rta_len - sizeof head };
		list = bytes_behind(list, RTA_ALIGN(head.rta_len));
	}
	return (struct bytes){ NULL, 0 };
}

uint8_t answer_byte(struct bytes list, unsigned type)
{
	const struct bytes found = answer_attribute(list, type);

	return found.length == 1 ? found.start[0] : 0;
}

uint32_t answer_number(struct bytes list, unsigned type)
{
	const struct bytes found = answer_attribute(list, type);
	uint32_t number = 0;

	if (found.length == sizeof number)
		memcpy(&number, found.start, sizeof number);
	return number;
}

int answer_is_text(struct bytes list, unsigned type, const char *text)
{
	const struct bytes found = answer_attribute(list, type);
	const size_t length = strlen(text);

	return found.length >= length && memcmp(found.start, text, length) == 0 &&
	       (found.length == length || found.start[length] == '\0');
}

/* ---- messages ---- */

int answer_result(struct bytes body)
{
	int error = -EPROTO;

	if (body.length >= sizeof error)
		memcpy(&error, body.start, sizeof error);
	return error < 0 ? error : 1;
}

static int take_datagram(struct bytes datagram, uint32_t sequence, answer_take *take, void *context)
{
	struct nlmsghdr head;
	int result = 0;

	while (result == 0 && datagram.length >= sizeof head) {
		memcpy(&head, datagram.start, sizeof head);
		if (head.nlmsg_len < sizeof head || head.nlmsg_len > datagram.length)
			return -EPROTO;
		/* Something changed meanwhile: the list may lack an interface. */
		if ((head.nlmsg_flags & NLM_F_DUMP_INTR) != 0)
			return -EINTR;
		if (head.nlmsg_seq == sequence)
			result = take(&head,
				      (struct bytes){ datagram.start + sizeof head,
						      head.nlmsg_len - sizeof head },
				      context);
		datagram = bytes_behind(datagram, NLMSG_ALIGN(head.nlmsg_len));
	}
	return result;
}

int answer_receive(int fd, uint32_t sequence, answer_take *take, void *context)
{
	unsigned char bytes[DATAGRAM_MAX];
	int result = 0;

	while (result == 0) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_length = sizeof from;
		ssize_t length = recvfrom(fd, bytes, sizeof bytes, MSG_TRUNC,
					  (struct sockaddr *)&from, &from_length);

		if (length < 0)
			return -errno;
		/* Others may send to this socket, too; only 0 is the kernel. */
		if (from.nl_pid != 0 || (size_t)length > sizeof bytes)
			return -EPROTO;
		result = take_datagram((struct bytes){ bytes, (size_t)length }, sequence, take,
				       context);
	}
	return result < 0 ? result : 0;
}
