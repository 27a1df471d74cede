/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * One connection of libvmgrant: the helper behind it, and requests on it.
 */
#ifndef VMGRANT_CLIENT_LIBRARY_CONNECTION_H
#define VMGRANT_CLIENT_LIBRARY_CONNECTION_H

#include <stddef.h>
#include <stdint.h>

#include "client/library/helper-process.h"
#include "client/library/vmgrant.h"
#include "client/library/way.h"
#include "wire/process/fd-pass.h"
#include "wire/protocol/protocol.h"

#define CONNECTION_ERROR_SIZE 768

struct vmgrant_connection {
	char *helper_path;
	enum way way;
	struct helper_process helper;
	unsigned flags;  /* enum vmgrant_connect_flag */
	uint32_t serial; /* of the last request */
	int asks_on_terminal;      /* 1: a text agent is to serve the request that is made now */
	const char *agent_problem; /* what keeps it from asking, if nobody was asked */
	char error[CONNECTION_ERROR_SIZE];
};

/*
 * Send a request and wait for its reply, with a new helper if the last one has
 * gone. Fills in the header of *request. Returns the code of the reply, or what
 * went wrong in its place; with VMGRANT_GRANTED the reply and its fds are as the
 * protocol promises for this request, with everything else no fd is left open.
 */
enum vmgrant_code connection_ask(struct vmgrant_connection *connection,
				 struct protocol_request *request, struct protocol_reply *reply,
				 struct fd_list *received);

/*
 * Is a struct of the program's one that this library understands? size is what
 * the program set, known what it is here: less was never right, and a field that
 * is not known here must not ask for anything. object NULL: a result, not read.
 */
enum vmgrant_code connection_check_size(struct vmgrant_connection *connection, const void *object,
					size_t known, size_t size);

/*
 * The same for a result, whose first member is its size; then it is emptied, but for that
 * size. An fd in it is left as 0: the caller says that it is none.
 */
enum vmgrant_code connection_clear_result(struct vmgrant_connection *connection, void *result,
					  size_t known);

/* Set the sentence and return code. What is not printable ASCII becomes '?'. */
enum vmgrant_code connection_refuse(struct vmgrant_connection *connection, enum vmgrant_code code,
				    const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
