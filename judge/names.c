/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* User and group names of the ACL, resolved by the name service. */
#include "judge/names.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "wire/process/clock.h"
#include "wire/refusal/escape.h"

#define BUFFER_START 4096u
#define BUFFER_MAX (8u * 1024 * 1024) /* a group with some hundred thousand members */

/* A caller may have thousands of groups; a rule's unknown name is not worth asking for each. */
#define REVERSE_MAX 1024u

/* A user or group, asked for by name or, with BY_ID, by id. */
enum asked_by { BY_NAME, BY_ID };
struct question {
	enum asked_by by;
	const char *name; /* BY_ID: the one that it may have, or NULL */
	uint32_t id;      /* BY_ID */
	char *name_out;   /* where the name that it has goes, escaped, or NULL */
	size_t name_size;
};

struct answer {
	int is_found;
	int has_name; /* BY_ID: it has that very name */
	uint32_t id;
};

/*
 * One question with a buffer of a certain size. The reentrant calls tell "there
 * is no such name" (0 and no entry) from "could not find out" (an error
 * number); the plain ones mix the two.
 */
typedef int (*lookup)(const struct question *question, char *buffer, size_t size,
		      struct answer *answer);

static int lookup_user(const struct question *question, char *buffer, size_t size,
		       struct answer *answer)
{
	struct passwd entry, *result = NULL;
	int error = question->by == BY_NAME
			    ? getpwnam_r(question->name, &entry, buffer, size, &result)
			    : getpwuid_r(question->id, &entry, buffer, size, &result);

	*answer = (struct answer){ .is_found = result != NULL };
	if (result != NULL) {
		answer->id = result->pw_uid;
		answer->has_name = question->name != NULL &&
				   strcmp(result->pw_name, question->name) == 0;
		if (question->name_out != NULL)
			escape_string(question->name_out, question->name_size, result->pw_name);
	}
	return error;
}

static int lookup_group(const struct question *question, char *buffer, size_t size,
			struct answer *answer)
{
	struct group entry, *result = NULL;
	int error = question->by == BY_NAME
			    ? getgrnam_r(question->name, &entry, buffer, size, &result)
			    : getgrgid_r(question->id, &entry, buffer, size, &result);

	*answer = (struct answer){ .is_found = result != NULL };
	if (result != NULL) {
		answer->id = result->gr_gid;
		answer->has_name = strcmp(result->gr_name, question->name) == 0;
	}
	return error;
}

/* Returns ACL_NAME_FOUND, ACL_NAME_UNKNOWN or ACL_NAME_FAILED. */
static enum acl_name_result resolve(lookup look, const struct question *question,
				    struct answer *answer)
{
	char *buffer = NULL;
	int error = ERANGE;

	for (size_t size = BUFFER_START; error == ERANGE && size <= BUFFER_MAX; size *= 4) {
		free(buffer);
		buffer = malloc(size);
		error = buffer == NULL ? ENOMEM : look(question, buffer, size, answer);
	}
	free(buffer);
	if (error != 0)
		return ACL_NAME_FAILED;
	return answer->is_found ? ACL_NAME_FOUND : ACL_NAME_UNKNOWN;
}

static enum acl_name_result resolve_name(lookup look, const char *name, uint32_t *id_out)
{
	const struct question question = { .by = BY_NAME, .name = name };
	struct answer answer;
	enum acl_name_result result = resolve(look, &question, &answer);

	if (result == ACL_NAME_FOUND)
		*id_out = answer.id;
	return result;
}

/*
 * Nobody of that name was found. Ask the other way round whether one of the asker's
 * ids has it, and then for the name once more: an id may have several.
 */
static enum acl_name_result doubt(lookup look, const char *name, const uint32_t *ids, size_t count,
				  uint32_t *id_out)
{
	int is_told = count <= REVERSE_MAX;

	for (size_t i = 0; i < count && i < REVERSE_MAX; i++) {
		const struct question question = { .by = BY_ID, .name = name, .id = ids[i] };
		struct answer answer;
		enum acl_name_result result = resolve(look, &question, &answer);

		if (result == ACL_NAME_FAILED)
			return ACL_NAME_FAILED;
		if (result == ACL_NAME_FOUND && answer.has_name) {
			*id_out = ids[i];
			return ACL_NAME_FOUND;
		}
		is_told = is_told && result == ACL_NAME_FOUND;
	}
	return is_told ? resolve_name(look, name, id_out) : ACL_NAME_UNTOLD;
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
	struct names_own *own = names->memory != NULL ? &names->memory->user : NULL;
	enum acl_name_result result;

	if (recall(own, name, uid_out))
		return ACL_NAME_FOUND;
	result = resolve_name(lookup_user, name, uid_out);
	if (result == ACL_NAME_UNKNOWN)
		result = doubt(lookup_user, name, &names->asker->uid, 1, uid_out);
	if (result == ACL_NAME_FOUND && *uid_out == names->asker->uid)
		remember(own, name, *uid_out);
	return result;
}

static enum acl_name_result find_group(void *context, const char *name, gid_t *gid_out)
{
	const struct names_context *names = context;
	struct names_own *own = names->memory != NULL ? &names->memory->group : NULL;
	enum acl_name_result result;

	if (recall(own, name, gid_out))
		return ACL_NAME_FOUND;
	result = resolve_name(lookup_group, name, gid_out);
	if (result == ACL_NAME_UNKNOWN)
		result = doubt(lookup_group, name, names->asker->groups,
			       names->asker->group_count, gid_out);
	if (result == ACL_NAME_FOUND && acl_asker_in_group(names->asker, *gid_out))
		remember(own, name, *gid_out);
	return result;
}

enum acl_name_result names_of_uid(uid_t uid, char *name_out, size_t size)
{
	const struct question question = {
		.by = BY_ID, .id = uid, .name_out = name_out, .name_size = size
	};
	struct answer answer;

	return resolve(lookup_user, &question, &answer);
}

struct acl_names names_of_system(struct names_context *context)
{
	return (struct acl_names){ .context = context, .user = find_user, .group = find_group };
}
