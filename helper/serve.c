/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The judge's orders, performed one after the other. One table says how long each may
 * take and which function performs it; what it needs it raises itself, if it still can.
 */
#include "helper/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/node/perform.h"
#include "helper/privileges.h"
#include "wire/process/clock.h"
#include "wire/record/audit.h"
#include "wire/record/record.h"

#define SEND_TIMEOUT_MS 5000

/* While something is held or raised; a machine on its knees gets this long. */
#define LIMIT_BUILD_MS (20 * 1000)
#define LIMIT_OPEN_MS (5 * 1000)
/* So long a user's requests wait for each other; the judge's own limit is longer. */
#define TURN_WAIT_MS (12 * 1000)

/* The earlier of the request's end and so much time from now. */
static long long end_of(const struct service *service, long long wait_ms)
{
	long long end_ms = clock_now_ms() + wait_ms;

	return service->limit.end_ms != 0 && service->limit.end_ms < end_ms
		       ? service->limit.end_ms
		       : end_ms;
}

/*
 * The judge looked at the policy just before. A helper that was stopped since must not
 * go by what the policy said then.
 */
int service_is_fresh(uint64_t judged_ms)
{
	uint64_t now_ms = (uint64_t)clock_now_ms();

	return judged_ms <= now_ms && now_ms - judged_ms <= ORDER_FRESH_MS;
}

/* ---- records of what was given ---- */

/* The only address that a port under way passes, or NULL. */
static const char *locked_mac(const struct service *service, char text[AUDIT_MAC_SIZE])
{
	const struct order_port *order = &service->order.port;
	const uint8_t *mac = order->mac;

	if (service->order.type != ORDER_PORT || (order->flags & ORDER_PORT_LOCK_MAC) == 0)
		return NULL;
	(void)snprintf(text, AUDIT_MAC_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
		       mac[2], mac[3], mac[4], mac[5]);
	return text;
}

void service_record_grant(struct service *service, const char *action, const char *given,
			  const struct order_words *words)
{
	const struct record record = {
		.code = REPLY_GRANTED,
		.uid = service->peer.uid,
		.pid = service->peer.pid,
		.action = action,
		.given = given,
		.user = words->user,
		.object = words->object,
		.device = words->device,
		.rule = words->rule,
	};
	char mac[AUDIT_MAC_SIZE];

	record_send(&service->log, &record);
	audit_send(service->auditor.helper_end, &record, locked_mac(service, mac));
}

/* ---- orders without an answer ---- */

static void perform_keep(struct service *service)
{
	const uint32_t rights = service->order.keep.rights;

	service->is_without_disks |= (rights & ORDER_RIGHT_DISKS) == 0;
	if ((rights & ORDER_RIGHT_PORTS) == 0)
		maker_stop(&service->ports.builders.maker);
	service->answer.result = privileges_keep(rights & ~(unsigned)ORDER_RIGHT_DISKS);
}

/* ORDER_BEGIN and ORDER_FINISH: while nothing is asked for, no time runs. */
static void perform_time(struct service *service)
{
	const struct order *order = &service->order;
	const long long time_ms = order->begin.interactive ? TIME_LIMIT_PROMPT_MS
							   : TIME_LIMIT_REQUEST_MS;

	memlock_release(&service->memlock);
	netns_reap(&service->ports.builders);
	time_limit_begin(&service->limit, order->type == ORDER_BEGIN ? time_ms : 0);
}

static void perform_undo(struct service *service)
{
	memlock_undo(&service->memlock);
}

/* ---- orders with one ---- */

void service_put_fd(struct service *service, int fd)
{
	service->answer.result = fd < 0 ? fd : 0;
	if (fd >= 0)
		service->files.fds[service->files.count++] = fd;
}

static void perform_walk(struct service *service)
{
	service_put_fd(service, walk_step(&service->walk, &service->order.walk));
}

