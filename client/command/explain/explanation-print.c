/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* An explanation for people. */
#include <stdio.h>
#include <string.h>

#include "client/command/explain/explanation.h"
#include "client/command/explain/rule-text.h"
#include "wire/refusal/escape.h"

static void print_rule(const char *lead, const struct acl_rule *rule, const char *remark)
{
	char name[256], text[RULE_TEXT_SIZE];

	printf("  %s %s: line %u: %s%s%s\n", lead, escape_string(name, sizeof name, rule->file),
	       rule->line, rule_text(rule, text) == 0 ? text : "(it cannot be read again)",
	       remark[0] != '\0' ? ": " : "", remark);
}

static void print_grant(const struct acl_rule *rule)
{
	const struct acl_options *options = &rule->options;

	printf("  gives:");
	if (rule->kind == ACL_KIND_BRIDGE) {
		printf(" %u queue%s,", options->queues == 0 ? 1 : options->queues,
		       options->queues > 1 ? "s" : "");
		printf(" a %s port%s%s%s,", options->port_direct ? "direct" : "sealed",
		       options->vhost ? " with vhost" : "", options->isolated ? ", isolated" : "",
		       options->lock_mac ? ", locked to the guest's address" : "");
		if (options->vlan != 0)
			printf(" VLAN %u,", options->vlan);
		if (options->quota != 0)
			printf(" %u at a time,", options->quota);
	}
	if (options->memlock_bytes != 0)
		printf(" %llu MiB of locked memory,",
		       (unsigned long long)options->memlock_bytes >> 20);
	printf(" %s\n", options->polkit_skip ? "without asking polkit" : "if polkit agrees");
}

static const char *reason_without_rule(const struct explanation *explanation)
{
	if (explanation->verdict == ACL_VERDICT_NO_NAMES)
		return ": it cannot be told who the rule below is about";
	return explanation->decider == NULL ? ": no rule allows it" : "";
}

void explanation_print(const struct explanation *explanation)
{
	int is_allowed = explanation->verdict == ACL_VERDICT_ALLOW;

	printf("%s: %s for user %s%s\n", explanation->object->title,
	       is_allowed ? "allowed" : "denied", explanation->person->name,
	       reason_without_rule(explanation));
	if (explanation->decider != NULL)
		print_rule("by", explanation->decider, "");
	if (is_allowed)
		print_grant(explanation->decider);
	for (size_t i = 0; i < explanation->other_count; i++) {
		const struct explain_other *other = &explanation->others[i];

		print_rule(other->relation == EXPLAIN_ALSO ? "also" : "perhaps", other->rule,
			   explanation_remark(explanation, other));
	}
}
