/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What selectors of several kinds are made of.
 */
#ifndef VMGRANT_JUDGE_POLICY_ID_H
#define VMGRANT_JUDGE_POLICY_ID_H

#include <stdint.h>

/* A vendor or product id that may be "*". */
struct acl_id16 {
	uint16_t value;
	uint8_t any; /* 1: matches every id */
};

#endif
