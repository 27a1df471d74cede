/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Makes ports with the helper's own code, in the helper's last phase of
 * privilege, and hands the fds over. For measurements; started as root.
 *
 *     make-port KIND BRIDGE CALLER-UID ACCOUNT-UID QUEUES COUNT [SOCKET]
 *
 * KIND is sealed, direct (of one queue), or both for one of each in turn. With SOCKET (an
 * inherited AF_UNIX SEQPACKET fd): for each port one message, its name, with its
 * fds; then waits until the other side closes. Without: keeps them all, and
 * prints the kind of each and how many microseconds it took to make.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "helper/port/port.h"
#include "helper/privileges.h"
#include "wire/port/slots.h"
#include "wire/process/fd-pass.h"

struct bench {
	struct port_maker maker;
	struct order_port order;
	int channel; /* -1: measure */
};

static void die(const char *step, int error)
{
	(void)fprintf(stderr, "make-port: %s: %s\n", step, strerror(error));
	exit(1);
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void make(struct bench *bench, const char *kind)
{
	const double begin_us = now_us();
	struct fd_list files = { .count = 0 };
	struct answer_port answer;
	enum order_port_step step;
	int result;

	bench->order.flags = ORDER_PORT_VNET_HEADER |
			     (strcmp(kind, "sealed") == 0 ? ORDER_PORT_SEALED : 0);
	result = port_make(&bench->maker, &bench->order, &files, &answer, &step);
	if (result < 0)
		die(kind, -result);
	bench->order.slot_first++;
	if (bench->channel < 0) {
		printf("%s %.0f\n", kind, now_us() - begin_us);
		return;
	}
	if (fd_pass_send(bench->channel, answer.port_name, sizeof answer.port_name, files.fds,
			 files.count, 5000) < 0)
		die("send", errno);
	fd_list_close(&files);
}

int main(int argc, char **argv)
{
	struct account account;
	struct refusal why;
	struct bench bench = { .channel = argc > 7 ? atoi(argv[7]) : -1 };
	char end;

	if (argc < 7)
		die("usage", EINVAL);
	account.uid = account.gid = (uid_t)atoi(argv[4]);
	bench.maker = (struct port_maker){
		.tun_fd = -1, .owner = (uid_t)atoi(argv[3]), .builders = { &account, { .channel = -1 } },
	};
	bench.order.queues = (uint16_t)atoi(argv[5]);
	bench.order.slot_count = PORT_SLOTS;
	(void)snprintf(bench.order.bridge, sizeof bench.order.bridge, "%s", argv[2]);
	(void)snprintf(bench.order.words.user, sizeof bench.order.words.user, "bench");
	/* As after execve() of a setuid program. */
	if (setresuid(bench.maker.owner, 0, 0) < 0)
		die("setresuid", errno);
	if (privileges_shrink(ORDER_RIGHT_PORTS | ORDER_RIGHT_NODES, &account, &why) !=
	    REPLY_GRANTED)
		die(why.sentence, errno);
	for (int i = 0; i < atoi(argv[6]); i++) {
		if (strcmp(argv[1], "both") == 0)
			make(&bench, "sealed");
		make(&bench, strcmp(argv[1], "both") == 0 ? "direct" : argv[1]);
	}
	if (bench.channel >= 0)
		(void)!read(bench.channel, &end, 1);
	return 0;
}
