/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmgrant-helper --explain: which rule decides, and which others are about the same.
 * Runs with the caller's own rights, all privilege given up; root reads imported
 * qemu files as the person that is asked about, because their modes decide.
 */
#ifndef VMGRANT_JUDGE_POLICY_EXPLAIN_H
#define VMGRANT_JUDGE_POLICY_EXPLAIN_H

#include <stddef.h>

#include "wire/refusal.h"

/*
 * words  [--user=NAME] and what stands in a rule behind allow: "bridge", "br0"
 *
 * Prints to standard output. Returns REPLY_GRANTED when it could tell, whatever
 * the verdict is; REPLY_USAGE, REPLY_POLICY, REPLY_OBJECT (no such user) or
 * REPLY_INTERNAL with *why filled.
 */
enum reply_code explain(char *const words[], size_t count, struct refusal *why);

#endif
