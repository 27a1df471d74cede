/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant run --confine --display: where the person sees the guest.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_CONFINE_DISPLAY_H
#define VMGRANT_CLIENT_COMMAND_RUN_CONFINE_DISPLAY_H

struct run;
struct run_confine;

/* text: KIND[,path=PATH]. Returns 0, or the exit status and has said why. */
int confine_display_take(struct run_confine *confine, const char *text);

/* Make the socket, and add the words by which QEMU shows it. Returns the same. */
int confine_display_open(struct run *run);

#endif
