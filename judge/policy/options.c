/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What an allow gives along with its yes: the options of a rule. Pure.
 *
 * One table says all: an option's name, the kinds of rule that take it, and
 * the values that it takes.
 */
#include "judge/policy/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "judge/policy/kind-rule.h"

enum option_id {
	OPTION_QUEUES,
	OPTION_QUOTA,
	OPTION_VLAN,
	OPTION_VHOST,
	OPTION_LOCK_MAC,
	OPTION_ISOLATED,
	OPTION_PORT,
	OPTION_MEMLOCK,
	OPTION_POLKIT,
};

enum value_type {
	VALUE_NONE,   /* the name alone */
	VALUE_NUMBER, /* 1 to max */
	VALUE_SIZE,   /* bytes, 1 to max, perhaps with K, M, G or T */
	VALUE_WORD,   /* the one word that is possible */
};

#define KIND(kind) (1u << (kind))
#define BRIDGE     KIND(ACL_KIND_BRIDGE)
#define VFIO       KIND(ACL_KIND_VFIO)
#define EVERY_KIND (~0u)

struct option {
	const char *name;
	size_t name_length;
	unsigned kinds;
	enum value_type type;
	uint64_t max;
	const char *word;
};

#define NAME(literal) literal, sizeof(literal) - 1

static const struct option options[] = {
	[OPTION_QUEUES] = { NAME("queues"), BRIDGE, VALUE_NUMBER, ACL_QUEUES_MAX, NULL },
	[OPTION_QUOTA] = { NAME("quota"), BRIDGE, VALUE_NUMBER, ACL_QUOTA_MAX, NULL },
	[OPTION_VLAN] = { NAME("vlan"), BRIDGE, VALUE_NUMBER, ACL_VLAN_MAX, NULL },
	[OPTION_VHOST] = { NAME("vhost"), BRIDGE, VALUE_NONE, 0, NULL },
	[OPTION_LOCK_MAC] = { NAME("lock-mac"), BRIDGE, VALUE_NONE, 0, NULL },
	[OPTION_ISOLATED] = { NAME("isolated"), BRIDGE, VALUE_NONE, 0, NULL },
	[OPTION_PORT] = { NAME("port"), BRIDGE, VALUE_WORD, 0, "direct" },
	[OPTION_MEMLOCK] = { NAME("memlock"), VFIO, VALUE_SIZE, ACL_MEMLOCK_MAX, NULL },
	[OPTION_POLKIT] = { NAME("polkit"), EVERY_KIND, VALUE_WORD, 0, "no" },
};

#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

static const struct option *find_option(const char *name, size_t length)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (options[i].name_length == length && memcmp(options[i].name, name, length) == 0)
			return &options[i];
	}
	return NULL;
}

static int parse_size(const char *text, size_t length, uint64_t max, uint64_t *bytes_out)
{
	static const char suffixes[] = "KMGT";
	const char *suffix = length > 0 ? memchr(suffixes, text[length - 1], 4) : NULL;
	unsigned shift = 0;
	uint64_t number;

	if (suffix != NULL) {
		shift = 10 * ((unsigned)(suffix - suffixes) + 1);
		length--;
	}
	if (acl_number_parse(text, length, max >> shift, &number) != 0)
		return -1;
	*bytes_out = number << shift;
	return 0;
}

/* Check a value, NULL where there is none. Returns 0 or -1. */
static int parse_value(const struct option *option, const char *value, size_t length,
		       uint64_t *number_out)
{
	*number_out = 1;
	if (option->type == VALUE_NONE)
		return value == NULL ? 0 : -1;
	if (value == NULL)
		return -1;
	if (option->type == VALUE_WORD)
		return strcmp(value, option->word) == 0 ? 0 : -1;
	if (option->type == VALUE_SIZE) {
		if (parse_size(value, length, option->max, number_out) != 0)
			return -1;
	} else if (acl_number_parse(value, length, option->max, number_out) != 0) {
		return -1;
	}
	return *number_out > 0 ? 0 : -1;
}

