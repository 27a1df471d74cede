/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Attributes are bounded, whole, and what they should be, or an error. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "judge/sysfs/sysfs.h"
#include "tests/unit/tree.h"

static int set_up(void **state)
{
	*state = tree_new();
	return 0;
}

static int tear_down(void **state)
{
	tree_free(*state);
	return 0;
}

/* ---- calls of libc that the linker gives to the test: one of them fails ---- */

static const char *absent;  /* openat() and readlinkat() deny that it is there */
static int what_is_open_fails; /* read() and fdopendir(), with ENOENT */
static unsigned lists_end;  /* readdir() ends after so many names; 0: at the end */

int __real_openat(int folder, const char *name, int flags, ...);
int __wrap_openat(int folder, const char *name, int flags, ...);
int __wrap___openat_2(int folder, const char *name, int flags);
ssize_t __real_readlinkat(int folder, const char *name, char *text, size_t size);
ssize_t __wrap_readlinkat(int folder, const char *name, char *text, size_t size);
int __real_faccessat(int folder, const char *name, int mode, int flags);
int __wrap_faccessat(int folder, const char *name, int mode, int flags);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);
struct dirent *__real_readdir(DIR *list);
struct dirent *__wrap_readdir(DIR *list);

int __wrap_openat(int folder, const char *name, int flags, ...)
{
	/* The tree's own files are made with this mode. */
	if (absent == NULL || strcmp(name, absent) != 0)
		return __real_openat(folder, name, flags, 0644);
	errno = ENOENT;
	return -1;
}

/* glibc's name for it where the compiler does not see the flags. */
int __wrap___openat_2(int folder, const char *name, int flags)
{
	return __wrap_openat(folder, name, flags);
}

ssize_t __wrap_readlinkat(int folder, const char *name, char *text, size_t size)
{
	if (absent == NULL || strcmp(name, absent) != 0)
		return __real_readlinkat(folder, name, text, size);
	errno = ENOENT;
	return -1;
}

int __wrap_faccessat(int folder, const char *name, int mode, int flags)
{
	if (absent == NULL || strcmp(name, absent) != 0)
		return __real_faccessat(folder, name, mode, flags);
	errno = ENOENT;
	return -1;
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
	if (!what_is_open_fails)
		return __real_read(fd, bytes, size);
	errno = ENOENT;
	return -1;
}

DIR *__wrap_fdopendir(int fd)
{
	if (!what_is_open_fails)
		return __real_fdopendir(fd);
	errno = ENOENT;
	return NULL;
}

/* As libc does when the system call fails with ENOENT before anything was read. */
struct dirent *__wrap_readdir(DIR *list)
{
	return lists_end != 0 && --lists_end == 0 ? NULL : __real_readdir(list);
}

static void attack_36_a_failure_is_not_taken_for_an_absence(void **state)
{
	const struct tree *tree = *state;
	uint32_t number = 0;
	uint8_t bytes[8];
	char text[8];

	tree_write(tree, "a", "1\n");
	assert_int_equal(symlinkat("x/y", tree->fd, "link"), 0);
	assert_int_equal(mkdirat(tree->fd, "folder", 0700), 0);
	absent = "a";
	assert_int_equal(sysfs_read(tree->fd, "a", text, sizeof text), -ESTALE);
	assert_int_equal(sysfs_read_bytes(tree->fd, "a", bytes, sizeof bytes), -ESTALE);
	assert_int_equal(sysfs_read_number(tree->fd, "a", 10, 9, &number), -ESTALE);
	absent = "folder";
	assert_int_equal(sysfs_open(tree->fd, "folder"), -ESTALE);
	assert_null(sysfs_list(tree->fd, "folder"));
	assert_int_equal(errno, ESTALE);
	absent = "link";
	assert_int_equal(sysfs_read_link(tree->fd, "link", text, sizeof text), -ESTALE);
	assert_int_equal(sysfs_link_passes(tree->fd, "link", "x"), -ESTALE);
	absent = NULL;
	assert_int_equal(sysfs_read(tree->fd, "b", text, sizeof text), -ENOENT);
	assert_int_equal(sysfs_read_link(tree->fd, "b", text, sizeof text), -ENOENT);
	assert_int_equal(sysfs_open(tree->fd, "b"), -ENOENT);
}

static void attack_36_what_could_be_opened_is_not_absent(void **state)
{
	const struct tree *tree = *state;
	uint8_t bytes[8];
	char text[8];

	tree_write(tree, "a", "1\n");
	assert_int_equal(mkdirat(tree->fd, "folder", 0700), 0);
	what_is_open_fails = 1;
	assert_int_equal(sysfs_read(tree->fd, "a", text, sizeof text), -ESTALE);
	assert_int_equal(sysfs_read_bytes(tree->fd, "a", bytes, sizeof bytes), -ESTALE);
	assert_null(sysfs_list(tree->fd, "folder"));
	assert_int_equal(errno, ESTALE);
	assert_int_equal(sysfs_first(tree->fd, "folder", text, sizeof text), -ESTALE);
	what_is_open_fails = 0;
}

