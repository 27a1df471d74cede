/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmgrant-helper --explain: which rule decides. Unprivileged. */
#include "judge/policy/explain.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/escape.h"
#include "judge/names.h"
#include "judge/policy/load.h"
#include "helper/privileges.h"

#define USER_OPTION "--user="
#define GROUPS_MAX 65536

/* Whom and what the question is about. */
struct subject {
	char name[128]; /* escaped */
	uid_t uid;
	gid_t *groups;
	size_t group_count;
	int is_other; /* 1: somebody else than who runs this */
};

struct object {
	char text[ACL_LINE_MAX + 2]; /* the rule that it was parsed from */
	struct acl acl;
	struct acl_object object;
	uint8_t class_code;
};

/* ---- the person ---- */

static int find_groups(struct subject *subject, const struct passwd *entry)
{
	int count = 64;

	for (;;) {
		subject->groups = calloc((size_t)count, sizeof *subject->groups);
		if (subject->groups == NULL)
			return -1;
		subject->group_count = (size_t)count;
		if (getgrouplist(entry->pw_name, entry->pw_gid, subject->groups, &count) >= 0)
			break;
		free(subject->groups);
		if (count > GROUPS_MAX || (size_t)count <= subject->group_count)
			return -1;
	}
	subject->group_count = (size_t)count;
	return 0;
}

/* Without a name whoever runs this, with the groups that login would give him. */
static enum reply_code find_subject(struct subject *subject, const char *name, struct refusal *why)
{
	const struct passwd *entry = name != NULL ? getpwnam(name) : getpwuid(getuid());

	if (entry == NULL && name == NULL)
		return refuse(why, REPLY_OBJECT, "uid %u: the system knows no user of that id",
			      (unsigned)getuid());
	if (entry == NULL)
		return refuse(why, REPLY_OBJECT, "user %.64s: there is no such user", name);
	subject->uid = entry->pw_uid;
	subject->is_other = entry->pw_uid != getuid();
	escape_string(subject->name, sizeof subject->name, entry->pw_name);
	if (find_groups(subject, entry) < 0)
		return refuse(why, REPLY_INTERNAL, "user %s: the groups cannot be read",
			      subject->name);
	return REPLY_GRANTED;
}

/* ---- the object ---- */

/* A rule's own words name the object, so its parser reads them. */
static int parse_rule(struct object *object, char *const words[], size_t count,
		      struct acl_error *error)
{
	size_t length = (size_t)snprintf(object->text, sizeof object->text, "allow");

	for (size_t i = 0; i < count; i++) {
		size_t room = sizeof object->text - length;
		int added = snprintf(object->text + length, room, " %s", words[i]);

		/* It must stay one line: the next one would be another statement. */
		if (added < 0 || (size_t)added >= room - 1 || strchr(words[i], '\n') != NULL) {
			acl_error_set(error, "", 0, 0, NULL, "more than a line");
			return -1;
		}
		length += (size_t)added;
	}
	object->text[length++] = '\n';
	return acl_parse(&object->acl, object->text, length, "", NULL, error);
}

/* Nothing but the object, and exactly one. */
static int names_one_object(const struct acl *acl)
{
	static const struct acl_options none = { 0 };
	const struct acl_rule *rule = acl->rules;

	if (acl->count != 1 || rule->subject.type != ACL_SUBJECT_EVERYBODY ||
	    memcmp(&rule->options, &none, sizeof none) != 0)
		return 0;
	switch (rule->kind) {
	case ACL_KIND_BRIDGE:
		return rule->bridge != NULL;
	case ACL_KIND_USB:
		return !rule->usb.vendor.any && !rule->usb.product.any;
	case ACL_KIND_VFIO:
		return rule->vfio.address != NULL ||
		       (!rule->vfio.vendor.any && !rule->vfio.device.any);
	}
	return 0;
}

static uint16_t read_id(const char *address, const char *name)
{
	char path[96];
	unsigned id = 0;
	FILE *file;

	(void)snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/%s", address, name);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%x", &id) != 1)
		id = 0;
	(void)fclose(file);
	return (uint16_t)id;
}

