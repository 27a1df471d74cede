/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which files a disk image names: the header, qemu-img's answer, and qemu-img that is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/command/qemu/qemu-chain.h"
#include "client/qemu/chain.h"
#include "tests/unit/qemu-files-case.h"

/* As qemu-img 7.2 says it. */
static const char TOP_7_2[] =
	"{\"filename\": \"/d/top.qcow2\", \"format\": \"qcow2\", \"full-backing-filename\": "
	"\"/d/mid.qcow2\", \"backing-filename\": \"mid.qcow2\", \"backing-filename-format\": "
	"\"qcow2\", \"format-specific\": {\"type\": \"qcow2\", \"data\": {\"data-file\": "
	"\"top.data\", \"refcount-bits\": 16}}}";
/* Since 8.1 each file is told once more, as a child. */
static const char TOP_8_1[] =
	"{\"children\": [{\"name\": \"data-file\", \"info\": {\"children\": [], \"filename\": "
	"\"/d/top.data\", \"format\": \"file\"}}, {\"name\": \"file\", \"info\": {\"children\": [], "
	"\"filename\": \"/d/top.qcow2\", \"format\": \"file\"}}], \"filename\": \"/d/top.qcow2\", "
	"\"backing-filename\": \"/d/base.vmdk\", "
	"\"format\": \"qcow2\", \"format-specific\": {\"type\": \"qcow2\", \"data\": "
	"{\"data-file\": \"top.data\"}}}";
static const char VMDK[] =
	"qemu-img: warning: something\n"
	"{\"filename\": \"/d/top.qcow2\", \"format\": \"vmdk\", \"format-specific\": {\"type\": "
	"\"vmdk\", \"data\": {\"extents\": [{\"filename\": \"/d/v-f001.vmdk\", "
	"\"format\": \"FLAT\"}]}}}";

