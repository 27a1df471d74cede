/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nodes are those that the kernel names, held first and opened afterwards.
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

#include "helper/privileges.h"
#include "helper/node/vfio-nodes.h"
#include "tests/unit/tree.h"

#define OBJECT "vfio 0000:03:00.0"

/* In place of the capabilities of the helper. */
int privileges_raise(enum privilege privilege)
{
	(void)privilege;
	return 0;
}

void privileges_lower(void)
{
}

struct place {
	struct tree *dev;
	struct vfio_nodes held;
	struct nodes nodes;
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

	vfio_nodes_release(&place->held);
	nodes_close(&place->nodes);
	tree_free(place->dev);
	test_free(place);
	return 0;
}

static void make_node(const struct place *place, const char *path, unsigned minor_number)
{
	if (mknodat(place->dev->fd, path, S_IFCHR | 0600, makedev(1, minor_number)) < 0)
		skip();
}

static enum reply_code hold_of(struct place *place, const struct vfio_finding *finding,
			       enum request_vfio_nodes wanted)
{
	const struct request request = { .kind = REQUEST_VFIO, .vfio_nodes = wanted,
					 .pci_address = "0000:03:00.0" };

	vfio_nodes_release(&place->held);
	return vfio_nodes_hold(place->dev->fd, finding, &request, &place->held, &place->why);
}

static enum reply_code hold(struct place *place, const struct vfio_finding *finding)
{
	return hold_of(place, finding, VFIO_NODES_NEWEST);
}

static void assert_says(const struct place *place, const char *part)
{
	if (strstr(place->why.sentence, part) == NULL)
		fail_msg("'%s' is not in: %s", part, place->why.sentence);
}

static void group_and_container_are_held(void **state)
{
	struct place *place = *state;

	make_node(place, "vfio/12", 3);
	make_node(place, "vfio/vfio", 5);
	assert_int_equal(hold(place, &with_group), REPLY_GRANTED);
	assert_int_equal(place->held.held_count, 2);
	assert_false(place->held.is_iommufd);
	assert_string_equal(place->held.paths[0], "/dev/vfio/12");
	assert_int_equal(fcntl(place->held.held_fds[0], F_GETFL) & O_PATH, O_PATH);
	assert_int_equal(fcntl(place->held.held_fds[0], F_GETFD), FD_CLOEXEC);
}

static void device_and_iommufd_are_preferred(void **state)
{
	struct place *place = *state;

	make_node(place, "vfio/12", 3);
	make_node(place, "vfio/vfio", 5);
	make_node(place, "vfio/devices/vfio7", 3);
	make_node(place, "iommu", 5);
	assert_int_equal(hold(place, &with_both), REPLY_GRANTED);
	assert_true(place->held.is_iommufd);
	assert_string_equal(place->held.paths[0], "/dev/vfio/devices/vfio7");
	tree_remove(place->dev, "iommu");
	assert_int_equal(hold(place, &with_both), REPLY_GRANTED);
	assert_false(place->held.is_iommufd);
	assert_int_equal(place->held.held_count, 2);
}

static void a_request_may_want_the_group(void **state)
{
	struct place *place = *state;
	struct vfio_finding no_group = with_both;

	make_node(place, "vfio/12", 3);
	make_node(place, "vfio/vfio", 5);
	make_node(place, "vfio/devices/vfio7", 3);
	make_node(place, "iommu", 5);
	assert_int_equal(hold_of(place, &with_both, VFIO_NODES_GROUP), REPLY_GRANTED);
	assert_false(place->held.is_iommufd);
	assert_string_equal(place->held.paths[0], "/dev/vfio/12");
	no_group.group_number = 0;
	assert_int_equal(hold_of(place, &no_group, VFIO_NODES_GROUP), REPLY_OBJECT);
	assert_says(place, "the kernel has no VFIO group for it: ");
	assert_int_equal(place->held.held_count, 0);
}