static void take_object(struct object *object)
{
	const struct acl_rule *rule = object->acl.rules;
	struct acl_object *result = &object->object;

	result->kind = rule->kind;
	result->bridge = rule->bridge;
	result->usb.vendor = rule->usb.vendor.value;
	result->usb.product = rule->usb.product.value;
	result->usb.serial = rule->usb.serial;
	result->usb.port = rule->usb.port;
	object->class_code = (uint8_t)rule->usb.class_code;
	result->usb.classes = &object->class_code;
	result->usb.class_count = rule->usb.class_code >= 0;
	result->vfio.address = rule->vfio.address;
	result->vfio.vendor = rule->vfio.vendor.value;
	result->vfio.device = rule->vfio.device.value;
	if (rule->kind == ACL_KIND_VFIO && rule->vfio.address != NULL) {
		result->vfio.vendor = read_id(rule->vfio.address, "vendor");
		result->vfio.device = read_id(rule->vfio.address, "device");
	}
}

static enum reply_code find_object(struct object *object, char *const words[], size_t count,
				   struct refusal *why)
{
	struct acl_error error = { .line = 0 };

	if (count == 0 || parse_rule(object, words, count, &error) < 0)
		return refuse(why, REPLY_USAGE, "--explain: %s%s%s: name it as a rule does: "
			      "bridge br0, usb 0951:1666, vfio 0000:03:00.0",
			      error.word, error.word[0] != '\0' ? ": " : "",
			      count == 0 ? "what is missing" : error.message);
	if (!names_one_object(&object->acl))
		return refuse(why, REPLY_USAGE, "--explain: not one bridge or device: name it as a "
			      "rule does: bridge br0, usb 0951:1666, vfio 0000:03:00.0");
	take_object(object);
	return REPLY_GRANTED;
}

/* ---- the policy, as far as who runs this may read it ---- */

static int open_plain(void *context, const char *path, mode_t kind,
		      struct trusted_problem *problem)
{
	(void)context;
	return trusted_file_open(path, kind, problem);
}

/* The mode of an imported file decides for whom it speaks; only root can tell for others. */
static int open_as_subject(void *context, const char *path, mode_t kind,
			   struct trusted_problem *problem)
{
	const struct subject *subject = context;
	int fd;

	if (!subject->is_other || geteuid() != 0)
		return trusted_file_open(path, kind, problem);
	if (privileges_enter_person(subject->uid, subject->groups, subject->group_count) < 0) {
		*problem = (struct trusted_problem){ TRUSTED_SYSTEM, errno,
						     "cannot take the rights" };
		return -1;
	}
	fd = trusted_file_open(path, kind, problem);
	privileges_leave_person();
	return fd;
}

static int note_source(void *context, struct policy_sources *sources, const char *path)
{
	(void)context;
	return policy_sources_add(sources, path);
}

/* ---- the answer ---- */

/* The line as it stands in the file, which was parsed to pieces in memory. */
static void print_rule(const char *lead, const struct acl_rule *rule, const char *remark)
{
	char name[256], text[ACL_LINE_MAX + 1] = "", escaped[2 * ACL_LINE_MAX];
	FILE *file = fopen(rule->file, "re");
	unsigned line = 0;

	while (file != NULL && line < rule->line && fgets(text, sizeof text, file) != NULL)
		line += strchr(text, '\n') != NULL;
	if (file != NULL)
		(void)fclose(file);
	text[strcspn(text, "\n")] = '\0';
	printf("  %s %s: line %u: %s%s%s\n", lead, escape_string(name, sizeof name, rule->file),
	       rule->line,
	       escape_string(escaped, sizeof escaped,
			     line == rule->line ? text : "(it cannot be read again)"),
	       remark[0] != '\0' ? ": " : "", remark);
}

static void print_grant(const struct acl_rule *rule)
{
	const struct acl_options *options = &rule->options;

	printf("  gives:");
	if (rule->kind == ACL_KIND_BRIDGE) {
		printf(" %u queue%s,", options->queues == 0 ? 1 : options->queues,
		       options->queues > 1 ? "s" : "");
		printf(" a %s port%s%s%s,", options->port_direct ? "direct" : "sealed",
		       options->vhost ? " with vhost" : "", options->isolated ? ", isolated" : "",
		       options->lock_mac ? ", locked to the guest's address" : "");
		if (options->vlan != 0)
			printf(" VLAN %u,", options->vlan);
		if (options->quota != 0)
			printf(" %u at a time,", options->quota);
	}
	if (options->memlock_bytes != 0)
		printf(" %llu MiB of locked memory,",
		       (unsigned long long)options->memlock_bytes >> 20);
	printf(" %s\n", options->polkit_skip ? "without asking polkit" : "if polkit agrees");
}

/* Why a rule that matches did not decide. */
static const char *remark_on(const struct acl_rule *rule, const struct acl_rule *decider)
{
	if (rule->effect == decider->effect)
		return "not needed";
	return "a deny wins";
}