static void attack_36_whether_something_exists_is_asked_twice(void **state)
{
	const struct tree *tree = *state;

	tree_write(tree, "a", "1\n");
	assert_int_equal(sysfs_exists(tree->fd, "a"), 1);
	assert_int_equal(sysfs_exists(tree->fd, "b"), 0);
	assert_int_equal(sysfs_exists(tree->fd, "../a"), -EINVAL);
	absent = "a";
	assert_int_equal(sysfs_exists(tree->fd, "a"), -ESTALE);
	absent = NULL;
	assert_int_equal(sysfs_exists(tree->fd, "a/b"), 0);
}

static void attack_36_a_list_that_ends_early_is_an_error(void **state)
{
	const struct tree *tree = *state;
	DIR *list = sysfs_list(tree->fd, ".");

	tree_write(tree, "a", "");
	tree_write(tree, "b", "");
	assert_non_null(list);
	lists_end = 1;
	assert_null(sysfs_next(list));
	assert_int_equal(errno, EIO);
	closedir(list);
	list = sysfs_list(tree->fd, ".");
	assert_non_null(list);
	while (sysfs_next(list) != NULL)
		assert_int_equal(errno, 0);
	assert_int_equal(errno, 0);
	closedir(list);
}

static void text_is_read_without_its_newline(void **state)
{
	const struct tree *tree = *state;
	char text[5];

	tree_write(tree, "a", "abcd\n");
	assert_int_equal(sysfs_read(tree->fd, "a", text, sizeof text), 4);
	assert_string_equal(text, "abcd");
	tree_write(tree, "a", "\n\n");
	assert_int_equal(sysfs_read(tree->fd, "a", text, sizeof text), 1);
	assert_string_equal(text, "\n");
	tree_write(tree, "a", "");
	assert_int_equal(sysfs_read(tree->fd, "a", text, sizeof text), 0);
	assert_string_equal(text, "");
}

static void what_does_not_fit_is_refused_and_not_cut(void **state)
{
	const struct tree *tree = *state;
	uint8_t bytes[4];
	char text[4];

	tree_write(tree, "a", "abcd");
	assert_int_equal(sysfs_read(tree->fd, "a", text, sizeof text), -EMSGSIZE);
	assert_int_equal(sysfs_read_bytes(tree->fd, "a", bytes, sizeof bytes), 4);
	tree_write(tree, "a", "abcde");
	assert_int_equal(sysfs_read_bytes(tree->fd, "a", bytes, sizeof bytes), -EMSGSIZE);
	tree_write_bytes(tree, "a", "a\0b", 3);
	assert_int_equal(sysfs_read(tree->fd, "a", text, sizeof text), -EINVAL);
}

static void names_do_not_lead_elsewhere(void **state)
{
	const struct tree *tree = *state;
	char text[16];

	tree_write(tree, "folder/a", "1\n");
	tree_link(tree, "link", "folder/a");
	assert_int_equal(sysfs_read(tree->fd, "folder/a", text, sizeof text), 1);
	for (const char *const *name = (const char *const[]){ "", "/", "..", "/folder/a", "../a",
							      "folder/../a", "folder//a", "folder/",
							      "folder/..", NULL };
	     *name != NULL; name++)
		assert_int_equal(sysfs_read(tree->fd, *name, text, sizeof text), -EINVAL);
	tree_write(tree, "..a", "1\n");
	assert_int_equal(sysfs_read(tree->fd, "..a", text, sizeof text), 1);
	assert_int_equal(sysfs_read(tree->fd, "link", text, sizeof text), -ELOOP);
	assert_int_equal(sysfs_open(tree->fd, "/sys"), -EINVAL);
	assert_int_equal(sysfs_read(tree->fd, "none", text, sizeof text), -ENOENT);
}

static void check_number(const struct tree *tree, const char *text, unsigned base, uint32_t max,
			 int64_t wanted)
{
	uint32_t number = 0;
	int result;

	tree_write(tree, "n", text);
	result = sysfs_read_number(tree->fd, "n", base, max, &number);
	assert_int_equal(result, wanted < 0 ? -EINVAL : 0);
	if (wanted >= 0)
		assert_int_equal(number, wanted);
}

