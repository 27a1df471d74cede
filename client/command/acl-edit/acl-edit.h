/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant allow and vmgrant deny: one line of the policy added, replaced or taken away.
 *
 * Runs as who it is. The rules that the files here keep:
 *
 *   - what the judge's own parser does not take, with all the policy around it, is never
 *     put in place;
 *   - the file changes by one rename(2): whatever fails, the old policy stands whole;
 *   - root edits only what nobody but root can have written, link by link.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_ACL_EDIT_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_ACL_EDIT_H

#include "client/command/acl-edit/rule/rule-line.h"
#include "client/text/text.h"
#include "judge/policy/acl.h"

enum acl_edit_what {
	ACL_EDIT_ADD = 0, /* unless a line is there that is about the same */
	ACL_EDIT_REPLACE, /* the line that is about the same, where there is one */
	ACL_EDIT_REMOVE,
};

/* What somebody asked for. */
struct acl_edit {
	const char *command; /* "allow" or "deny" */
	enum acl_edit_what what;
	const char *file; /* NULL: the installed policy's own */
	int is_dry;
	int is_json;
	char *const *argv; /* all of it, to be repeated with sudo */
	struct rule_line line;
	struct words warnings;
};

/* What was done, or would be. Zeroed: nothing. */
struct acl_done {
	const char *action; /* "added", "replaced", "taken away"; NULL: nothing */
	unsigned line;      /* in the new file; of one taken away in the old */
	int is_draft;       /* the installed policy does not read the file */
};

#endif
