/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * User and group names of the ACL, resolved by the name service.
 */
#ifndef VMGRANT_HELPER_NAMES_H
#define VMGRANT_HELPER_NAMES_H

#include "helper/acl.h"

/* Who asks; for names_of_system(). */
struct names_context {
	const struct acl_asker *asker;
};

/*
 * The answers that acl_judge() asks for. context must outlive them; there is
 * nothing to release.
 *
 * A name that is not found means nobody, so that a rule may outlive its account.
 * But where several services are asked, libc says "not found" also when one of
 * them did not answer and a later one knew nothing, and a deny would be lost.
 * For groups it is therefore believed only if every group of the caller has a
 * name: then the services that know his groups do answer. For users that has been
 * seen before: caller_find_name() has found the caller himself.
 */
struct acl_names names_of_system(struct names_context *context);

#endif
