/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User and group names of the ACL, resolved by the name service.
 */
#ifndef VMGRANT_HELPER_NAMES_H
#define VMGRANT_HELPER_NAMES_H

#include "helper/acl.h"

/* The answers that acl_judge() asks for. Nothing to release. */
struct acl_names names_of_system(void);

#endif