static void a_missing_node_is_named(void **state)
{
	struct place *place = *state;
	struct vfio_finding none = { .is_there = 1, .group = 12 };

	assert_int_equal(hold(place, &with_group), REPLY_OBJECT);
	assert_says(place, "/dev/vfio/12 is missing");
	assert_int_equal(hold(place, &none), REPLY_OBJECT);
	assert_says(place, "modprobe");
	none.group_number = 1;
	assert_int_equal(hold(place, &none), REPLY_OBJECT);
	assert_says(place, "/dev/vfio/vfio");
	assert_int_equal(place->held.held_count, 0);
}

static void attack_28_links_fifos_and_files_are_refused(void **state)
{
	struct place *place = *state;

	tree_link(place->dev, "vfio/12", "/dev/null");
	assert_int_equal(hold(place, &with_group), REPLY_OBJECT);
	assert_says(place, "/dev/vfio/12 is not the device that the kernel names");
	tree_remove(place->dev, "vfio/12");
	tree_write(place->dev, "vfio/12", "");
	assert_int_equal(hold(place, &with_group), REPLY_OBJECT);
	assert_says(place, "is not the device that the kernel names");
	tree_remove(place->dev, "vfio/12");
	assert_int_equal(mkfifoat(place->dev->fd, "vfio/12", 0600), 0);
	assert_int_equal(hold(place, &with_group), REPLY_OBJECT);
	assert_says(place, "is not the device that the kernel names");
}

static void attack_28_another_device_is_refused(void **state)
{
	struct place *place = *state;

	make_node(place, "vfio/12", 5);
	make_node(place, "vfio/vfio", 5);
	assert_int_equal(hold(place, &with_group), REPLY_OBJECT);
	assert_says(place, "/dev/vfio/12 is not the device that the kernel names");
	/* Wrong nodes of the better kind are no reason to take the others. */
	make_node(place, "vfio/devices/vfio7", 5);
	make_node(place, "iommu", 5);
	assert_int_equal(hold(place, &with_both), REPLY_OBJECT);
	assert_says(place, "/dev/vfio/devices/vfio7 is not the device");
}

static void attack_32_what_is_no_group_is_refused_with_nothing_open(void **state)
{
	struct place *place = *state;

	make_node(place, "vfio/12", 3);
	make_node(place, "vfio/vfio", 5);
	assert_int_equal(hold(place, &with_group), REPLY_GRANTED);
	assert_int_equal(vfio_nodes_open(&place->held, OBJECT, &place->nodes, &place->why),
			 REPLY_OBJECT);
	assert_says(place, "/dev/vfio/12 is no VFIO group");
	assert_int_equal(place->nodes.fd_count, 0);
}

static void attack_32_what_is_no_iommufd_is_refused_with_nothing_open(void **state)
{
	struct place *place = *state;

	make_node(place, "vfio/devices/vfio7", 3);
	make_node(place, "iommu", 5);
	assert_int_equal(hold(place, &with_both), REPLY_GRANTED);
	assert_int_equal(vfio_nodes_open(&place->held, OBJECT, &place->nodes, &place->why),
			 REPLY_OBJECT);
	assert_says(place, "/dev/iommu is no iommufd");
	assert_int_equal(place->nodes.fd_count, 0);
}

static void attack_10_a_node_that_is_replaced_is_not_opened(void **state)
{
	struct place *place = *state;

	make_node(place, "vfio/12", 3);
	make_node(place, "vfio/vfio", 5);
	assert_int_equal(hold(place, &with_group), REPLY_GRANTED);
	tree_remove(place->dev, "vfio/12");
	tree_link(place->dev, "vfio/12", "/dev/full");
	assert_int_equal(vfio_nodes_open(&place->held, OBJECT, &place->nodes, &place->why),
			 REPLY_OBJECT);
	/* The one that was held was opened: it said that it is no group. */
	assert_says(place, "is no VFIO group");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(group_and_container_are_held),
		TEST(device_and_iommufd_are_preferred),
		TEST(a_request_may_want_the_group),
		TEST(a_missing_node_is_named),
		TEST(attack_28_links_fifos_and_files_are_refused),
		TEST(attack_28_another_device_is_refused),
		TEST(attack_32_what_is_no_group_is_refused_with_nothing_open),
		TEST(attack_32_what_is_no_iommufd_is_refused_with_nothing_open),
		TEST(attack_10_a_node_that_is_replaced_is_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
