/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The native protocol on a connection: requests to replies, until the client has gone.
 *
 * Trusts nothing that it is sent. One message is one request; a malformed message is
 * answered or dropped, and the next one is read: SOCK_SEQPACKET preserves message
 * boundaries.
 */
#ifndef VMGRANT_JUDGE_NATIVE_H
#define VMGRANT_JUDGE_NATIVE_H

#include "judge/session.h"

/* Returns when the client has gone, was silent too long, or the policy has changed. */
void native_serve(struct session *session);

/* The same for a client that may ask nothing: one request is answered with this refusal. */
void native_refuse(struct session *session, const struct refusal *why);

#endif
