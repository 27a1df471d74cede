/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Locked memory for a guest with a PCI device. */
#include "judge/kind/vfio/memlock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "judge/kind/vfio/proc-limits.h"

#define AMOUNT_SIZE 32

/* "24G", or plain bytes where no unit fits. */
static void format_amount(uint64_t bytes, char text[AMOUNT_SIZE])
{
	static const char units[] = "KMGT";
	unsigned unit = 0;

	while (unit < sizeof units - 1 && bytes != 0 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	if (unit == 0)
		(void)snprintf(text, AMOUNT_SIZE, "%llu bytes", (unsigned long long)bytes);
	else
		(void)snprintf(text, AMOUNT_SIZE, "%llu%c", (unsigned long long)bytes,
			       units[unit - 1]);
}

enum reply_code memlock_check(const struct request *request, const struct acl_options *options,
			      struct refusal *why)
{
	char asked[AMOUNT_SIZE], given[AMOUNT_SIZE];

	if (request->vfio.memlock_bytes == REQUEST_MEMLOCK_ALL ||
	    request->vfio.memlock_bytes <= options->memlock_bytes)
		return REPLY_GRANTED;
	format_amount(request->vfio.memlock_bytes, asked);
	format_amount(options->memlock_bytes, given);
	if (options->memlock_bytes == 0)
		return refuse(why, REPLY_DENIED,
			      "vfio %s: the rule gives no locked memory: ask without it, or the "
			      "administrator for memlock=%.*s in the rule",
			      request->vfio.address, (int)strcspn(asked, " "), asked);
	return refuse(why, REPLY_DENIED,
		      "vfio %s: %s of locked memory are not allowed, the rule gives %s: ask for less",
		      request->vfio.address, asked, given);
}

static enum reply_code refuse_raise(const struct request *request, uint64_t wanted_bytes,
				    const struct answer_memlock *answer, int result,
				    struct refusal *why)
{
	char wanted[AMOUNT_SIZE], found[AMOUNT_SIZE];

	if (result == -ESRCH)
		return refuse(why, REPLY_CHANNEL,
			      "vfio %s: the process that asks has ended, or is not the caller's any more",
			      request->vfio.address);
	if (result != -EPERM)
		return refuse(why, REPLY_INTERNAL,
			      "vfio %s: cannot read the limit on locked memory of process %lld: %s",
			      request->vfio.address, (long long)answer->pid, strerror(-result));
	format_amount(wanted_bytes, wanted);
	format_amount(answer->limit_bytes, found);
	return refuse(why, REPLY_NO_PRIVILEGE,
		      "vfio %s: cannot raise the limit on locked memory of process %lld from %s to %s: "
		      "this container or service lacks CAP_SYS_RESOURCE: start it outside, or ask the "
		      "administrator for a higher limit (ulimit -l)",
		      request->vfio.address, (long long)answer->pid, found, wanted);
}

/* 0: not known. Where the helper may not read a limit, the kernel tells it in another place. */
static uint64_t read_limit(pid_t pid)
{
	struct rlimit limit;

	if (proc_limits_memlock(pid, &limit) < 0)
		return 0;
	return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

enum reply_code memlock_order(const struct matter *matter, struct handover *handover,
			      struct refusal *why)
{
	const struct request *request = matter->request;
	struct order order = { .type = ORDER_MEMLOCK };
	struct delivery delivery;
	struct answer_memlock *answer = &delivery.answer.memlock;
	int result;

	order.memlock.bytes = request->vfio.memlock_bytes == REQUEST_MEMLOCK_ALL
				      ? matter->options.memlock_bytes
				      : request->vfio.memlock_bytes;
	matter_words(matter, &order.memlock.words);
	result = orders_call(&matter->session->orders, &order, &delivery);
	fd_list_close(&delivery.files);
	if (result == -EPERM && answer->limit_bytes == 0) {
		answer->limit_bytes = read_limit((pid_t)answer->pid);
		if (answer->limit_bytes != 0 && answer->limit_bytes >= order.memlock.bytes)
			result = 0;
	}
	/* Also where the answer alone was lost. */
	if (result < 0)
		orders_undo_memlock(&matter->session->orders);
	handover->reply.memlock_bytes = answer->limit_bytes;
	if (result < 0 && order.memlock.bytes != 0)
		return refuse_raise(request, order.memlock.bytes, answer, result, why);
	handover->has_memlock = result == 0;
	return REPLY_GRANTED;
}