static void numbers_are_numbers_alone(void **state)
{
	const struct tree *tree = *state;

	check_number(tree, "12\n", 10, 255, 12);
	check_number(tree, "012\n", 10, 255, 12);
	check_number(tree, "0\n", 10, 255, 0);
	check_number(tree, "4294967295\n", 10, UINT32_MAX, UINT32_MAX);
	check_number(tree, "4294967296\n", 10, UINT32_MAX, -1);
	check_number(tree, "99999999999999999999999\n", 10, UINT32_MAX, -1);
	check_number(tree, "256\n", 10, 255, -1);
	check_number(tree, "10de\n", 16, 0xffff, 0x10de);
	check_number(tree, "0x10de\n", 16, 0xffff, 0x10de);
	check_number(tree, "1f\n", 10, 255, -1);
	check_number(tree, "0x1f\n", 10, 255, -1);
	for (const char *const *text = (const char *const[]){ "", "\n", "0x\n", "+1\n", "-1\n", " 1\n",
							      "1 \n", "1\n1\n", "1;\n", NULL };
	     *text != NULL; text++)
		check_number(tree, *text, 16, UINT32_MAX, -1);
}

static void check_device(const struct tree *tree, const char *text, int wanted, dev_t number)
{
	dev_t device = 0;

	tree_write(tree, "dev", text);
	assert_int_equal(sysfs_read_device(tree->fd, "dev", &device), wanted);
	assert_int_equal(device, number);
}

static void device_numbers_are_two_numbers(void **state)
{
	const struct tree *tree = *state;

	check_device(tree, "189:3\n", 0, makedev(189, 3));
	check_device(tree, "0:0\n", 0, makedev(0, 0));
	check_device(tree, "4095:1048575\n", 0, makedev(4095, 1048575));
	for (const char *const *text = (const char *const[]){ "", "189", "189:", ":3", "189:3:1", "+1:2",
							      "1:-2", " 1:2", "1: 2", "1:2 ", "1 :2",
							      "0x1:2", "4096:1", "1:1048576",
							      "99999999999999999999:1", NULL };
	     *text != NULL; text++)
		check_device(tree, *text, -EINVAL, 0);
}

static void links_say_their_last_part(void **state)
{
	const struct tree *tree = *state;
	char text[8];

	tree_link(tree, "driver", "../../bus/pci/drivers/vfio");
	tree_link(tree, "plain", "vfio");
	tree_link(tree, "long", "a/12345678");
	assert_int_equal(sysfs_read_link(tree->fd, "driver", text, sizeof text), 0);
	assert_string_equal(text, "vfio");
	assert_int_equal(sysfs_read_link(tree->fd, "plain", text, sizeof text), 0);
	assert_string_equal(text, "vfio");
	assert_int_equal(sysfs_read_link(tree->fd, "long", text, sizeof text), -EMSGSIZE);
	assert_int_equal(sysfs_read_link(tree->fd, "none", text, sizeof text), -ENOENT);
}

static void links_are_followed_as_texts_by_whole_parts(void **state)
{
	const struct tree *tree = *state;

	tree_link(tree, "sda", "../devices/usb1/1-1/1-1.4/1-1.4:1.0/block/sda");
	assert_int_equal(sysfs_link_passes(tree->fd, "sda", "1-1.4"), 1);
	assert_int_equal(sysfs_link_passes(tree->fd, "sda", "1-1"), 1);
	assert_int_equal(sysfs_link_passes(tree->fd, "sda", "sda"), 1);
	assert_int_equal(sysfs_link_passes(tree->fd, "sda", ".."), 1);
	assert_int_equal(sysfs_link_passes(tree->fd, "sda", "1-1.40"), 0);
	assert_int_equal(sysfs_link_passes(tree->fd, "sda", "1-"), 0);
	assert_int_equal(sysfs_link_passes(tree->fd, "sda", "-1"), 0);
	assert_int_equal(sysfs_link_passes(tree->fd, "none", "1-1"), -ENOENT);
}

static void lists_leave_out_what_begins_with_a_dot(void **state)
{
	const struct tree *tree = *state;
	int folder = sysfs_open(tree->fd, ".");
	DIR *list;

	assert_true(folder >= 0);
	tree_write(tree, "folder/one", "");
	tree_write(tree, "folder/.two", "");
	list = sysfs_list(folder, "folder");
	assert_non_null(list);
	assert_string_equal(sysfs_next(list), "one");
	assert_null(sysfs_next(list));
	closedir(list);
	assert_null(sysfs_list(folder, "none"));
	assert_int_equal(errno, ENOENT);
	close(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(attack_36_a_failure_is_not_taken_for_an_absence,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(attack_36_what_could_be_opened_is_not_absent,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(attack_36_whether_something_exists_is_asked_twice,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(attack_36_a_list_that_ends_early_is_an_error,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(text_is_read_without_its_newline, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_refused_and_not_cut, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(names_do_not_lead_elsewhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_are_numbers_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(device_numbers_are_two_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(links_say_their_last_part, set_up, tear_down),
		cmocka_unit_test_setup_teardown(links_are_followed_as_texts_by_whole_parts, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(lists_leave_out_what_begins_with_a_dot, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
