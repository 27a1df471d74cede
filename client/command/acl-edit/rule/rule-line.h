/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The line of a policy that the words of a command line make.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_RULE_RULE_LINE_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_RULE_RULE_LINE_H

#include "judge/policy/acl.h"

/* Zeroed: none. The rule points into the rest. */
struct rule_line {
	char *text;  /* "allow bridge br0 user alice", without a newline */
	char *thing; /* "bridge br0": kind and selectors */
	char *whom;  /* "user alice", "members of group students", "everybody" */
	char *copy;  /* parsed to pieces */
	struct acl acl;
	const struct acl_rule *rule;
};

/*
 * command  "allow" or "deny"
 * words    what stands behind it, ended by NULL: names are quoted here where the policy
 *          wants it, and no word can become two or a comment
 *
 * Returns VMGRANT_GRANTED, or VMGRANT_USAGE after printing why, with what was probably
 * meant. rule_line_release() in both cases.
 */
int rule_line_make(struct rule_line *line, const char *command, char *const words[]);

void rule_line_release(struct rule_line *line);

#endif