static int make_port(struct service *service, enum order_port_step *step)
{
	const struct order_port *order = &service->order.port;
	int result;

	*step = ORDER_PORT_FOUND;
	if (((order->flags & ORDER_PORT_DELIVER) != 0) != (service->door.kind == DOOR_DROP_IN))
		return -EINVAL;
	*step = ORDER_PORT_TURN;
	result = turn_take(&service->turn, TURN_BUILD, service->peer.uid,
			   end_of(service, TURN_WAIT_MS));
	if (result < 0)
		return result;
	*step = ORDER_PORT_FOUND;
	/* Looked at behind the wait. */
	result = service_is_fresh(order->judged_ms) ? 0 : -ETIME;
	if (result == 0)
		result = port_make(&service->ports, order, &service->files, &service->answer.port,
				   step);
	turn_release(&service->turn);
	if (result < 0 || service_is_fresh(order->judged_ms))
		return result;
	/* It was stopped while it made the port. */
	*step = ORDER_PORT_FOUND;
	fd_list_close(&service->files);
	return -ETIME;
}

/*
 * qemu-bridge-helper's contract: one byte, one fd, and then this process must leave with
 * 0 whatever happens, since the receiver owns the TAP.
 */
static int deliver(struct service *service)
{
	const char nothing = 0;
	int result = fd_pass_send(service->door.fd, &nothing, sizeof nothing,
				  service->files.fds, 1, SEND_TIMEOUT_MS);

	fd_list_close(&service->files);
	service->is_over = result == 0;
	return result;
}

static void perform_port(struct service *service)
{
	const struct order_port *order = &service->order.port;
	struct answer *answer = &service->answer;
	enum order_port_step step;
	char given[80];

	answer->result = make_port(service, &step);
	if (answer->result == 0) {
		(void)snprintf(given, sizeof given, "port %s on bridge %s", answer->port.port_name,
			       order->bridge);
		/* Before it is handed over: whoever takes it may end this process at once. */
		service_record_grant(service, "org.vmgrant.tap", given, &order->words);
	}
	if (answer->result == 0 && (order->flags & ORDER_PORT_DELIVER) != 0) {
		step = ORDER_PORT_HAND_OVER;
		answer->result = deliver(service);
	}
	if (answer->result == 0)
		return;
	answer->step = step;
	memcpy(answer->explanation, port_explanation(&service->ports),
	       strlen(port_explanation(&service->ports)) + 1);
	port_forget(&service->ports);
}

/* On the record before it is raised: whoever profits may end this process right after. */
static void perform_memlock(struct service *service)
{
	const struct order_memlock *order = &service->order.memlock;
	struct answer_memlock *answer = &service->answer.memlock;
	int result = memlock_look(&service->memlock, &service->door, order->bytes, answer);
	char given[80];

	if (result == 1) {
		(void)snprintf(given, sizeof given, "locked memory up to %llu bytes for process %lld",
			       (unsigned long long)order->bytes, (long long)answer->pid);
		service_record_grant(service, "org.vmgrant.vfio", given, &order->words);
		result = memlock_raise(&service->memlock, &service->limit, answer);
	}
	service->answer.result = result;
}

static void perform_ask(struct service *service)
{
	int result = turn_take(&service->turn, TURN_ASK, service->peer.uid,
			       end_of(service, TURN_WAIT_MS));

	if (result == 0) {
		result = ask_start(&service->asker, &service->account, &service->peer,
				   &service->answer.ask, &service->files);
		if (result < 0)
			turn_release(&service->turn);
	}
	service->answer.result = result;
}

/* The judge has read the end of the asker's answer: there is nothing left to wait for. */
static void perform_asked(struct service *service)
{
	service->answer.asked.status = ask_finish(&service->asker, end_of(service, 1000));
	turn_release(&service->turn);
}

/* ---- the table ---- */

struct performer {
	long long limit_ms; /* until it must be done; 0: the request's own end */
	void (*perform)(struct service *service);
};

