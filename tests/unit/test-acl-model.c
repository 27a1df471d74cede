/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * All lists of up to four rules, through the real parsers and the real judge,
 * against a model that knows nothing of text: its rules are letters of an
 * alphabet, and what a letter matches is written down in tables.
 */
#include "tests/unit/acl-fixture.h"

#define LIST_MAX      4
#define BRIDGE_COUNT  3 /* that are asked for; the last is named by no rule */
#define ASKER_COUNT   3
#define PATTERN_COUNT 3
#define SUBJECT_COUNT 5

static const char *const bridges[BRIDGE_COUNT] = { "br0", "br1", "br2" };

/* Which pattern of a rule means which bridge. */
static const int pattern_means[PATTERN_COUNT][BRIDGE_COUNT] = {
	{ 1, 0, 0 }, /* br0 */
	{ 0, 1, 0 }, /* br1 */
	{ 1, 1, 1 }, /* all of them */
};

static const gid_t groups_0[] = { 1000, 2000 };
static const gid_t groups_1[] = { 2001 };
static const gid_t groups_2[] = { 2000, 2001 };
static const struct acl_asker askers[ASKER_COUNT] = {
	{ 1000, groups_0, 2, 0 }, /* alice, in students */
	{ 1001, groups_1, 1, 0 }, /* bob, in staff */
	{ 1002, groups_2, 2, 0 }, /* carol, in both */
};

static const char *const subject_words[SUBJECT_COUNT] = {
	"", "user alice", "user 1001", "group 2000", "group staff",
};

static const int subject_means[SUBJECT_COUNT][ASKER_COUNT] = {
	{ 1, 1, 1 }, { 1, 0, 0 }, { 0, 1, 0 }, { 1, 0, 1 }, { 0, 1, 1 },
};

static enum acl_name_result find_user(void *context, const char *name, uid_t *uid_out)
{
	(void)context;
	*uid_out = 1000;
	return strcmp(name, "alice") == 0 ? ACL_NAME_FOUND : ACL_NAME_UNKNOWN;
}

static enum acl_name_result find_group(void *context, const char *name, gid_t *gid_out)
{
	(void)context;
	*gid_out = 2001;
	return strcmp(name, "staff") == 0 ? ACL_NAME_FOUND : ACL_NAME_UNKNOWN;
}

static const struct acl_names names = { NULL, find_user, find_group };

/* One rule as the model sees it. */
struct letter {
	int allows;
	int pattern;
	int subject;
};

/* What the model says: 0 for no, otherwise the place of the allow that gives, from 1. */
static int model_verdict(const struct letter *letters, int count, int bridge, int asker)
{
	int first_allow = 0;

	for (int i = count - 1; i >= 0; i--) {
		if (!pattern_means[letters[i].pattern][bridge] ||
		    !subject_means[letters[i].subject][asker])
			continue;
		if (!letters[i].allows)
			return 0;
		first_allow = i + 1;
	}
	return first_allow;
}

/* The same of the real judge; marker reads the place out of a rule. */
static int real_verdict(const struct acl *acl, int bridge, int asker,
			int (*marker)(const struct acl_rule *rule))
{
	const struct acl_object object = { .kind = ACL_KIND_BRIDGE, .bridge = bridges[bridge] };
	const struct acl_rule *rule = NULL;
	const enum acl_verdict verdict = acl_judge(acl, &object, &askers[asker], &names, &rule);

	if (verdict == ACL_VERDICT_DENY)
		return 0;
	assert_int_equal(verdict, ACL_VERDICT_ALLOW);
	assert_non_null(rule);
	return marker(rule);
}

static void compare(const struct acl *acl, const struct letter *letters, int count,
		    int (*marker)(const struct acl_rule *rule), const char *text)
{
	for (int bridge = 0; bridge < BRIDGE_COUNT; bridge++) {
		for (int asker = 0; asker < ASKER_COUNT; asker++) {
			const int expected = model_verdict(letters, count, bridge, asker);
			const int real = real_verdict(acl, bridge, asker, marker);

			if (real != expected)
				fail_msg("bridge %d, asker %d: expected %d, judged %d, of:\n%s",
					 bridge, asker, expected, real, text);
		}
	}
}

/* Count in base size; returns 0 after the last list of that length. */
static int next_list(int *digits, int length, int size)
{
	for (int i = 0; i < length; i++) {
		if (++digits[i] < size)
			return 1;
		digits[i] = 0;
	}
	return 0;
}

/* ---- our own syntax ---- */

#define OWN_LETTERS (2 * PATTERN_COUNT * SUBJECT_COUNT)

