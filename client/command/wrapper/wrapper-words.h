/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What is wanted besides for a QEMU that somebody else starts.
 */
#ifndef VMGRANT_CLIENT_COMMAND_WRAPPER_WRAPPER_WORDS_H
#define VMGRANT_CLIENT_COMMAND_WRAPPER_WRAPPER_WORDS_H

#include "client/text/text.h"

/*
 * Options of vmgrant run: those in $VMGRANT; or in the file that $VMGRANT_FILE names; or in
 * ~/.config/vmgrant/libvirt/NAME.conf, where a guest of that name is started.
 *
 * guest      as -name says, "" without
 * words      to be added to
 *
 * Returns 0, or the exit status and has said why.
 */
int wrapper_words_find(const char *guest, struct words *words);

/* The path of that last file, to be freed; NULL: no file can be for such a guest. */
char *wrapper_words_file(const char *guest);

#endif
