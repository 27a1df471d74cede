/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a domain's emulator would say to its options, without a start.
 */
#ifndef VMGRANT_CLIENT_COMMAND_LIBVIRT_TRY_OPTIONS_H
#define VMGRANT_CLIENT_COMMAND_LIBVIRT_TRY_OPTIONS_H

#include "client/domain/domain-text.h"

/*
 * Words that make no sense are an error. What is refused now may be had later, and is a warning.
 *
 * wrapper  the emulator that it is to have
 * options  the text of its file
 *
 * Returns 0, or the exit status and has said why.
 */
int try_options(const struct domain_text *domain, const char *wrapper, const char *options,
		struct words *warnings);

#endif
