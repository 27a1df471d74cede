/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * One request and its reply on the socket of a helper.
 */
#ifndef VMGRANT_CLIENT_LIBRARY_EXCHANGE_H
#define VMGRANT_CLIENT_LIBRARY_EXCHANGE_H

#include "client/library/connection.h"

enum exchange_result {
	EXCHANGE_DONE = 1, /* *reply and *received hold what was promised */
	EXCHANGE_ENDED,    /* the helper has hung up without a reply */
	EXCHANGE_LATE,     /* no reply in time */
	EXCHANGE_WRONG,    /* a reply that is none; *what_out is a phrase about it */
	EXCHANGE_FAILED,   /* the socket failed; *what_out is a phrase about it */
};

/* After anything but EXCHANGE_DONE no fd is open and the socket is of no use any more. */
enum exchange_result exchange(int socket_fd, const struct protocol_request *request,
			      struct protocol_reply *reply, struct fd_list *received,
			      const char **what_out);

#endif