static struct letter own_letter(int number)
{
	return (struct letter){ number % 2, number / 2 % PATTERN_COUNT,
				number / 2 / PATTERN_COUNT };
}

/* An allow tells its place in the list by its number of queues. */
static int queues_of(const struct acl_rule *rule)
{
	return (int)rule->options.queues;
}

/* The lines, made once for each place of the list. */
struct own_lines {
	char text[LIST_MAX][OWN_LETTERS][80];
	size_t length[LIST_MAX][OWN_LETTERS];
};

static void make_own_lines(struct own_lines *lines)
{
	static const char *const pattern_words[PATTERN_COUNT] = { "br0", "br1", "*" };

	for (int place = 0; place < LIST_MAX; place++) {
		for (int i = 0; i < OWN_LETTERS; i++) {
			const struct letter letter = own_letter(i);
			char options[32] = "";

			if (letter.allows)
				snprintf(options, sizeof(options), " queues=%d", place + 1);
			lines->length[place][i] = (size_t)snprintf(
				lines->text[place][i], sizeof(lines->text[place][i]),
				"%s bridge %s %s%s\n", letter.allows ? "allow" : "deny",
				pattern_words[letter.pattern], subject_words[letter.subject],
				options);
		}
	}
}

static void check_own_list(struct acl *acl, const struct own_lines *lines, const int *digits,
			   int length)
{
	char text[LIST_MAX * 80 + 1], parsed[sizeof(text)];
	struct letter letters[LIST_MAX];
	struct acl_error error;
	size_t used = 0;

	for (int i = 0; i < length; i++) {
		letters[i] = own_letter(digits[i]);
		memcpy(text + used, lines->text[i][digits[i]], lines->length[i][digits[i]]);
		used += lines->length[i][digits[i]];
	}
	text[used] = '\0';
	memcpy(parsed, text, used);
	acl->count = 0;
	if (acl_parse(acl, parsed, used, FILE_NAME, &visitor_of_nothing, &error) != 0)
		fail_msg("%s: %s", error.message, text);
	assert_int_equal(acl->count, length);
	compare(acl, letters, length, queues_of, text);
}

static void attack_24_all_lists_of_four_rules(void **state)
{
	static struct own_lines lines;
	struct acl acl = { 0 };

	(void)state;
	make_own_lines(&lines);
	for (int length = 0; length <= LIST_MAX; length++) {
		int digits[LIST_MAX] = { 0 };

		do
			check_own_list(&acl, &lines, digits, length);
		while (next_list(digits, length, OWN_LETTERS));
	}
	acl_release(&acl);
}

/* ---- qemu's syntax, with a level of includes ---- */

#define QEMU_RULES (2 * PATTERN_COUNT)
#define QEMU_PAIRS (QEMU_RULES * QEMU_RULES)
#define FILE_BYTES 96

/* A file to include: its text, and what qemu-bridge-helper makes of it. */
struct included {
	char text[FILE_BYTES];
	struct letter letters[2];
	int count;
};

#define ALLOW_BR0                                                                                  \
	{                                                                                          \
		1, 0, 0                                                                            \
	}
#define DENY_BR1                                                                                   \
	{                                                                                          \
		0, 1, 0                                                                            \
	}
#define DENY_ALL                                                                                   \
	{                                                                                          \
		0, 2, 0                                                                            \
	}

static const struct included special_files[] = {
	{ "", { { 0, 0, 0 } }, 0 },
	/* qemu stops at what it cannot read, and keeps what it has */
	{ "allow br0\nnonsense\ndeny br0\n", { ALLOW_BR0 }, 1 },
	{ "deny br1\nallow\nallow all", { DENY_BR1 }, 1 },
	{ "allow br0\nallow a-name-of-17-byte\ndeny all\n", { ALLOW_BR0 }, 1 },
	/* what it passes over ends nothing */
	{ "allow br0 # lan\nallow \ninclude x\ndeny all\n", { DENY_ALL }, 1 },
};

#define SPECIAL_FILES ((int)ARRAY_SIZE(special_files))
/* The alphabet: rules, then files of one rule, special files, files of two rules. */
#define QEMU_FEW_LETTERS (QEMU_RULES + QEMU_RULES + SPECIAL_FILES)
#define QEMU_LETTERS     (QEMU_FEW_LETTERS + QEMU_PAIRS)
#define QEMU_FILES       (QEMU_LETTERS - QEMU_RULES)

static const char *const qemu_lines[QEMU_RULES] = {
	"deny br0\n", "allow br0\n", "deny br1\n", "allow br1\n", "deny all\n", "allow all\n",
};

