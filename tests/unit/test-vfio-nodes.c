/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Nodes are those that the kernel names.
 *
 * Only root can make device nodes: links to the machine's /dev/null and /dev/zero do
 * not count as nodes, which is tested, so most tests need root and are skipped without.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "judge/kind/vfio/nodes.h"
#include "tests/unit/tree.h"

struct place {
	struct tree *dev;
	struct vfio_nodes nodes;
	struct refusal why;
};

/* /dev/null stands for the group or the device, /dev/zero for the other node. */
static const struct vfio_finding with_group = {
	.is_there = 1, .group = 12, .group_number = (dev_t)0x103, .container_number = (dev_t)0x105,
};
static const struct vfio_finding with_both = {
	.is_there = 1, .group = 12, .group_number = (dev_t)0x103, .container_number = (dev_t)0x105,
	.device_index = 7, .device_number = (dev_t)0x103, .iommu_number = (dev_t)0x105,
};

static int set_up(void **state)
{
	struct place *place = test_calloc(1, sizeof *place);

	place->dev = tree_new();
	tree_folder(place->dev, "vfio/devices");
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	tree_free(place->dev);
	test_free(place);
	return 0;
}

static void make_node(const struct place *place, const char *path, unsigned minor_number)
{
	if (mknodat(place->dev->fd, path, S_IFCHR | 0600, makedev(1, minor_number)) < 0)
		skip();
}

static enum reply_code find_of(struct place *place, const struct vfio_finding *finding,
			       enum request_vfio_nodes wanted)
{
	const struct request request = { .kind = ACL_KIND_VFIO, .vfio.nodes = wanted,
					 .vfio.address = "0000:03:00.0" };

	place->nodes = (struct vfio_nodes){ 0 };
	return vfio_nodes_find(place->dev->fd, finding, &request, &place->nodes, &place->why);
}

static enum reply_code find(struct place *place, const struct vfio_finding *finding)
{
	return find_of(place, finding, VFIO_NODES_NEWEST);
}

static void assert_says(const struct place *place, const char *part)
{
	if (strstr(place->why.sentence, part) == NULL)
		fail_msg("'%s' is not in: %s", part, place->why.sentence);
}

static void group_and_container_are_found(void **state)
{
	struct place *place = *state;

	make_node(place, "vfio/12", 3);
	make_node(place, "vfio/vfio", 5);
	assert_int_equal(find(place, &with_group), REPLY_GRANTED);
	assert_true(place->nodes.is_known);
	assert_false(place->nodes.is_iommufd);
	assert_string_equal(place->nodes.paths[0], "/dev/vfio/12");
}

static void device_and_iommufd_are_preferred(void **state)
{
	struct place *place = *state;

	make_node(place, "vfio/12", 3);
	make_node(place, "vfio/vfio", 5);
	make_node(place, "vfio/devices/vfio7", 3);
	make_node(place, "iommu", 5);
	assert_int_equal(find(place, &with_both), REPLY_GRANTED);
	assert_true(place->nodes.is_iommufd);
	assert_string_equal(place->nodes.paths[0], "/dev/vfio/devices/vfio7");
	tree_remove(place->dev, "iommu");
	assert_int_equal(find(place, &with_both), REPLY_GRANTED);
	assert_false(place->nodes.is_iommufd);
	assert_true(place->nodes.is_known);
}

static void a_request_may_want_the_group(void **state)
{
	struct place *place = *state;
	struct vfio_finding no_group = with_both;

	make_node(place, "vfio/12", 3);
	make_node(place, "vfio/vfio", 5);
	make_node(place, "vfio/devices/vfio7", 3);
	make_node(place, "iommu", 5);
	assert_int_equal(find_of(place, &with_both, VFIO_NODES_GROUP), REPLY_GRANTED);
	assert_false(place->nodes.is_iommufd);
	assert_string_equal(place->nodes.paths[0], "/dev/vfio/12");
	no_group.group_number = 0;
	assert_int_equal(find_of(place, &no_group, VFIO_NODES_GROUP), REPLY_OBJECT);
	assert_says(place, "the kernel has no VFIO group for it: ");
	assert_false(place->nodes.is_known);
}

static void a_missing_node_is_named(void **state)
{
	struct place *place = *state;
	struct vfio_finding none = { .is_there = 1, .group = 12 };

	assert_int_equal(find(place, &with_group), REPLY_OBJECT);
	assert_says(place, "/dev/vfio/12 is missing");
	assert_int_equal(find(place, &none), REPLY_OBJECT);
	assert_says(place, "modprobe");
	none.group_number = 1;
	assert_int_equal(find(place, &none), REPLY_OBJECT);
	assert_says(place, "/dev/vfio/vfio");
	assert_false(place->nodes.is_known);
}

static void attack_28_links_fifos_and_files_are_refused(void **state)
{
	struct place *place = *state;

	tree_link(place->dev, "vfio/12", "/dev/null");
	assert_int_equal(find(place, &with_group), REPLY_OBJECT);
	assert_says(place, "/dev/vfio/12 is not the device that the kernel names");
	tree_remove(place->dev, "vfio/12");
	tree_write(place->dev, "vfio/12", "");
	assert_int_equal(find(place, &with_group), REPLY_OBJECT);
	assert_says(place, "is not the device that the kernel names");
	tree_remove(place->dev, "vfio/12");
	assert_int_equal(mkfifoat(place->dev->fd, "vfio/12", 0600), 0);
	assert_int_equal(find(place, &with_group), REPLY_OBJECT);
	assert_says(place, "is not the device that the kernel names");
}

static void attack_28_another_device_is_refused(void **state)
{
	struct place *place = *state;

	make_node(place, "vfio/12", 5);
	make_node(place, "vfio/vfio", 5);
	assert_int_equal(find(place, &with_group), REPLY_OBJECT);
	assert_says(place, "/dev/vfio/12 is not the device that the kernel names");
	/* Wrong nodes of the better kind are no reason to take the others. */
	make_node(place, "vfio/devices/vfio7", 5);
	make_node(place, "iommu", 5);
	assert_int_equal(find(place, &with_both), REPLY_OBJECT);
	assert_says(place, "/dev/vfio/devices/vfio7 is not the device");
}

static void attack_10_what_was_opened_must_be_what_was_found(void **state)
{
	struct place *place = *state;
	int fds[VFIO_NODE_COUNT];

	make_node(place, "vfio/12", 3);
	make_node(place, "vfio/vfio", 5);
	assert_int_equal(find(place, &with_group), REPLY_GRANTED);
	fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	fds[1] = open("/dev/zero", O_RDWR | O_CLOEXEC);
	assert_true(vfio_nodes_match(&place->nodes, fds));
	close(fds[1]);
	fds[1] = open("/dev/full", O_RDWR | O_CLOEXEC);
	assert_false(vfio_nodes_match(&place->nodes, fds));
	close(fds[0]);
	close(fds[1]);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(group_and_container_are_found),
		TEST(device_and_iommufd_are_preferred),
		TEST(a_request_may_want_the_group),
		TEST(a_missing_node_is_named),
		TEST(attack_28_links_fifos_and_files_are_refused),
		TEST(attack_28_another_device_is_refused),
		TEST(attack_10_what_was_opened_must_be_what_was_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
