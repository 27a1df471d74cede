/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* libvmgrant's USB and PCI devices against a helper that does whatever is wrong. */
#include "tests/unit/library-fixture.h"

#include <stdlib.h>
#include <unistd.h>

static enum vmgrant_code ask_usb(struct vmgrant_connection *connection, const char *serial,
				 unsigned flags, struct vmgrant_usb *usb)
{
	struct vmgrant_usb_request request = {
		.size = sizeof request, .flags = flags | VMGRANT_USB_IDS,
		.vendor = 0x0951, .product = 0x1666, .serial = serial,
	};

	memset(usb, 0x55, sizeof *usb);
	usb->size = sizeof *usb;
	return vmgrant_usb(connection, &request, usb);
}

static enum vmgrant_code ask_vfio(struct vmgrant_connection *connection, const char *address,
				  unsigned flags, struct vmgrant_vfio *vfio)
{
	struct vmgrant_vfio_request request = {
		.size = sizeof request, .flags = flags, .address = address,
		.memlock_bytes = 1 << 20,
	};

	memset(vfio, 0x55, sizeof *vfio);
	vfio->size = sizeof *vfio;
	return vmgrant_vfio(connection, &request, vfio);
}

static void a_usb_grant_is_one_file(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_usb usb;

	(void)state;
	assert_int_equal(ask_usb(connection, "S1", 0, &usb), VMGRANT_GRANTED);
	assert_int_equal(fcntl(usb.fd, F_GETFD), FD_CLOEXEC);
	assert_string_equal(usb.node, "/dev/node");
	vmgrant_usb_close(&usb);
	assert_int_equal(usb.fd, -1);
	vmgrant_usb_close(&usb);
	vmgrant_usb_close(NULL);
	vmgrant_close(connection);
}

static void a_vfio_grant_is_two_files(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_vfio vfio;

	(void)state;
	assert_int_equal(ask_vfio(connection, "0000:03:00.0", 0, &vfio), VMGRANT_GRANTED);
	assert_int_equal(fcntl(vfio.device_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(vfio.iommu_fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(vfio.flags, VMGRANT_NODE_IOMMUFD);
	assert_true(vfio.memlock_bytes == 1 << 20);
	vmgrant_vfio_close(&vfio);
	assert_int_equal(vfio.device_fd, -1);
	assert_int_equal(vfio.iommu_fd, -1);
	vmgrant_vfio_close(NULL);
	assert_int_equal(ask_vfio(connection, "0000:03:00.0", VMGRANT_VFIO_GROUP, &vfio),
			 VMGRANT_GRANTED);
	vmgrant_vfio_close(&vfio);
	vmgrant_close(connection);
}

static void a_query_brings_no_file(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_vfio vfio;
	struct vmgrant_usb usb;

	(void)state;
	assert_int_equal(ask_usb(connection, "S1", VMGRANT_DEVICE_QUERY, &usb), VMGRANT_GRANTED);
	assert_int_equal(usb.fd, -1);
	assert_int_equal(usb.flags, VMGRANT_NODE_POLKIT);
	assert_int_equal(ask_vfio(connection, "0000:03:00.0", VMGRANT_DEVICE_QUERY, &vfio),
			 VMGRANT_GRANTED);
	assert_int_equal(vfio.device_fd, -1);
	assert_int_equal(vfio.iommu_fd, -1);
	assert_int_equal(ask_usb(connection, "stray-query", VMGRANT_DEVICE_QUERY, &usb),
			 VMGRANT_INTERNAL);
	vmgrant_close(connection);
}

static void attack_49_other_numbers_of_files_are_refused(void **state)
{
	static const char *const names[] = { "few", "many", "none", "flood", "count", "nameless",
					     "serial", "type", "short", "long" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct vmgrant_connection *connection = connect_to(STAND_IN);
		struct vmgrant_vfio vfio;
		struct vmgrant_usb usb;

		assert_int_equal(ask_usb(connection, names[i], 0, &usb), VMGRANT_INTERNAL);
		assert_int_equal(usb.fd, -1);
		assert_int_equal(ask_vfio(connection, names[i], 0, &vfio), VMGRANT_INTERNAL);
		assert_int_equal(vfio.device_fd, -1);
		assert_int_equal(vfio.iommu_fd, -1);
		vmgrant_close(connection);
	}
}

static void a_refusal_has_its_sentence(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_usb usb;

	(void)state;
	assert_int_equal(ask_usb(connection, "no", 0, &usb), VMGRANT_DENIED);
	assert_non_null(strstr(vmgrant_error(connection), "not allowed: ?[31mno rule"));
	vmgrant_close(connection);
}

/* What would be cut names another device. */
static void long_and_empty_names_are_never_sent(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_vfio vfio;
	struct vmgrant_usb usb;
	char serial[130];

	(void)state;
	memset(serial, 'x', sizeof serial);
	serial[128] = '\0';
	assert_int_equal(ask_usb(connection, serial, 0, &usb), VMGRANT_USAGE);
	serial[127] = '\0';
	assert_int_equal(ask_usb(connection, serial, 0, &usb), VMGRANT_GRANTED);
	vmgrant_usb_close(&usb);
	assert_int_equal(ask_usb(connection, "", 0, &usb), VMGRANT_USAGE);
	assert_int_equal(ask_vfio(connection, "", 0, &vfio), VMGRANT_USAGE);
	assert_int_equal(ask_vfio(connection, NULL, 0, &vfio), VMGRANT_USAGE);
	assert_int_equal(ask_vfio(connection, "0123456789abcdef", 0, &vfio), VMGRANT_USAGE);
	vmgrant_close(connection);
}

static void unknown_flags_and_sizes_are_refused(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_usb_request request = { .size = sizeof request, .port = "1-1" };
	struct vmgrant_usb usb = { .size = sizeof usb };
	struct vmgrant_vfio vfio;

	(void)state;
	request.flags = 4;
	assert_int_equal(vmgrant_usb(connection, &request, &usb), VMGRANT_USAGE);
	request.flags = 0;
	request.size = 8;
	assert_int_equal(vmgrant_usb(connection, &request, &usb), VMGRANT_USAGE);
	request.size = sizeof request;
	usb.size = 0;
	assert_int_equal(vmgrant_usb(connection, &request, &usb), VMGRANT_USAGE);
	assert_int_equal(ask_vfio(connection, "0000:03:00.0", VMGRANT_USB_IDS, &vfio),
			 VMGRANT_USAGE);
	vmgrant_close(connection);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_usb_grant_is_one_file),
		TEST(a_vfio_grant_is_two_files),
		TEST(a_query_brings_no_file),
		TEST(attack_49_other_numbers_of_files_are_refused),
		TEST(a_refusal_has_its_sentence),
		TEST(long_and_empty_names_are_never_sent),
		TEST(unknown_flags_and_sizes_are_refused),
	};

	keep_inherited_fds_from_helpers();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
