/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant-helper: the setuid-root program, and the process that holds a capability.
 *
 *   make itself safe -> become the account -> fork the judge -> perform its orders -> end
 *
 * It reads its own /etc/passwd, "--fd=N", and the judge's orders (wire/orders/orders.h); all
 * else that somebody wrote is read by the judge, which has no privilege. What the
 * process may do in each phase stands at the top of privileges.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "helper/privileges.h"
#include "helper/process.h"
#include "helper/serve.h"
#include "judge/judge.h"
#include "wire/process/door.h"
#include "wire/record/audit.h"
#include "wire/record/record.h"

/* What each door may ever need. */
static unsigned rights_of(enum door_kind door)
{
	return door == DOOR_DROP_IN ? ORDER_RIGHT_PORTS : ORDER_RIGHTS_ALL;
}

/* ---- the start ---- */

/* What the account cannot open, and the last that is done as root. */
static void open_first(struct service *service)
{
	if (geteuid() == 0)
		turn_open(&service->turn);
	/* A drop-in keeps no capability to open it with. Without it the port will fail. */
	if (service->door.kind == DOOR_DROP_IN)
		service->ports.tun_fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
}

/* Connections of one user that are open at a time. */
static enum reply_code take_connection(struct service *service, struct refusal *why)
{
	int result;

	if (service->door.kind != DOOR_SERVICE)
		return REPLY_GRANTED;
	service->connection = service->turn;
	result = turn_take(&service->connection, TURN_CONNECT, service->peer.uid, 0);
	if (result == -EBUSY)
		return refuse(why, REPLY_QUOTA, "service: user %u has too many connections open: "
			      "close some", (unsigned)service->peer.uid);
	return result < 0 ? refuse(why, REPLY_INSTALLATION, "service: " VMGRANT_SERVICE_LOCK_FILE
				   ": %s: run systemd-tmpfiles --create vmgrant.conf",
				   strerror(-result))
			  : REPLY_GRANTED;
}

/*
 * While it can still keep CAP_SYS_ADMIN, which this process gives up next. The service sees no
 * sysctls: it has the capability where the administrator wants this.
 */
static int start_maker(struct service *service)
{
	struct builders *builders = &service->ports.builders;

	if (service->door.kind != DOOR_SERVICE && !maker_is_needed())
		return 0;
	return maker_start(builders->account, &builders->maker);
}

/* Likewise with CAP_AUDIT_WRITE. Nobody else gets that, nor does a build without it. */
static int start_auditor(struct service *service)
{
#ifdef WITH_AUDIT
	return auditor_start(&service->account, service->peer.uid, &service->auditor);
#else
	(void)service;
	return 0;
#endif
}

static enum reply_code start(struct service *service, struct refusal *why)
{
	int result = process_close_but(&service->door.fd, 1);
	enum reply_code code;

	if (result == 0)
		service->log = result = record_open();
	if (result < 0)
		return refuse(why, REPLY_INTERNAL, "start: %s", strerror(-result));
	result = time_limit_start(&service->limit, TIME_LIMIT_REQUEST_MS);
	if (result == 0 && service->door.kind == DOOR_SERVICE)
		result = time_limit_start(&service->life, TIME_LIMIT_SERVICE_MS);
	if (result < 0)
		return refuse(why, REPLY_INTERNAL, "start: cannot make a timer: %s: ask for a higher "
			      "limit on pending signals (ulimit -i)", strerror(-result));
	code = peer_find(&service->door, &service->peer, why);
	if (code != REPLY_GRANTED)
		return code;
	service->ports.owner = service->peer.uid;
	open_first(service);
	code = account_find(service->peer.uid, &service->account, why);
	if (code != REPLY_GRANTED)
		return code;
	result = start_auditor(service);
	if (result == 0)
		result = start_maker(service);
	if (result < 0)
		return refuse(why, REPLY_INTERNAL, "start: cannot start a process: %s",
			      strerror(-result));
	if (service->door.kind != DOOR_SERVICE)
		result = walk_start(&service->walk, &service->account);
	if (result < 0)
		return refuse(why, REPLY_INTERNAL, "start: cannot start a thread: %s",
			      strerror(-result));
	/* Meanwhile the thread does the same for itself. */
	code = service->door.kind == DOOR_SERVICE
		       ? privileges_confine(rights_of(DOOR_SERVICE), &service->account, why)
		       : privileges_shrink(rights_of(service->door.kind), &service->account, why);
	if (code != REPLY_GRANTED)
		return code;
	/* Only root can open its file before, and takes no other one for it. */
	if (service->turn.file < 0 && service->turn.error == 0)
		turn_open(&service->turn);
	result = service->walk.account != NULL ? walk_wait(&service->walk) : 0;
	if (result == -EINVAL)
		return privileges_refuse_unmapped(why);
	return result == 0 ? REPLY_GRANTED
			   : refuse(why, REPLY_INTERNAL, "start: privileges: %s", strerror(-result));
}

/* ---- the judge ---- */

