/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* An explanation for people. */
#include <stdio.h>
#include <string.h>

#include "client/command/explain/explanation.h"
#include "client/command/explain/rule-text.h"
#include "client/text/message.h"
#include "wire/refusal/escape.h"

/* The rule that decides. */
static void print_decider(const struct acl_rule *rule)
{
	char name[256], text[RULE_TEXT_SIZE];

	printf(_("  by %s: line %u: %s\n"), escape_string(name, sizeof name, rule->file),
	       rule->line, rule_text(rule, text) == 0 ? text : _("(it cannot be read again)"));
}

static void print_other(const struct explanation *explanation, const struct explain_other *other)
{
	const struct acl_rule *rule = other->rule;
	const char *remark = explanation_remark(explanation, other);
	char name[256], text[RULE_TEXT_SIZE];

	/* TRANSLATORS: the last part is empty, or a colon and why that rule does not decide. */
	printf(other->relation == EXPLAIN_ALSO ? _("  also %s: line %u: %s%s%s\n")
					       : _("  perhaps %s: line %u: %s%s%s\n"),
	       escape_string(name, sizeof name, rule->file), rule->line,
	       rule_text(rule, text) == 0 ? text : _("(it cannot be read again)"),
	       remark[0] != '\0' ? ": " : "", remark);
}

static void print_port(const struct acl_options *options)
{
	unsigned queues = options->queues == 0 ? 1 : options->queues;

	printf(ngettext(" %u queue,", " %u queues,", queues), queues);
	/* Each is a sentence's part between commas. */
	printf(" %s,", options->port_direct ? _("a direct port") : _("a sealed port"));
	if (options->vhost)
		printf(" %s,", _("vhost"));
	if (options->isolated)
		printf(" %s,", _("isolated from others"));
	if (options->lock_mac)
		printf(" %s,", _("locked to the guest's address"));
	if (options->vlan != 0)
		printf(_(" VLAN %u,"), options->vlan);
	if (options->quota != 0)
		printf(_(" %u at a time,"), options->quota);
}

static void print_grant(const struct acl_rule *rule)
{
	const struct acl_options *options = &rule->options;

	/* TRANSLATORS: a list of what a rule gives follows, with a comma behind each. */
	printf(_("  gives:"));
	if (rule->kind == ACL_KIND_BRIDGE)
		print_port(options);
	if (options->memlock_bytes != 0)
		printf(_(" %llu MiB of locked memory,"),
		       (unsigned long long)options->memlock_bytes >> 20);
	printf(" %s\n", options->polkit_skip ? _("without asking polkit") : _("if polkit agrees"));
}

static void print_verdict(const struct explanation *explanation)
{
	const char *object = explanation->object->title, *user = explanation->person->name;

	if (explanation->verdict == ACL_VERDICT_ALLOW)
		printf(_("%s: allowed for user %s\n"), object, user);
	else if (explanation->verdict == ACL_VERDICT_NO_NAMES)
		printf(_("%s: denied for user %s: it cannot be told who the rule below is about\n"),
		       object, user);
	else if (explanation->decider == NULL)
		printf(_("%s: denied for user %s: no rule allows it\n"), object, user);
	else
		printf(_("%s: denied for user %s\n"), object, user);
}

void explanation_print(const struct explanation *explanation)
{
	int is_allowed = explanation->verdict == ACL_VERDICT_ALLOW;

	print_verdict(explanation);
	if (explanation->decider != NULL)
		print_decider(explanation->decider);
	if (is_allowed)
		print_grant(explanation->decider);
	for (size_t i = 0; i < explanation->other_count; i++)
		print_other(explanation, &explanation->others[i]);
}
