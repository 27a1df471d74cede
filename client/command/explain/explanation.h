/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which rule of a policy decides about an object for a person, and which others are
 * about the same.
 */
#ifndef VMGRANT_CLIENT_COMMAND_EXPLAIN_EXPLANATION_H
#define VMGRANT_CLIENT_COMMAND_EXPLAIN_EXPLANATION_H

#include "client/command/common/person.h"
#include "client/command/explain/explain-object.h"
#include "judge/policy/load.h"

enum explain_relation {
	EXPLAIN_ALSO = 1, /* matches as well */
	EXPLAIN_PERHAPS,  /* matches if the device is what the rule names */
};

struct explain_other {
	enum explain_relation relation;
	const struct acl_rule *rule;
};

/* Points into the policy, the person and the object. */
struct explanation {
	const struct explain_object *object;
	const struct person *person;
	enum acl_verdict verdict;
	const struct acl_rule *decider; /* NULL: no rule matches */
	struct explain_other *others;   /* in the order of the policy */
	size_t other_count;
};

/* Cannot fail. To be released. */
void explanation_find(struct explanation *explanation, const struct policy *policy,
		      const struct person *person, const struct explain_object *object);

void explanation_release(struct explanation *explanation);

/* Why a rule that matches did not decide: "a deny wins". */
const char *explanation_remark(const struct explanation *explanation,
			       const struct explain_other *other);

/* Print it to standard output, for people and for programs. */
void explanation_print(const struct explanation *explanation);
void explanation_print_json(const struct explanation *explanation);

#endif