static void expect_chain(const char *line, const char *answer, const char *expected)
{
	char *words[CASE_WORDS_MAX], *copy = strdup(line), *text;
	struct qemu_files found;

	assert_non_null(copy);
	case_split(copy, words);
	qemu_files_find(words, &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(chain_read(&found, 0, answer), 0);
	text = found_text(words, &found);
	assert_string_equal(text, expected);
	free(text);
	qemu_files_release(&found);
	free(copy);
}

static void what_an_image_is_based_on_is_only_read(void **state)
{
	(void)state;
	expect_chain("qemu -hda /d/top.qcow2", TOP_7_2,
		     "read-write /d/top.qcow2 | -hda image @2[/d/top.qcow2]\n"
		     "read /d/mid.qcow2 | -hda format=qcow2 ro image\n"
		     "read-write /d/top.data | -hda image backing-named\n");
}

static void where_its_data_are_is_written(void **state)
{
	(void)state;
	expect_chain("qemu -drive file=/d/top.qcow2,format=qcow2", TOP_8_1,
		     "read-write /d/top.qcow2 | -drive format=qcow2 image @2[/d/top.qcow2]\n"
		     "read /d/base.vmdk | -drive ro image\n"
		     "read-write /d/top.data | -drive image backing-named\n");
	expect_chain("qemu -drive file=/d/top.qcow2,readonly=on", VMDK,
		     "read /d/top.qcow2 | -drive ro image @2[/d/top.qcow2]\n"
		     "read /d/v-f001.vmdk | -drive ro image backing-named\n");
}

static void an_answer_of_another_form_is_refused(void **state)
{
	static const char *const answers[] = {
		"", "[", "[]", "{}", "[1]", "{\"filename\": 1", "qemu-img: no\n", "[{}] x",
	};
	char *words[] = { (char[]){ "qemu" }, (char[]){ "-hda" }, (char[]){ "x" }, NULL };
	struct qemu_files found;

	(void)state;
	qemu_files_find(words, &found);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		assert_int_equal(chain_read(&found, 0, answers[i]), -1);
	assert_int_equal(found.count, 1);
	qemu_files_release(&found);
}

static void only_an_image_that_names_others_is_asked_about(void **state)
{
	unsigned char header[CHAIN_HEADER_SIZE] = { 'Q', 'F', 'I', 0xfb, 0, 0, 0, 3 };

	(void)state;
	assert_false(chain_is_possible(NULL, header, sizeof header));
	assert_false(chain_is_possible("qcow2", header, sizeof header));
	/* A backing file. */
	header[15] = 104;
	assert_true(chain_is_possible(NULL, header, sizeof header));
	assert_true(chain_is_possible("qcow2", header, sizeof header));
	/* QEMU does not look into what is said to be raw. */
	assert_false(chain_is_possible("raw", header, sizeof header));
	assert_false(chain_is_possible("luks", header, sizeof header));
	/* A data file. */
	header[15] = 0;
	header[79] = 4;
	assert_true(chain_is_possible(NULL, header, sizeof header));
	/* Version 2 has no features there. */
	header[7] = 2;
	assert_false(chain_is_possible(NULL, header, sizeof header));
	/* Too short to tell. */
	assert_true(chain_is_possible(NULL, header, 20));
	assert_true(chain_is_possible(NULL, (const unsigned char *)"# Disk Desc", 11));
	assert_true(chain_is_possible("vmdk", (const unsigned char *)"KDMV", 4));
	assert_true(chain_is_possible(NULL, (const unsigned char *)"QED", 4));
	assert_false(chain_is_possible(NULL, (const unsigned char *)"\x33\xc0\x8e", 3));
	assert_false(chain_is_possible(NULL, header, 0));
}

/* ---- with a program in qemu-img's place */

static void file_write_text(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static char *const *before(void *data, const struct qemu_file *image)
{
	(void)image;
	return data;
}

/* In a folder of its own: an image with a backing file, and script as qemu-img. */
static char *found_with(const char *script)
{
	static const char image[] = "QFI\xfb without an end";
	char folder[] = "/tmp/vmgrant-chain-XXXXXX", here[4096];
	char *words[] = { (char[]){ "qemu" }, (char[]){ "-hda" },   (char[]){ "./b.qcow2" },
			  (char[]){ "-hdb" }, (char[]){ "absent" }, NULL };
	char *words_before[] = { (char[]){ "/usr/bin/env" }, NULL };
	const struct qemu_chain_asker asker = { before, words_before };
	struct qemu_files found;
	char *text;

	assert_non_null(getcwd(here, sizeof here));
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	file_write_text(words[2], image, 0600);
	if (script != NULL)
		file_write_text("qemu-img", script, 0700);
	assert_int_equal(setenv("PATH", folder, 1), 0);
	qemu_files_find(words, &found);
	qemu_chain_find(&found, &asker);
	text = found_text(words, &found);
	qemu_files_release(&found);
	(void)unlink("qemu-img");
	(void)unlink(words[2]);
	assert_int_equal(chdir(here), 0);
	assert_int_equal(rmdir(folder), 0);
	return text;
}

static void expect_with(const char *script, const char *expected)
{
	char *text = found_with(script);
	const char *disks = "read-write ./b.qcow2 | -hda image @2[./b.qcow2]\n"
			    "read-write absent | -hdb image @4[absent]\n";

	if (strncmp(text, disks, strlen(disks)) != 0 || strcmp(text + strlen(disks), expected) != 0)
		fail_msg("%s", text);
	free(text);
}

static void qemu_img_is_asked_as_the_person(void **state)
{
	(void)state;
	expect_with("#!/bin/sh\n[ \"$*\" = 'info --output=json -U file:./b.qcow2' ] &&"
		    " echo '{\"filename\": \"./b.qcow2\", \"backing-filename\": \"/base\"}'\n",
		    "read /base | -hda ro image\n");
}

static void what_cannot_be_known_is_told(void **state)
{
	(void)state;
	expect_with(NULL, "? ./b.qcow2 | -hda\n");
	expect_with("#!/bin/sh\necho no >&2; exit 1\n", "? ./b.qcow2 | -hda\n");
	expect_with("#!/bin/sh\necho no\n", "? ./b.qcow2 | -hda\n");
	expect_with("#!/bin/sh\nkill -9 $$\n", "? ./b.qcow2 | -hda\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_image_is_based_on_is_only_read),
		cmocka_unit_test(where_its_data_are_is_written),
		cmocka_unit_test(an_answer_of_another_form_is_refused),
		cmocka_unit_test(only_an_image_that_names_others_is_asked_about),
		cmocka_unit_test(qemu_img_is_asked_as_the_person),
		cmocka_unit_test(what_cannot_be_known_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
