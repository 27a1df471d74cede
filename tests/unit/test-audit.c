/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Messages for the kernel's audit log: libvirt's words, and nobody else's fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "wire/record/audit.h"

#define END " exe=\"" VMGRANT_HELPER "\" hostname=? addr=? terminal=? res="
#define BEGIN(RESOURCE) "virt=qemu resrc=" RESOURCE " reason=open vm=\"?\" uuid=?"

/* What arrives of a record. */
static struct audit_event send_record(const struct record *record, const char *mac)
{
	struct audit_event event;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	audit_send(ends[0], record, mac);
	assert_int_equal(recv(ends[1], &event, sizeof event, 0), sizeof event);
	assert_int_equal(audit_check(&event, sizeof event), 1);
	close(ends[0]);
	close(ends[1]);
	return event;
}

static void assert_message(const struct record *record, const char *mac, const char *expected)
{
	const struct audit_event event = send_record(record, mac);
	char text[AUDIT_TEXT_SIZE];

	assert_int_equal(audit_format(&event, 1000, text), strlen(expected));
	assert_string_equal(text, expected);
}

static void a_port(void **state)
{
	const struct record record = { .action = "org.vmgrant.tap", .user = "alice",
				       .object = "bridge br0",
				       .given = "port vethg1 on bridge br0" };

	(void)state;
	assert_message(&record, NULL,
		       BEGIN("net") " old-net=\"?\" new-net=\"br0\" bridge=\"br0\" "
		       "path=706F7274207665746867" "31206F6E2062726964676520627230 "
		       "acct=\"alice\" id=1000" END "success");
	assert_message(&(const struct record){ .code = REPLY_DENIED, .action = "org.vmgrant.tap",
					       .object = "bridge br0" },
		       "52:54:00:12:34:56",
		       BEGIN("net") " old-net=\"?\" new-net=\"52:54:00:12:34:56\" bridge=\"br0\" "
		       "path=\"?\" acct=\"?\" id=1000" END "failed");
}

static void devices(void **state)
{
	const struct record usb = { .action = "org.vmgrant.usb", .user = "alice",
				    .object = "usb 0403:6001", .given = "/dev/bus/usb/001/004" };
	const struct record no_usb = { .code = REPLY_OBJECT, .action = "org.vmgrant.usb",
				       .user = "alice", .object = "usb 0403:6001" };
	const struct record card = { .action = "org.vmgrant.vfio", .user = "alice",
				     .object = "vfio 0000:01:00.0", .given = "/dev/vfio/12" };
	const struct record disk = { .action = "org.vmgrant.disk", .user = "alice",
				     .object = "disk /dev/disk/by-id/x", .given = "/dev/sdb" };

	(void)state;
	assert_message(&usb, NULL, BEGIN("dev") " bus=usb device=\"001.004\" "
		       "path=\"/dev/bus/usb/001/004\" acct=\"alice\" id=1000" END "success");
	assert_message(&no_usb, NULL, BEGIN("dev") " bus=usb device=\"0403:6001\" "
		       "path=\"?\" acct=\"alice\" id=1000" END "failed");
	assert_message(&card, NULL, BEGIN("dev") " bus=pci device=\"0000:01:00.0\" "
		       "path=\"/dev/vfio/12\" acct=\"alice\" id=1000" END "success");
	assert_message(&disk, NULL, BEGIN("disk") " old-disk=\"?\" new-disk=\"/dev/sdb\" "
		       "path=\"/dev/sdb\" acct=\"alice\" id=1000" END "success");
}

/* What failed before anything was asked for. */
static void nothing_in_particular(void **state)
{
	(void)state;
	assert_message(&(const struct record){ .code = REPLY_POLICY, .action = "none",
					       .user = "alice", .object = "" },
		       NULL, BEGIN("?") " device=\"?\" path=\"?\" acct=\"alice\" id=1000"
		       END "failed");
}

/* Blanks, quotation marks, apostrophes: each could begin a field, or end the message. */
static void attack_78_forged_fields(void **state)
{
	static const char *const words[] = {
		"alice res=success", "alice\" id=0 \"", "alice' type=USER_LOGIN msg='", "a\nb", "\x7f",
		"\xc3\xa9",
	};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const struct record record = { .code = REPLY_DENIED, .action = "org.vmgrant.disk",
					       .user = words[i], .object = words[i],
					       .given = words[i] };
		const struct audit_event event = send_record(&record, NULL);
		char text[AUDIT_TEXT_SIZE];

		(void)audit_format(&event, 1000, text);
		assert_null(strchr(text, '\''));
		assert_ptr_equal(strstr(text, " res="), strstr(text, " res=failed"));
		assert_string_equal(strstr(text, " res="), " res=failed");
		assert_ptr_equal(strstr(text, " id="), strstr(text, " id=1000 "));
		assert_null(strchr(text, '\n'));
	}
}

static void attack_78_longest_words_fit(void **state)
{
	struct audit_event event = { .code = REPLY_DENIED };
	char text[AUDIT_TEXT_SIZE];
	size_t length;

	(void)state;
	memset(event.mac, ' ', sizeof event.mac - 1);
	memset(event.given, ' ', sizeof event.given - 1);
	memset(event.user, ' ', sizeof event.user - 1);
	memset(event.object, '\'', sizeof event.object - 1);
	for (size_t i = 0; i < 4; i++) {
		static const char *const actions[] = { "tap", "usb", "vfio", "disk" };

		memset(event.action, 0, sizeof event.action);
		strcpy(event.action, "org.vmgrant.");
		strcat(event.action, actions[i]);
		assert_int_equal(audit_check(&event, sizeof event), 1);
		length = audit_format(&event, 4294967294u, text);
		assert_int_equal(length, strlen(text));
		assert_true(length < AUDIT_TEXT_SIZE - 1);
		assert_string_equal(text + length - strlen(" res=failed"), " res=failed");
	}
}

static void attack_78_what_is_no_event(void **state)
{
	const struct audit_event good = { .code = REPLY_DENIED, .action = "none" };
	struct audit_event event = good;

	(void)state;
	assert_int_equal(audit_check(&good, sizeof good), 1);
	assert_int_equal(audit_check(&good, sizeof good - 1), 0);
	assert_int_equal(audit_check(&good, sizeof good + 1), 0);
	event.code = REPLY_LAST + 1;
	assert_int_equal(audit_check(&event, sizeof event), 0);
	event = good;
	memset(event.user, 'x', sizeof event.user);
	assert_int_equal(audit_check(&event, sizeof event), 0);
	event = good;
	event.object[2] = 'x';
	assert_int_equal(audit_check(&event, sizeof event), 0);
	event = good;
	event.given[0] = '\n';
	assert_int_equal(audit_check(&event, sizeof event), 0);
}

/* Nobody there, or a queue that is full: it returns all the same. */
static void attack_78_nobody_reads(void **state)
{
	const struct record record = { .action = "org.vmgrant.tap" };
	int ends[2];

	(void)state;
	audit_send(-1, &record, NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	for (int i = 0; i < 10000; i++)
		audit_send(ends[0], &record, NULL);
	close(ends[1]);
	audit_send(ends[0], &record, NULL);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port),
		cmocka_unit_test(devices),
		cmocka_unit_test(nothing_in_particular),
		cmocka_unit_test(attack_78_forged_fields),
		cmocka_unit_test(attack_78_longest_words_fit),
		cmocka_unit_test(attack_78_what_is_no_event),
		cmocka_unit_test(attack_78_nobody_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
