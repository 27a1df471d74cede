/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a QEMU that is shut in does not reach, although its command line wants it.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_CONFINE_UNREACHED_H
#define VMGRANT_CLIENT_COMMAND_RUN_CONFINE_UNREACHED_H

struct confine;

/*
 * Refuse windows, which nothing would show, and say of cards that they lead nowhere. words: of
 * QEMU. Returns 0, or the exit status and has said why.
 */
int confine_unreached_check(const struct confine *confine, char *const words[]);

#endif
