/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The layout of the native protocol: what is written is read, what is wrong is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/protocol/protocol.h"

static const struct protocol_request some_request = {
	.header = { PROTOCOL_VERSION, PROTOCOL_TAP, 0x01020304 },
	.tap = { "br0", PROTOCOL_TAP_VNET_HEADER | PROTOCOL_TAP_MAC, 4, { 0x52, 0x54, 0, 1, 2, 3 } },
};

static const struct protocol_reply some_reply = {
	.header = { PROTOCOL_VERSION, PROTOCOL_QUERY, 0xfffffffe },
	.code = REPLY_QUOTA,
	.flags = PROTOCOL_PORT_SEALED,
	.mtu_bytes = 9000,
	.quota = 5,
	.quota_used = 4,
	.queues = 16,
	.vhost_count = 15,
	.vlan = 4094,
	.port = "vethg0000002Ex0",
	.tap = "tap",
	.sentence = "bridge br0: used up",
};

static const struct protocol_request usb_request = {
	.header = { PROTOCOL_VERSION, PROTOCOL_USB, 7 },
	.usb = { PROTOCOL_USB_IDS | PROTOCOL_USB_SERIAL | PROTOCOL_USB_PORT | PROTOCOL_USB_NUMBER,
		 0x0951, 0x1666, 1, 4, "1-1.4", "0012345" },
};

static const struct protocol_request vfio_request = {
	.header = { PROTOCOL_VERSION, PROTOCOL_VFIO, 8 },
	.vfio = { PROTOCOL_DEVICE_QUERY, 0x0102030405060708, "0000:03:00.0" },
};

static const struct protocol_request disk_request = {
	.header = { PROTOCOL_VERSION, PROTOCOL_DISK, 9 },
	.disk = { (unsigned)PROTOCOL_DEVICE_QUERY | PROTOCOL_DISK_READ_ONLY, "/dev/disk/by-id/ata-X" },
};

static const struct protocol_reply disk_reply = {
	.header = { PROTOCOL_VERSION, PROTOCOL_DISK, 9 },
	.flags = PROTOCOL_NODE_READ_ONLY,
	.fd_count = 1,
	.disk_bytes = 0x0102030405060708,
	.node = "/dev/sda",
};

static const struct protocol_reply node_reply = {
	.header = { PROTOCOL_VERSION, PROTOCOL_VFIO, 9 },
	.flags = PROTOCOL_NODE_IOMMUFD,
	.fd_count = 2,
	.memlock_bytes = 0x0102030405060708,
	.node = "/dev/vfio/devices/vfio0",
};

static void check_way(const struct protocol_request *request, size_t size)
{
	uint8_t bytes[PROTOCOL_REQUEST_SIZE_MAX];
	struct protocol_request read;

	assert_int_equal(protocol_request_size(request->header.type), size);
	assert_int_equal(protocol_encode_request(request, bytes, sizeof bytes), size);
	assert_int_equal(protocol_decode_request(bytes, size, &read), PROTOCOL_OK);
	assert_memory_equal(&read, request, sizeof read);
}

static void requests_survive_the_way(void **state)
{
	(void)state;
	check_way(&some_request, PROTOCOL_TAP_REQUEST_SIZE);
	check_way(&usb_request, PROTOCOL_USB_REQUEST_SIZE);
	check_way(&vfio_request, PROTOCOL_VFIO_REQUEST_SIZE);
	check_way(&disk_request, PROTOCOL_DISK_REQUEST_SIZE);
}

static void replies_survive_the_way(void **state)
{
	uint8_t bytes[PROTOCOL_REPLY_SIZE];
	struct protocol_reply read;

	(void)state;
	assert_int_equal(protocol_encode_reply(&some_reply, bytes, sizeof bytes), sizeof bytes);
	assert_int_equal(protocol_decode_reply(bytes, sizeof bytes, &read), PROTOCOL_OK);
	assert_int_equal(read.header.serial, some_reply.header.serial);
	assert_int_equal(read.code, some_reply.code);
	assert_int_equal(read.flags, some_reply.flags);
	assert_int_equal(read.mtu_bytes, some_reply.mtu_bytes);
	assert_int_equal(read.quota, some_reply.quota);
	assert_int_equal(read.quota_used, some_reply.quota_used);
	assert_int_equal(read.queues, some_reply.queues);
	assert_int_equal(read.vhost_count, some_reply.vhost_count);
	assert_int_equal(read.vlan, some_reply.vlan);
	assert_string_equal(read.port, some_reply.port);
	assert_string_equal(read.tap, some_reply.tap);
	assert_string_equal(read.sentence, some_reply.sentence);
}