static struct letter qemu_letter(int number)
{
	return (struct letter){ number % 2, number / 2, 0 };
}

static void make_files(struct included *files)
{
	struct included *file = files;

	for (int i = 0; i < QEMU_RULES; i++, file++) {
		snprintf(file->text, sizeof(file->text), "%s", qemu_lines[i]);
		file->letters[0] = qemu_letter(i);
		file->count = 1;
	}
	for (int i = 0; i < SPECIAL_FILES; i++, file++)
		*file = special_files[i];
	for (int i = 0; i < QEMU_PAIRS; i++, file++) {
		snprintf(file->text, sizeof(file->text), "%s%s", qemu_lines[i % QEMU_RULES],
			 qemu_lines[i / QEMU_RULES]);
		file->letters[0] = qemu_letter(i % QEMU_RULES);
		file->letters[1] = qemu_letter(i / QEMU_RULES);
		file->count = 2;
	}
	assert_ptr_equal(file, files + QEMU_FILES);
}

/* What stands for the loader: keeps the texts alive, and passes over errors as qemu does. */
struct qemu_run {
	struct acl acl;
	const struct included *files;
	char copies[LIST_MAX][FILE_BYTES];
	int copy_count;
};

static int include_file(void *context, const char *path, struct acl_error *error)
{
	struct qemu_run *run = context;
	const struct acl_visitor visitor = { run, NULL, NULL, NULL };
	const char *text = run->files[atoi(path + 1)].text;
	const size_t length = strlen(text);
	char *copy = run->copies[run->copy_count++];

	assert_int_equal(path[0], '/');
	memcpy(copy, text, length);
	acl_parse_qemu(&run->acl, copy, length, path, &visitor, error);
	return 0;
}

/* Rules of qemu's have no options: any of them gives the same. */
static int always_one(const struct acl_rule *rule)
{
	assert_int_equal(rule->effect, ACL_EFFECT_ALLOW);
	assert_int_equal(rule->options.port_direct, 1);
	return 1;
}

/* Add the text of a letter, and the rules that it comes to. */
static size_t add_qemu_letter(const struct qemu_run *run, int digit, char *text,
			      struct letter *letters, int *count)
{
	const struct included *file;

	if (digit < QEMU_RULES) {
		letters[(*count)++] = qemu_letter(digit);
		return (size_t)sprintf(text, "%s", qemu_lines[digit]);
	}
	file = &run->files[digit - QEMU_RULES];
	for (int i = 0; i < file->count; i++)
		letters[(*count)++] = file->letters[i];
	return (size_t)sprintf(text, "include /%d\n", digit - QEMU_RULES);
}

static void check_qemu_list(struct qemu_run *run, const int *digits, int length)
{
	const struct acl_visitor visitor = { run, include_file, NULL, NULL };
	struct letter letters[LIST_MAX * 2];
	char text[LIST_MAX * 32] = "", parsed[sizeof(text)];
	struct acl_error error;
	size_t used = 0;
	int count = 0;

	for (int i = 0; i < length; i++)
		used += add_qemu_letter(run, digits[i], text + used, letters, &count);
	memcpy(parsed, text, used);
	run->acl.count = 0;
	run->copy_count = 0;
	if (acl_parse_qemu(&run->acl, parsed, used, FILE_NAME, &visitor, &error) != 0)
		fail_msg("%s: %s", error.message, text);
	assert_int_equal(run->acl.count, count);
	/* In qemu's list no place is better than another. */
	for (int bridge = 0; bridge < BRIDGE_COUNT; bridge++) {
		const int expected = model_verdict(letters, count, bridge, 0) != 0;

		if (real_verdict(&run->acl, bridge, 0, always_one) != expected)
			fail_msg("bridge %d: expected %d, of:\n%s", bridge, expected, text);
	}
}

static void check_qemu_lists(struct qemu_run *run, int longest, int size)
{
	for (int length = 0; length <= longest; length++) {
		int digits[LIST_MAX] = { 0 };

		do
			check_qemu_list(run, digits, length);
		while (next_list(digits, length, size));
	}
}

static void attack_24_all_lists_of_qemu(void **state)
{
	static struct included files[QEMU_FILES];
	static struct qemu_run run = { .files = files };

	(void)state;
	make_files(files);
	check_qemu_lists(&run, LIST_MAX, QEMU_FEW_LETTERS);
	check_qemu_lists(&run, LIST_MAX - 1, QEMU_LETTERS);
	acl_release(&run.acl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attack_24_all_lists_of_four_rules),
		cmocka_unit_test(attack_24_all_lists_of_qemu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