static const struct performer performers[ORDER_TYPES] = {
	[ORDER_KEEP] = { 0, perform_keep },
	[ORDER_BEGIN] = { 0, perform_time },
	[ORDER_FINISH] = { 0, perform_time },
	[ORDER_WALK] = { LIMIT_OPEN_MS, perform_walk },
	[ORDER_PORT] = { LIMIT_BUILD_MS, perform_port },
	[ORDER_DISK] = { LIMIT_OPEN_MS, perform_disk },
#define ROW(NAME, name) [ORDER_##NAME] = { LIMIT_OPEN_MS, perform_##name },
	DEVICE_ORDERS(ROW)
#undef ROW
	[ORDER_MEMLOCK] = { LIMIT_OPEN_MS, perform_memlock },
	[ORDER_MEMLOCK_UNDO] = { LIMIT_OPEN_MS, perform_undo },
	[ORDER_ASK] = { 0, perform_ask },
	[ORDER_ASKED] = { 0, perform_asked },
	/* ORDER_END is the end of the loop. */
};

static int send_answer(struct service *service)
{
	struct fd_list *files = &service->files;
	int result;

	service->answer.fd_count = (uint32_t)files->count;
	result = fd_pass_send(service->orders, &service->answer, sizeof service->answer,
			      files->fds, files->count, SEND_TIMEOUT_MS);
	fd_list_close(files);
	return result;
}

/* Returns 0 as long as orders are to be awaited, 1 when the helper leaves, or -errno. */
static int perform(struct service *service)
{
	const uint32_t type = service->order.type;
	const struct performer *performer = &performers[type];

	service->answer = (struct answer){ .type = type };
	service->files.count = 0;
	if (performer->limit_ms != 0)
		time_limit_shorten(&service->limit, performer->limit_ms);
	performer->perform(service);
	/* What was handed over is the receiver's: from there nothing may fail. */
	if (service->is_over)
		return 1;
	if (performer->limit_ms != 0)
		time_limit_restore(&service->limit);
	return order_has_answer(type) ? send_answer(service) : service->answer.result;
}

/* fds that come with an order are dropped by the kernel: there is no room for them. */
static int receive(struct service *service)
{
	struct order *order = &service->order;
	ssize_t length;

	do {
		length = recv(service->orders, order, sizeof *order, MSG_TRUNC);
	} while (length < 0 && errno == EINTR);
	if (length <= 0)
		return length == 0 ? -EPIPE : -errno;
	return orders_check(order, (size_t)length) < 0 ? -EBADMSG : 0;
}

/* The judge is gone without a word: its end says why. */
static enum reply_code refuse_gone(const struct service *service, struct refusal *why)
{
	int status = 0;

	if (waitpid(service->judge, &status, 0) == service->judge && WIFSIGNALED(status) &&
	    WTERMSIG(status) == SIGALRM)
		return refuse(why, REPLY_INTERNAL, "no answer in time: the machine is too busy, or its "
			      "list of users does not answer: try again");
	return refuse(why, REPLY_INTERNAL, "the process that judges requests has ended (wait status "
		      "%#x): try again, or tell the administrator", (unsigned)status);
}

enum reply_code serve(struct service *service, struct refusal *why)
{
	const struct order_end *end = &service->order.end;
	int result = receive(service);

	while (result == 0 && service->order.type != ORDER_END) {
		result = perform(service);
		if (result == 0)
			result = receive(service);
	}
	if (result > 0)
		return REPLY_GRANTED;
	/* No reply may have gone out: then what was raised for it was raised for nothing. */
	if (result < 0)
		memlock_undo(&service->memlock);
	if (result == -EPIPE || result == -ECONNRESET)
		return refuse_gone(service, why);
	if (result == -EBADMSG)
		return refuse(why, REPLY_INTERNAL, "the process that judges requests has broken the "
			      "rules: tell the administrator");
	if (result < 0)
		return refuse(why, REPLY_INTERNAL, "cannot go on with the process that judges "
			      "requests: %s: try again, or tell the administrator", strerror(-result));
	why->code = (enum reply_code)end->code;
	memcpy(why->sentence, end->sentence, sizeof why->sentence);
	return why->code;
}
