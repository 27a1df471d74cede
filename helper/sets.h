/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Capability sets of this thread. Only privileges.c includes this.
 *
 * They are written by libcap-ng, asked for each time, and remembered nowhere. Capabilities are
 * bits. Returns unless said otherwise: 0, or -1 with errno.
 */
#ifndef VMGRANT_HELPER_SETS_H
#define VMGRANT_HELPER_SETS_H

#define SETS_BIT(capability) (1ULL << (capability))

int sets_read(unsigned long long *effective_out, unsigned long long *permitted_out);

/* 1 if all of these are permitted. */
int sets_permit(unsigned long long needed);

/* Fails for a capability that is not permitted now. */
int sets_write(unsigned long long effective, unsigned long long permitted);

/* Of what is permitted, these alone. */
int sets_make_effective(unsigned long long wanted);

/* 1 if the kernel says so: nothing effective, and nothing permitted but these. */
int sets_are_lowered(unsigned long long most);

/* libcap-ng remembers whose sets it writes, and learns of forks by libc's fork() alone. */
void sets_follow_fork(void);

#endif
