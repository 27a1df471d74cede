/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Orders that open devices: one function each, and what they share.
 */
#ifndef VMGRANT_HELPER_NODE_PERFORM_H
#define VMGRANT_HELPER_NODE_PERFORM_H

#include "helper/serve.h"

/* Fills service->answer, and the fds that go with it. */
#define DECLARE(NAME, name) void perform_##name(struct service *service);
DEVICE_ORDERS(DECLARE)
#undef DECLARE

/* ORDER_DISK: a disk is looked at. */
void perform_disk(struct service *service);

/*
 * The judge looked at the policy just before. A helper that was stopped since must not
 * go by what the policy said then.
 */
int service_is_fresh(uint64_t judged_ms);

/* The result of an order that brings one fd, or -errno. */
void service_put_fd(struct service *service, int fd);

/* What was given goes on the record. */
void service_record_grant(struct service *service, const char *action, const char *given,
			  const struct order_words *words);

#endif