static void store(struct acl_options *into, enum option_id id, uint64_t number)
{
	switch (id) {
	case OPTION_QUEUES:
		into->queues = (uint32_t)number;
		break;
	case OPTION_QUOTA:
		into->quota = (uint32_t)number;
		break;
	case OPTION_VLAN:
		into->vlan = (uint32_t)number;
		break;
	case OPTION_VHOST:
		into->vhost = 1;
		break;
	case OPTION_LOCK_MAC:
		into->lock_mac = 1;
		break;
	case OPTION_ISOLATED:
		into->isolated = 1;
		break;
	case OPTION_PORT:
		into->port_direct = 1;
		break;
	case OPTION_MEMLOCK:
		into->memlock_bytes = number;
		break;
	case OPTION_POLKIT:
		into->polkit_skip = 1;
		break;
	}
}

static int value_error(const struct option *option, const struct acl_line *line,
		       const struct acl_word *word, struct acl_error *error)
{
	char message[sizeof(error->message)] = "";

	switch (option->type) {
	case VALUE_NONE:
		snprintf(message, sizeof(message), "%s takes no value", option->name);
		break;
	case VALUE_NUMBER:
		snprintf(message, sizeof(message), "%s= needs a number from 1 to %" PRIu64,
			 option->name, option->max);
		break;
	case VALUE_SIZE:
		snprintf(message, sizeof(message),
			 "%s= needs a number of bytes below 8388608T, perhaps with K, M, G or T",
			 option->name);
		break;
	case VALUE_WORD:
		snprintf(message, sizeof(message), "only %s=%s is possible", option->name,
			 option->word);
		break;
	}
	return acl_word_error(error, line, word, message);
}

static int kind_error(const struct option *option, const struct acl_line *line,
		      const struct acl_word *word, struct acl_error *error)
{
	return acl_word_error(error, line, word,
			      option->kinds == VFIO ? "only a vfio rule takes this option"
						    : "only a bridge rule takes this option");
}

/* An option of the kind's own. */
static int take_own_option(struct acl_rule *rule, const struct kind_rule *row,
			   const struct acl_line *line, const struct acl_word *word,
			   struct acl_error *error)
{
	int result = row->take_option != NULL ? row->take_option(rule, word) : 0;

	if (result > 0)
		return 0;
	return acl_word_error(error, line, word,
			      result < 0 ? "this option is written twice" : row->unknown_option);
}

static int late_selector_error(const struct kind_rule *row, const struct acl_line *line,
			       const struct acl_word *word, struct acl_error *error)
{
	char message[sizeof(error->message)];

	snprintf(message, sizeof(message), "this must stand directly after %s", row->word);
	return acl_word_error(error, line, word, message);
}

int acl_option_parse(struct acl_rule *rule, unsigned *seen, const struct acl_line *line,
		     const struct acl_word *word, struct acl_error *error)
{
	const char *equals = memchr(word->text, '=', word->length);
	size_t name_length = equals != NULL ? (size_t)(equals - word->text) : word->length;
	const char *value = equals != NULL ? equals + 1 : NULL;
	size_t value_length = equals != NULL ? word->length - name_length - 1 : 0;
	const struct option *option = find_option(word->text, name_length);
	const struct kind_rule *row = kind_rule_of(rule->kind);
	uint64_t number;
	unsigned bit;

	if (row->is_selector != NULL && row->is_selector(word))
		return late_selector_error(row, line, word, error);
	if (rule->effect == ACL_EFFECT_DENY)
		return acl_word_error(error, line, word, "a deny takes only user or group here");
	if (option == NULL)
		return take_own_option(rule, row, line, word, error);
	if ((option->kinds & KIND(rule->kind)) == 0)
		return kind_error(option, line, word, error);
	bit = 1u << (option - options);
	if ((*seen & bit) != 0)
		return acl_word_error(error, line, word, "this option is written twice");
	*seen |= bit;
	if (parse_value(option, value, value_length, &number) != 0)
		return value_error(option, line, word, error);
	store(&rule->options, (enum option_id)(option - options), number);
	return 0;
}
