/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User and group names of the ACL, resolved by the name service. */
#include "helper/names.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>

#define BUFFER_START 4096u
#define BUFFER_MAX (8u * 1024 * 1024) /* a group with some hundred thousand members */

/*
 * One question with a buffer of a certain size. The reentrant calls tell "there
 * is no such name" (0 and no entry) from "could not find out" (an error
 * number); the plain ones mix the two.
 */
typedef int (*lookup)(const char *name, char *buffer, size_t size, int *found, uint32_t *id_out);

static int lookup_user(const char *name, char *buffer, size_t size, int *found, uint32_t *id_out)
{
	struct passwd entry, *result = NULL;
	int error = getpwnam_r(name, &entry, buffer, size, &result);

	*found = result != NULL;
	if (result != NULL)
		*id_out = result->pw_uid;
	return error;
}

static int lookup_group(const char *name, char *buffer, size_t size, int *found, uint32_t *id_out)
{
	struct group entry, *result = NULL;
	int error = getgrnam_r(name, &entry, buffer, size, &result);

	*found = result != NULL;
	if (result != NULL)
		*id_out = result->gr_gid;
	return error;
}

static enum acl_name_result resolve(lookup look, const char *name, uint32_t *id_out)
{
	char *buffer = NULL;
	int error = ERANGE, found = 0;

	for (size_t size = BUFFER_START; error == ERANGE && size <= BUFFER_MAX; size *= 4) {
		free(buffer);
		buffer = malloc(size);
		error = buffer == NULL ? ENOMEM : look(name, buffer, size, &found, id_out);
	}
	free(buffer);
	if (error != 0)
		return ACL_NAME_FAILED;
	return found ? ACL_NAME_FOUND : ACL_NAME_UNKNOWN;
}

static enum acl_name_result find_user(void *context, const char *name, uid_t *uid_out)
{
	(void)context;
	return resolve(lookup_user, name, uid_out);
}

static enum acl_name_result find_group(void *context, const char *name, gid_t *gid_out)
{
	(void)context;
	return resolve(lookup_group, name, gid_out);
}

struct acl_names names_of_system(void)
{
	return (struct acl_names){ .user = find_user, .group = find_group };
}
