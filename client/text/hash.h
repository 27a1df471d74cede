/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A number made of bytes, the same on every machine and in every release: for addresses that
 * have to differ. It hides nothing. Pure.
 */
#ifndef VMGRANT_CLIENT_TEXT_HASH_H
#define VMGRANT_CLIENT_TEXT_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Of no bytes. */
#define HASH_EMPTY 0xcbf29ce484222325u

/* FNV-1a, 64 bits: the number of what gave hash, with these bytes behind it. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length);
uint64_t hash_text(uint64_t hash, const char *text);

#endif