static void replies_about_devices_survive_the_way(void **state)
{
	uint8_t bytes[PROTOCOL_REPLY_SIZE];
	struct protocol_reply read;

	(void)state;
	assert_int_equal(protocol_encode_reply(&node_reply, bytes, sizeof bytes), sizeof bytes);
	assert_int_equal(protocol_decode_reply(bytes, sizeof bytes, &read), PROTOCOL_OK);
	assert_int_equal(read.flags, node_reply.flags);
	assert_int_equal(read.fd_count, 2);
	assert_true(read.memlock_bytes == node_reply.memlock_bytes);
	assert_string_equal(read.node, node_reply.node);
	assert_int_equal(read.queues, 0);
	assert_int_equal(protocol_encode_reply(&disk_reply, bytes, sizeof bytes), sizeof bytes);
	assert_int_equal(protocol_decode_reply(bytes, sizeof bytes, &read), PROTOCOL_OK);
	assert_int_equal(read.fd_count, 1);
	assert_true(read.disk_bytes == disk_reply.disk_bytes);
	assert_int_equal(bytes[40], 8);
	assert_string_equal(read.node, disk_reply.node);
	/* A reply about another device has nothing there. */
	bytes[6] = PROTOCOL_USB;
	assert_int_equal(protocol_decode_reply(bytes, sizeof bytes, &read), PROTOCOL_RESERVED);
}

/* The bytes of doc/protocol.md, by hand. */
static void the_layout_is_the_documented_one(void **state)
{
	static const uint8_t expected[PROTOCOL_TAP_REQUEST_SIZE] = {
		'V', 'M', 'G', 'Q', 1, 0, 1, 0, 4, 3, 2, 1, 48, 0, 0, 0,
		'b', 'r', '0', 0,   0, 0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0,
		9,   0,   0,   0,   4, 0, 0x52, 0x54, 0, 1, 2, 3, 0, 0, 0, 0,
	};
	uint8_t bytes[PROTOCOL_TAP_REQUEST_SIZE];

	(void)state;
	protocol_encode_request(&some_request, bytes, sizeof bytes);
	assert_memory_equal(bytes, expected, sizeof bytes);
}

static void the_layout_of_devices_is_the_documented_one(void **state)
{
	static const uint8_t usb[64] = {
		'V', 'M', 'G', 'Q', 1, 0, 3, 0, 7, 0, 0, 0, 192, 0, 0, 0,
		0, 0xf, 0, 0, 0x51, 9, 0x66, 0x16, 1, 0, 4, 0, 0, 0, 0, 0,
		'1', '-', '1', '.', '4',
	};
	static const uint8_t vfio[PROTOCOL_VFIO_REQUEST_SIZE] = {
		'V', 'M', 'G', 'Q', 1, 0, 4, 0, 8, 0, 0, 0, 48, 0, 0, 0,
		2, 0, 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1,
		'0', '0', '0', '0', ':', '0', '3', ':', '0', '0', '.', '0',
	};
	static const uint8_t disk[32] = {
		'V', 'M', 'G', 'Q', 1, 0, 5, 0, 9, 0, 0, 0, 24, 1, 0, 0,
		6, 0, 0, 0, 0, 0, 0, 0, '/', 'd', 'e', 'v', '/', 'd', 'i', 's',
	};
	uint8_t bytes[PROTOCOL_REQUEST_SIZE_MAX];

	(void)state;
	protocol_encode_request(&disk_request, bytes, sizeof bytes);
	assert_memory_equal(bytes, disk, sizeof disk);
	protocol_encode_request(&usb_request, bytes, sizeof bytes);
	assert_memory_equal(bytes, usb, sizeof usb);
	assert_memory_equal(bytes + 64, "0012345", 8);
	protocol_encode_request(&vfio_request, bytes, sizeof bytes);
	assert_memory_equal(bytes, vfio, sizeof vfio);
}

static void attack_48_device_requests_are_checked(void **state)
{
	uint8_t bytes[PROTOCOL_REQUEST_SIZE_MAX];
	struct protocol_request request;

	(void)state;
	protocol_encode_request(&usb_request, bytes, sizeof bytes);
	for (size_t length = PROTOCOL_HEADER_SIZE; length < PROTOCOL_USB_REQUEST_SIZE; length++)
		assert_int_equal(protocol_decode_request(bytes, length, &request), PROTOCOL_LENGTH);
	bytes[16] = 4;
	assert_int_equal(protocol_decode_request(bytes, 192, &request), PROTOCOL_FLAG_UNKNOWN);
	bytes[16] = 0;
	bytes[191] = 'x';
	assert_int_equal(protocol_decode_request(bytes, 192, &request), PROTOCOL_STRING);
	bytes[191] = 0;
	bytes[28] = 1;
	assert_int_equal(protocol_decode_request(bytes, 192, &request), PROTOCOL_RESERVED);
	protocol_encode_request(&vfio_request, bytes, sizeof bytes);
	bytes[20] = 1;
	assert_int_equal(protocol_decode_request(bytes, 48, &request), PROTOCOL_RESERVED);
	bytes[20] = 0;
	bytes[17] = 1;
	assert_int_equal(protocol_decode_request(bytes, 48, &request), PROTOCOL_FLAG_UNKNOWN);
	protocol_encode_request(&disk_request, bytes, sizeof bytes);
	bytes[23] = 1;
	assert_int_equal(protocol_decode_request(bytes, 280, &request), PROTOCOL_RESERVED);
	bytes[23] = 0;
	bytes[279] = 'x';
	assert_int_equal(protocol_decode_request(bytes, 280, &request), PROTOCOL_STRING);
	bytes[279] = 0;
	bytes[16] = 8;
	assert_int_equal(protocol_decode_request(bytes, 280, &request), PROTOCOL_FLAG_UNKNOWN);
}

