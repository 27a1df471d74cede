/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a rule is about: the words directly after bridge, usb or vfio. Pure.
 */
#ifndef VMGRANT_JUDGE_POLICY_SELECTORS_H
#define VMGRANT_JUDGE_POLICY_SELECTORS_H

#include "judge/policy/words.h"
#include "judge/policy/acl.h"

/*
 * Read the selectors of a rule of the kind in the function's name.
 *
 * next  index of the first word after the kind; afterwards of the first word
 *       that is no selector
 *
 * Returns 0, or -1 with *error filled.
 */
int acl_selectors_parse_bridge(struct acl_rule *rule, const struct acl_line *line, unsigned *next,
			       struct acl_error *error);
int acl_selectors_parse_usb(struct acl_rule *rule, const struct acl_line *line, unsigned *next,
			    struct acl_error *error);
int acl_selectors_parse_vfio(struct acl_rule *rule, const struct acl_line *line, unsigned *next,
			     struct acl_error *error);

/* 1 if a word looks like a selector of usb: where it stands too late, that is the news. */
int acl_selector_is_usb(const struct acl_word *word);

#endif
