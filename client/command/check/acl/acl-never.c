/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Rules that look as if they allowed something and never do. */
#include "client/command/check/acl/acl-never.h"

#include <string.h>

#include "client/text/message.h"
#include "judge/kind/bridge/rules.h"
#include "judge/policy/kind-rule.h"

#define USB_CLASS_HUB 0x09

/* Each covers() says whether the first is about everything that the second is about. */

static int covers_subject(const struct acl_subject *wide, const struct acl_subject *narrow)
{
	if (wide->type == ACL_SUBJECT_EVERYBODY)
		return 1;
	if (wide->type != narrow->type)
		return 0;
	return wide->name != NULL ? narrow->name != NULL && strcmp(wide->name, narrow->name) == 0
				  : wide->id == narrow->id;
}

int acl_rule_covers(const struct acl_rule *wide, const struct acl_rule *narrow)
{
	return wide->kind == narrow->kind && covers_subject(&wide->subject, &narrow->subject) &&
	       kind_rule_of(wide->kind)->covers(wide, narrow);
}

/* What the judge says of the rule, whatever is asked for. */
static int contradicts_itself(const struct acl_rule *rule)
{
	const struct request request = { .kind = ACL_KIND_BRIDGE };
	struct refusal why;

	return rule->kind == ACL_KIND_BRIDGE &&
	       tap_rules_check_rule(&request, &rule->options, &why) != REPLY_GRANTED;
}

const char *acl_rule_never(const struct acl *acl, const struct acl_rule *rule,
			   const struct acl_rule **deny_out)
{
	*deny_out = NULL;
	if (rule->effect != ACL_EFFECT_ALLOW)
		return NULL;
	if (contradicts_itself(rule))
		return _("lock-mac and port=direct exclude each other");
	if (rule->kind == ACL_KIND_USB && rule->usb.class_code == USB_CLASS_HUB)
		return _("a hub is never handed out");
	if (rule->subject.type == ACL_SUBJECT_USER_NAME &&
	    strcmp(rule->subject.name, VMGRANT_ACCOUNT) == 0)
		return _("the helper's own account gets nothing");
	for (size_t i = 0; i < acl->count; i++) {
		if (acl->rules[i].effect == ACL_EFFECT_DENY &&
		    acl_rule_covers(&acl->rules[i], rule)) {
			*deny_out = &acl->rules[i];
			return "denied";
		}
	}
	return NULL;
}