/*
 * Whether a rule may be about the object, if what was not said of it is as the rule
 * wants it: a request for the device finds that out, and a deny wins there.
 */
static int may_be_about(const struct acl_rule *rule, const struct acl_question *question)
{
	struct acl_object guess = *question->object;
	const struct acl_question guessing = { &guess, question->asker, question->names };
	const uint8_t class_code = (uint8_t)rule->usb.class_code;

	if (guess.usb.serial == NULL)
		guess.usb.serial = rule->usb.serial;
	if (guess.usb.port == NULL)
		guess.usb.port = rule->usb.port;
	if (guess.usb.class_count == 0 && rule->usb.class_code >= 0) {
		guess.usb.classes = &class_code;
		guess.usb.class_count = 1;
	}
	if (guess.vfio.address == NULL)
		guess.vfio.address = rule->vfio.address;
	if (guess.vfio.vendor == 0 && guess.vfio.device == 0) {
		guess.vfio.vendor = rule->vfio.vendor.value;
		guess.vfio.device = rule->vfio.device.value;
	}
	return acl_rule_matches(rule, &guessing) > 0;
}

static void print_others(const struct acl *acl, const struct acl_question *question,
			 const struct acl_rule *decider)
{
	for (size_t i = 0; i < acl->count; i++) {
		const struct acl_rule *rule = &acl->rules[i];

		if (rule == decider)
			continue;
		if (acl_rule_matches(rule, question) > 0)
			print_rule("also", rule, remark_on(rule, decider));
		else if (may_be_about(rule, question))
			print_rule("perhaps", rule, "if the device is what it names");
	}
}

static void print_verdict(const struct policy *policy, const struct subject *subject,
			  const struct object *object, const char *title)
{
	const struct acl_asker asker = { subject->uid, subject->groups, subject->group_count };
	struct names_context context = { &asker, NULL };
	const struct acl_names names = names_of_system(&context);
	const struct acl_question question = { &object->object, &asker, &names };
	const struct acl_rule *decider;
	enum acl_verdict verdict =
		acl_judge(&policy->acl, &object->object, &asker, &names, &decider);

	printf("%s: %s for user %s%s\n", title,
	       verdict == ACL_VERDICT_ALLOW ? "allowed" : "denied", subject->name,
	       verdict == ACL_VERDICT_NO_NAMES ? ": the system's list of users and groups does not "
						 "answer"
					       : decider == NULL ? ": no rule allows it" : "");
	if (decider != NULL)
		print_rule("by", decider, "");
	if (verdict == ACL_VERDICT_ALLOW)
		print_grant(decider);
	print_others(&policy->acl, &question, decider);
}

static enum reply_code explain_object(struct subject *subject, const struct object *object,
				      const char *title, struct refusal *why)
{
	const struct policy_opener opener = { subject, open_plain, open_as_subject, note_source };
	struct policy policy;
	struct acl_error error;
	char text[512];
	int result = policy_load(&policy, VMGRANT_ACL_FILE, &opener, &error);

	if (result == 0)
		print_verdict(&policy, subject, object, title);
	policy_release(&policy);
	if (fflush(stdout) != 0)
		return refuse(why, REPLY_INTERNAL, "--explain: cannot write: %s", strerror(errno));
	if (result == 0)
		return REPLY_GRANTED;
	(void)acl_error_format(&error, text, sizeof text);
	return refuse(why, REPLY_POLICY, "%s", text);
}

enum reply_code explain(char *const words[], size_t count, struct refusal *why)
{
	int has_user = count > 0 && strncmp(words[0], USER_OPTION, strlen(USER_OPTION)) == 0;
	struct subject subject = { .groups = NULL };
	struct object object = { .text = "" };
	char title[256], line[512] = "";
	enum reply_code code;

	for (size_t i = (size_t)has_user; i < count; i++)
		(void)snprintf(line + strlen(line), sizeof line - strlen(line), "%s%s",
			       line[0] != '\0' ? " " : "", words[i]);
	escape_string(title, sizeof title, line);
	code = find_object(&object, words + has_user, count - (size_t)has_user, why);
	if (code == REPLY_GRANTED)
		code = find_subject(&subject, has_user ? words[0] + strlen(USER_OPTION) : NULL,
				    why);
	if (code == REPLY_GRANTED)
		code = explain_object(&subject, &object, title, why);
	acl_release(&object.acl);
	free(subject.groups);
	return code;
}