/* The child's whole life: everything that others wrote is read here. */
static void be_judge(const struct service *service, int argc, char *const argv[], int orders,
		     pid_t helper, const struct refusal *refused)
{
	const struct judge_start start = {
		.argc = argc,
		.argv = argv,
		.caller = service->peer.uid,
		.groups = service->peer.groups,
		.group_count = service->peer.group_count,
		.parent = service->peer.pid,
		.is_service = service->door.kind == DOOR_SERVICE,
		.refused = refused,
		.rights = privileges_held(),
		.client = service->door.fd,
		.orders = orders,
		.audit = service->auditor.judge_end,
	};
	const int kept[] = { service->door.fd, orders, service->auditor.judge_end };

	if (privileges_become_account(&service->account, helper) < 0 ||
	    process_close_but(kept, sizeof kept / sizeof *kept) < 0)
		_exit(REPLY_INTERNAL);
	_exit(judge_run(&start));
}

static enum reply_code fork_judge(struct service *service, int argc, char *const argv[],
				  struct refusal *why)
{
	const struct refusal refused = *why;
	const pid_t helper = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return refuse(why, REPLY_INTERNAL, "start: %s", strerror(errno));
	service->judge = fork();
	if (service->judge == 0)
		be_judge(service, argc, argv, ends[1], helper,
			 refused.code != REPLY_GRANTED ? &refused : NULL);
	close(ends[1]);
	if (service->auditor.judge_end >= 0)
		close(service->auditor.judge_end);
	service->orders = ends[0];
	if (service->judge < 0)
		return refuse(why, REPLY_INTERNAL, "start: cannot start a process: %s: end some of "
			      "yours, or ask for a higher limit (ulimit -u)", strerror(errno));
	return REPLY_GRANTED;
}

/* ---- the end ---- */

/* What went wrong before there was a judge to say it. */
static void record_failure(struct service *service, const struct refusal *why)
{
	const struct record record = {
		.code = why->code,
		.uid = service->peer.uid,
		.pid = service->peer.pid,
		.action = "none",
		.sentence = why->sentence,
	};

	record_send(&service->log, &record);
	audit_send(service->auditor.helper_end, &record, NULL);
}

/*
 * libvirt (9.0) takes what we said out of a buffer as soon as the socket closes,
 * while a thread of its own may still be filling it, and then shows a part or
 * rubbish: the thread gets its end of file, and a moment, before the socket does.
 */
static void let_it_be_read(void)
{
	const struct timespec moment = { .tv_nsec = 50000000 };

	close(STDERR_FILENO);
	close(STDOUT_FILENO);
	(void)nanosleep(&moment, NULL);
}

static int end(const struct door *door, const struct refusal *why)
{
	privileges_become_caller();
	refusal_print(why);
	if (door->kind == DOOR_DROP_IN)
		let_it_be_read();
	return (int)why->code;
}

/* ---- the way through ---- */

/* Help, a wrong command line, or a start without power: nothing is needed to say so. */
static int run_unprivileged(int argc, char *const argv[], const struct door *door)
{
	const struct judge_start start = {
		.argc = argc,
		.argv = argv,
		.caller = getuid(),
		.parent = getppid(),
		.client = door->fd,
		.orders = -1,
		.audit = -1,
	};

	privileges_become_caller();
	return judge_run(&start);
}

static enum reply_code run(struct service *service, int argc, char *const argv[],
			   struct refusal *why)
{
	enum reply_code code = start(service, why);

	/*
	 * Only the judge can tell the service's client of a refusal: it is forked with one, too,
	 * by a helper that can do nothing any more.
	 */
	if (code == REPLY_GRANTED) {
		if (peer_open(&service->door, &service->peer, why) == REPLY_GRANTED)
			(void)take_connection(service, why);
		if (why->code != REPLY_GRANTED)
			(void)privileges_keep(0);
		code = fork_judge(service, argc, argv, why);
	}
	if (code != REPLY_GRANTED) {
		record_failure(service, why);
		return code;
	}
	/* While the judge reads the policy. What fails here fails again when a port is made. */
	if (service->door.kind == DOOR_DROP_IN)
		(void)port_open(&service->ports);
	return serve(service, why);
}

int main(int argc, char **argv)
{
	struct refusal why = { .code = REPLY_GRANTED };
	struct service service = {
		.door = door_find(argc, argv),
		.peer = { .uid = getuid(), .pid = getppid(), .pidfd = -1 },
		.log = -1,
		.auditor = { -1, -1 },
		.turn = { .file = -1, .place = -1 },
		.ports = { .tun_fd = -1, .owner = getuid() },
		.walk = { .folder = -1 },
	};
	enum reply_code code;

	/* What this fails for fails later. */
	(void)privileges_begin();
	code = process_secure(&why);
	service.ports.builders = (struct builders){ &service.account, { .channel = -1 }, 0 };
	if (code == REPLY_GRANTED) {
		if (service.door.kind == DOOR_NONE ||
		    !(service.door.kind == DOOR_SERVICE ? privileges_are_given()
							: privileges_are_real()))
			return run_unprivileged(argc, argv, &service.door);
		code = run(&service, argc, argv, &why);
	}
	if (code != REPLY_GRANTED)
		return end(&service.door, &why);
	/* Who waits for the descriptor goes on before the kernel takes this process apart. */
	(void)sched_yield();
	return 0;
}
