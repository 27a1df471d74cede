/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The kernel's answers over rtnetlink. Every length in them is held against what is there, and
 * nothing is read in place: attributes stand at multiples of four, numbers of eight bytes do not.
 */
#ifndef VMGRANT_WIRE_NETLINK_ANSWER_H
#define VMGRANT_WIRE_NETLINK_ANSWER_H

#include <stddef.h>
#include <stdint.h>

struct nlmsghdr;

/* Of a message. start is NULL where there is no such attribute. */
struct bytes {
	const unsigned char *start;
	size_t length;
};

/* What comes behind the first ones; without any where there are not so many. */
struct bytes bytes_behind(struct bytes bytes, size_t count);

/* The value of the first attribute of a type in a list of them. */
struct bytes answer_attribute(struct bytes list, unsigned type);

/* Of one of so many bytes; 0 where it is missing or has another size. */
uint8_t answer_byte(struct bytes list, unsigned type);
uint32_t answer_number(struct bytes list, unsigned type);

/* 1 if it is this text, with or without its NUL. */
int answer_is_text(struct bytes list, unsigned type, const char *text);

/* What NLMSG_ERROR and NLMSG_DONE say: 1 or a negative errno. */
int answer_result(struct bytes body);

/*
 * Takes a message behind its head. Returns 0 if more is to come, 1 if the answer is complete, or
 * a negative errno.
 */
typedef int answer_take(const struct nlmsghdr *head, struct bytes body, void *context);

/*
 * Wait for the answer of this number and have it taken; what is left of others before is passed
 * over. Returns 0 or a negative errno: -EPROTO if a message is not the kernel's or not whole,
 * -EINTR if a list has changed while it was made.
 */
int answer_receive(int fd, uint32_t sequence, answer_take *take, void *context);

#endif
