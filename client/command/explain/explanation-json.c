/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* An explanation for programs; the shape is in vmgrant(1). */
#include "client/command/common/json.h"
#include "client/command/explain/explanation.h"
#include "client/command/explain/rule-text.h"
#include "wire/refusal/escape.h"

static json_object *rule_to_json(const struct acl_rule *rule)
{
	json_object *object = json_object_new_object();
	char name[256], text[RULE_TEXT_SIZE];

	json_add_text(object, "file", escape_string(name, sizeof name, rule->file));
	json_add(object, "line", json_object_new_int64(rule->line));
	json_add_text(object, "effect", rule->effect == ACL_EFFECT_ALLOW ? "allow" : "deny");
	if (rule_text(rule, text) == 0)
		json_add_text(object, "text", text);
	return object;
}

static json_object *grant_to_json(const struct acl_rule *rule)
{
	const struct acl_options *options = &rule->options;
	json_object *object = json_object_new_object();

	json_add_flag(object, "polkit", !options->polkit_skip);
	if (options->memlock_bytes != 0)
		json_add(object, "memlock", json_object_new_uint64(options->memlock_bytes));
	if (rule->kind != ACL_KIND_BRIDGE)
		return object;
	json_add(object, "queues", json_object_new_int64(options->queues == 0 ? 1 : options->queues));
	json_add_flag(object, "sealed", !options->port_direct);
	json_add_flag(object, "vhost", options->vhost);
	json_add_flag(object, "isolated", options->isolated);
	json_add_flag(object, "lock-mac", options->lock_mac);
	if (options->vlan != 0)
		json_add(object, "vlan", json_object_new_int64(options->vlan));
	if (options->quota != 0)
		json_add(object, "quota", json_object_new_int64(options->quota));
	return object;
}

static json_object *others_to_json(const struct explanation *explanation)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < explanation->other_count; i++) {
		const struct explain_other *other = &explanation->others[i];
		json_object *object = rule_to_json(other->rule);

		json_add_flag(object, "certain", other->relation == EXPLAIN_ALSO);
		json_add_text(object, "remark", explanation_remark(explanation, other));
		(void)json_object_array_add(array, object);
	}
	return array;
}

void explanation_print_json(const struct explanation *explanation)
{
	const int is_allowed = explanation->verdict == ACL_VERDICT_ALLOW;
	json_object *object = json_object_new_object();

	json_add_text(object, "object", explanation->object->title);
	json_add_text(object, "user", explanation->person->name);
	json_add_flag(object, "allowed", is_allowed);
	if (explanation->verdict == ACL_VERDICT_NO_NAMES)
		json_add_text(object, "reason", "the system's list of users and groups does not answer");
	if (explanation->decider != NULL)
		json_add(object, "rule", rule_to_json(explanation->decider));
	if (is_allowed)
		json_add(object, "gives", grant_to_json(explanation->decider));
	json_add(object, "others", others_to_json(explanation));
	json_print(object);
	(void)json_object_put(object);
}
