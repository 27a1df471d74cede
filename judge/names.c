/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* User and group names of the ACL, resolved by the name service. */
#include "judge/names.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "wire/clock.h"

#define BUFFER_START 4096u
#define BUFFER_MAX (8u * 1024 * 1024) /* a group with some hundred thousand members */

/* A user or group, asked for by name or, when name is NULL, by id. */
struct question {
	const char *name;
	uint32_t id;
};

/*
 * One question with a buffer of a certain size. The reentrant calls tell "there
 * is no such name" (0 and no entry) from "could not find out" (an error
 * number); the plain ones mix the two.
 */
typedef int (*lookup)(const struct question *question, char *buffer, size_t size, int *found,
		      uint32_t *id_out);

static int lookup_user(const struct question *question, char *buffer, size_t size, int *found,
		       uint32_t *id_out)
{
	struct passwd entry, *result = NULL;
	int error = getpwnam_r(question->name, &entry, buffer, size, &result);

	*found = result != NULL;
	if (result != NULL)
		*id_out = result->pw_uid;
	return error;
}

static int lookup_group(const struct question *question, char *buffer, size_t size, int *found,
			uint32_t *id_out)
{
	struct group entry, *result = NULL;
	int error = question->name != NULL
			    ? getgrnam_r(question->name, &entry, buffer, size, &result)
			    : getgrgid_r(question->id, &entry, buffer, size, &result);

	*found = result != NULL;
	if (result != NULL)
		*id_out = result->gr_gid;
	return error;
}

static enum acl_name_result resolve(lookup look, const struct question *question, uint32_t *id_out)
{
	char *buffer = NULL;
	int error = ERANGE, found = 0;

	for (size_t size = BUFFER_START; error == ERANGE && size <= BUFFER_MAX; size *= 4) {
		free(buffer);
		buffer = malloc(size);
		error = buffer == NULL ? ENOMEM : look(question, buffer, size, &found, id_out);
	}
	free(buffer);
	if (error != 0)
		return ACL_NAME_FAILED;
	return found ? ACL_NAME_FOUND : ACL_NAME_UNKNOWN;
}

static int all_groups_have_names(const struct acl_asker *asker)
{
	for (size_t i = 0; i < asker->group_count; i++) {
		const struct question question = { NULL, asker->groups[i] };
		uint32_t id;

		if (resolve(lookup_group, &question, &id) != ACL_NAME_FOUND)
			return 0;
	}
	return 1;
}

/*
 * A process keeps its ids when an account is renamed or removed, but what the list
 * of users says now is to count soon.
 */
static int recall(const struct names_own *own, const char *name, uint32_t *id_out)
{
	if (own == NULL || own->name[0] == '\0' || strcmp(own->name, name) != 0 ||
	    clock_now_ms() - own->found_ms >= NAMES_REMEMBERED_MS)
		return 0;
	*id_out = own->id;
	return 1;
}

static void remember(struct names_own *own, const char *name, uint32_t id)
{
	if (own == NULL || strlen(name) >= sizeof own->name)
		return;
	*own = (struct names_own){ .id = id, .found_ms = clock_now_ms() };
	memcpy(own->name, name, strlen(name));
}

static enum acl_name_result find_user(void *context, const char *name, uid_t *uid_out)
{
	const struct names_context *names = context;
	const struct question question = { name, 0 };
	struct names_own *own = names->memory != NULL ? &names->memory->user : NULL;
	enum acl_name_result result = ACL_NAME_FOUND;

	if (recall(own, name, uid_out))
		return result;
	result = resolve(lookup_user, &question, uid_out);
	if (result == ACL_NAME_FOUND && *uid_out == names->asker->uid)
		remember(own, name, *uid_out);
	return result;
}

static enum acl_name_result find_group(void *context, const char *name, gid_t *gid_out)
{
	const struct names_context *names = context;
	const struct question question = { name, 0 };
	struct names_own *own = names->memory != NULL ? &names->memory->group : NULL;
	enum acl_name_result result = ACL_NAME_FOUND;

	if (recall(own, name, gid_out))
		return result;
	result = resolve(lookup_group, &question, gid_out);
	if (result == ACL_NAME_FOUND && acl_asker_in_group(names->asker, *gid_out))
		remember(own, name, *gid_out);
	if (result == ACL_NAME_UNKNOWN && !all_groups_have_names(names->asker))
		return ACL_NAME_FAILED;
	return result;
}

struct acl_names names_of_system(struct names_context *context)
{
	return (struct acl_names){ .context = context, .user = find_user, .group = find_group };
}
