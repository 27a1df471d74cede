/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What there is to say about a policy: an error, or what its rules name that this machine
 * does not have.
 */
#ifndef VMGRANT_CLIENT_COMMAND_CHECK_ACL_ACL_REPORT_H
#define VMGRANT_CLIENT_COMMAND_CHECK_ACL_ACL_REPORT_H

#include "client/text/text.h"

/* Zeroed: nothing is known. Texts are printable ASCII. */
struct acl_report {
	struct words warnings; /* "FILE: line L: warning: there is no bridge br7" */
	char *error;           /* "FILE: line L, column C: WORD: MESSAGE"; NULL: none */
	char *error_file;      /* the file at fault, escaped */
	int is_closed;         /* 1: the error is that who runs this may not read the file */
	size_t rule_count, file_count;
	size_t allow_count; /* rules that allow something */
	size_t never_count; /* those of them that can never be granted */
};

/*
 * Read and judge a policy, with the rights of who runs this.
 *
 * file  NULL: the installed one, as a request would read it. A named one may be a draft
 *       that belongs to anybody: what a request would not trust about the file itself is
 *       a warning.
 */
void acl_report_make(struct acl_report *report, const char *file);

void acl_report_release(struct acl_report *report);

/* 1 if rules allow something, and none of them can ever be granted. */
int acl_report_is_vain(const struct acl_report *report);

/* "acl.conf: good: 3 rules in 1 file" or what is to be said of one that is vain; to be freed. */
char *acl_report_summary(const struct acl_report *report, const char *file);

#endif