static void attack_48_every_wrong_length_is_refused(void **state)
{
	uint8_t bytes[PROTOCOL_REPLY_SIZE + 8] = { 0 };
	struct protocol_request request;
	struct protocol_reply reply;

	(void)state;
	protocol_encode_request(&some_request, bytes, sizeof bytes);
	for (size_t length = 0; length <= sizeof bytes; length++) {
		enum protocol_error error = protocol_decode_request(bytes, length, &request);

		assert_int_equal(error == PROTOCOL_OK, length == PROTOCOL_TAP_REQUEST_SIZE);
		assert_int_equal(error == PROTOCOL_SHORT, length < PROTOCOL_HEADER_SIZE);
	}
	protocol_encode_reply(&some_reply, bytes, sizeof bytes);
	for (size_t length = 0; length <= sizeof bytes; length++)
		assert_int_equal(protocol_decode_reply(bytes, length, &reply) == PROTOCOL_OK,
				 length == PROTOCOL_REPLY_SIZE);
}

/* What one changed byte makes of a good request. */
static enum protocol_error with_byte(size_t offset, uint8_t value)
{
	uint8_t bytes[PROTOCOL_TAP_REQUEST_SIZE];
	struct protocol_request request;

	protocol_encode_request(&some_request, bytes, sizeof bytes);
	bytes[offset] = value;
	return protocol_decode_request(bytes, sizeof bytes, &request);
}

static void attack_48_every_field_is_checked(void **state)
{
	(void)state;
	assert_int_equal(with_byte(3, 'R'), PROTOCOL_MAGIC);
	assert_int_equal(with_byte(4, 2), PROTOCOL_VERSION_UNKNOWN);
	assert_int_equal(with_byte(5, 1), PROTOCOL_VERSION_UNKNOWN);
	assert_int_equal(with_byte(6, 0), PROTOCOL_TYPE_UNKNOWN);
	assert_int_equal(with_byte(6, 3), PROTOCOL_LENGTH);
	assert_int_equal(with_byte(6, 6), PROTOCOL_TYPE_UNKNOWN);
	assert_int_equal(with_byte(12, 47), PROTOCOL_LENGTH);
	assert_int_equal(with_byte(15, 1), PROTOCOL_LENGTH);
	assert_int_equal(with_byte(20, 'x'), PROTOCOL_STRING);
	assert_int_equal(with_byte(31, 'x'), PROTOCOL_STRING);
	assert_int_equal(with_byte(32, 16), PROTOCOL_FLAG_UNKNOWN);
	assert_int_equal(with_byte(35, 128), PROTOCOL_FLAG_UNKNOWN);
	for (size_t offset = 44; offset < 48; offset++)
		assert_int_equal(with_byte(offset, 1), PROTOCOL_RESERVED);
}

static void the_header_of_a_wrong_request_can_be_answered(void **state)
{
	uint8_t bytes[PROTOCOL_TAP_REQUEST_SIZE];
	struct protocol_request request;

	(void)state;
	protocol_encode_request(&some_request, bytes, sizeof bytes);
	bytes[4] = 9;
	assert_int_equal(protocol_decode_request(bytes, sizeof bytes, &request),
			 PROTOCOL_VERSION_UNKNOWN);
	assert_int_equal(request.header.serial, some_request.header.serial);
}

static void too_small_a_buffer_is_left_alone(void **state)
{
	uint8_t bytes[PROTOCOL_REPLY_SIZE] = { 0 };

	(void)state;
	assert_int_equal(protocol_encode_request(&some_request, bytes, 47), 0);
	assert_int_equal(protocol_encode_reply(&some_reply, bytes, 607), 0);
	for (size_t i = 0; i < sizeof bytes; i++)
		assert_int_equal(bytes[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_survive_the_way),
		cmocka_unit_test(replies_survive_the_way),
		cmocka_unit_test(replies_about_devices_survive_the_way),
		cmocka_unit_test(the_layout_is_the_documented_one),
		cmocka_unit_test(the_layout_of_devices_is_the_documented_one),
		cmocka_unit_test(attack_48_every_wrong_length_is_refused),
		cmocka_unit_test(attack_48_device_requests_are_checked),
		cmocka_unit_test(attack_48_every_field_is_checked),
		cmocka_unit_test(the_header_of_a_wrong_request_can_be_answered),
		cmocka_unit_test(too_small_a_buffer_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
