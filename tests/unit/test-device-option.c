/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The words of --usb and --vfio, and the options that QEMU gets for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "client/command/kind/usb/launch-usb.h"
#include "client/command/kind/vfio/launch-vfio.h"

static struct usb_option usb(const char *text)
{
	struct usb_option option;
	char why[256] = "";

	if (usb_option_parse(text, &option, why, sizeof why) < 0)
		fail_msg("%s: %s", text, why);
	return option;
}

static void usb_refused(const char *text, const char *reason)
{
	struct usb_option option;
	char why[256] = "";

	assert_int_equal(usb_option_parse(text, &option, why, sizeof why), -1);
	if (strstr(why, reason) == NULL)
		fail_msg("%s: %s", text, why);
}

static struct vfio_option vfio(const char *text)
{
	struct vfio_option option;
	char why[256] = "";

	if (vfio_option_parse(text, &option, why, sizeof why) < 0)
		fail_msg("%s: %s", text, why);
	return option;
}

static void vfio_refused(const char *text, const char *reason)
{
	struct vfio_option option;
	char why[256] = "";

	assert_int_equal(vfio_option_parse(text, &option, why, sizeof why), -1);
	if (strstr(why, reason) == NULL)
		fail_msg("%s: %s", text, why);
}

/* ---- --usb ---- */

static void a_usb_device_is_named_by_ids_port_or_number(void **state)
{
	struct usb_option option = usb("0951:16aF");
	struct vmgrant_usb_request request = usb_option_request(&option, 1u);

	(void)state;
	assert_int_equal(request.flags, VMGRANT_USB_IDS | 1u);
	assert_int_equal(request.vendor, 0x0951);
	assert_int_equal(request.product, 0x16af);
	assert_null(request.port);
	assert_null(request.serial);
	assert_int_equal(request.size, sizeof request);

	option = usb("1-1.4");
	request = usb_option_request(&option, 0);
	assert_int_equal(request.flags, 0);
	assert_string_equal(request.port, "1-1.4");
	assert_string_equal(usb("port=12-3").port, "12-3");
	assert_string_equal(usb("1-2.3.4.5.6.7").port, "1-2.3.4.5.6.7");

	option = usb("device=4,bus=1");
	request = usb_option_request(&option, 0);
	assert_int_equal(request.flags, VMGRANT_USB_NUMBER);
	assert_int_equal(request.bus, 1);
	assert_int_equal(request.device, 4);
	/* As lsusb prints them. */
	assert_int_equal(usb("bus=001,device=004").device, 4);
}

static void parts_of_a_name_are_combined(void **state)
{
	struct usb_option option = usb("0951:1666,port=1-1,bus=2,device=3,serial=A 1,b,=");
	struct vmgrant_usb_request request = usb_option_request(&option, 0);

	(void)state;
	assert_int_equal(request.flags, VMGRANT_USB_IDS | VMGRANT_USB_NUMBER);
	assert_string_equal(request.port, "1-1");
	assert_string_equal(request.serial, "A 1,b,=");
	assert_false(option.optional || option.follow);
	option = usb("optional,0951:1666,follow,serial=x,follow");
	assert_true(option.optional && option.follow);
	assert_string_equal(option.serial, "x,follow");
	usb_refused("optional", "VID:PID is missing");
}

/* ATTACKS 27 */
static void what_is_no_name_of_a_usb_device_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", ",", "0951", "0951:", "0951:166", "0951:16666", "951:1666", "0x951:1666",
		"0951-1666", "+951:1666", " 951:1666", "0951:1666 ", "0951:1666,", "zzzz:1666",
		"1", "1-", "-1", "1-1.", "1-1..2", "1-.1", "1.1-1", "01-1", "1-0", "1-01", "0-1",
		"1-1-1", "1-1000", "1000-1", "../1-1", "1-1/2", "usb1", "1-1:1.0", "port=",
		"port=1", "0951:1666,0951:1667", "1-1,1-2", "1-1,port=1-1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		usb_refused(wrong[i], "must be");
	usb_refused("bus=0,device=1", "1 to 999");
	usb_refused("bus=1,device=0", "1 to 999");
	usb_refused("bus=1,device=1000", "1 to 999");
	usb_refused("bus=1,device=-1", "1 to 999");
	usb_refused("bus=1,device=+1", "1 to 999");
	usb_refused("bus=1,device=0x1", "1 to 999");
	usb_refused("bus=1,device=18446744073709551617", "1 to 999");
	usb_refused("bus=1,bus=1,device=2", "one number");
	usb_refused("bus=1", "belong together");
	usb_refused("0951:1666,device=1", "belong together");
	usb_refused("serial=1", "VID:PID is missing");
	usb_refused("0951:1666,serial=", "1 to 127");
	usb_refused("1-1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1", "must be");
}

static void a_serial_number_is_never_cut(void **state)
{
	char text[512] = "0951:1666,serial=";

	(void)state;
	memset(text + strlen(text), 'x', 127);
	assert_int_equal(strlen(usb(text).serial), 127);
	text[strlen(text)] = 'x';
	usb_refused(text, "1 to 127");
}

/* ---- --vfio ---- */

static void a_pci_device_is_named_by_its_address(void **state)
{
	(void)state;
	assert_string_equal(vfio("0000:03:00.0").address, "0000:03:00.0");
	assert_string_equal(vfio("03:00.0").address, "0000:03:00.0");
	assert_string_equal(vfio("10000:E1:00.0").address, "10000:e1:00.0");
	assert_string_equal(vfio("fffffff:e1:00.0,memlock=1G").address, "fffffff:e1:00.0");
	assert_string_equal(vfio("ABCD:eF:1f.7").address, "abcd:ef:1f.7");
	assert_true(vfio("03:00.0").memlock_bytes == UINT64_MAX);
	assert_true(vfio("03:00.0,memlock=0").memlock_bytes == 0);
	assert_true(vfio("03:00.0,memlock=4096").memlock_bytes == 4096);
	assert_true(vfio("03:00.0,memlock=8G").memlock_bytes == 8ull << 30);
	assert_true(vfio("03:00.0,memlock=1T,bus=rp.1").memlock_bytes == 1ull << 40);
	assert_string_equal(vfio("03:00.0,bus=rp.1").bus, "rp.1");
	assert_int_equal(vfio("03:00.0,iommufd=off").iommufd_off, 1);
	assert_int_equal(vfio("03:00.0").iommufd_off, 0);
}

/* ATTACKS 27 */
static void what_is_no_address_is_refused(void **state)
{
	static const char *const wrong[] = {
		"", ",", "3:0.0", "03:00", "03:00.8", "03:20.0", "03:00.0 ", "03-00.0", "03:00:0",
		"0000:03:00.00", "00000:03:00.0", "010000:03:00.0", "12345678:03:00.0", "000:03:00.0", "0000-03:00.0", "g000:03:00.0",
		"0000:03:00.0/..", "../../03:00.0", "+3:00.0", "10de:1c82", "0000:0000:03:00.0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		vfio_refused(wrong[i], "must be an address");
	vfio_refused("03:00.0,", "not known");
	vfio_refused("03:00.0,memory=1G", "not known");
	vfio_refused("03:00.0,memlock", "not known");
	vfio_refused("03:00.0,memlock=", "one size");
	vfio_refused("03:00.0,memlock=G", "one size");
	vfio_refused("03:00.0,memlock=1g", "one size");
	vfio_refused("03:00.0,memlock=-1", "one size");
	vfio_refused("03:00.0,memlock=1GG", "one size");
	vfio_refused("03:00.0,memlock=18446744073709551615", "one size");
	vfio_refused("03:00.0,memlock=17179869184G", "one size");
	vfio_refused("03:00.0,memlock=1G,memlock=1G", "one size");
	vfio_refused("03:00.0,iommufd=on", "must be off");
	vfio_refused("03:00.0,iommufd=offf", "must be off");
	vfio_refused("03:00.0,iommufd=", "must be off");
	vfio_refused("03:00.0,iommufd=off,iommufd=off", "once");
	vfio_refused("03:00.0,bus=", "one name");
	vfio_refused("03:00.0,bus=a b", "one name");
	vfio_refused("03:00.0,bus=a,bus=a", "one name");
}

/* ---- what QEMU gets ---- */

static char *joined(struct words *words)
{
	char *line = NULL;

	text_append(&line, "", 0);
	for (size_t i = 0; i < words->count; i++) {
		text_append(&line, " ", i == 0 ? 0 : 1);
		text_append(&line, words->items[i], strlen(words->items[i]));
	}
	words_release(words);
	return line;
}

#define NO_ARGUMENTS ((char *[]){ NULL })
#define ARGUMENTS(...) ((char *[]){ __VA_ARGS__, NULL })

static struct launch_qemu qemu(const char *architecture, const char *machine, int version)
{
	return (struct launch_qemu){
		.is_qemu = 1,
		.version = version,
		.machine = qemu_machine_find(architecture, machine, QEMU_PCI_BY_MACHINE),
	};
}

static void usb_devices_get_a_controller_and_a_set_of_fds_each(void **state)
{
	struct usb_device devices[LAUNCH_USB_MAX] = { { .usb.fd = 5 }, { .usb.fd = 9 } };
	struct launch_qemu old = qemu("x86_64", "pc", 601), new = qemu("x86_64", "q35", 602);
	struct words words = { 0 };
	char *line;

	(void)state;
	launch_add_usb(devices, 0, NO_ARGUMENTS, &old, &words);
	assert_int_equal(words.count, 0);
	launch_add_usb(devices, 2, NO_ARGUMENTS, &old, &words);
	line = joined(&words);
	assert_string_equal(line,
		"-device qemu-xhci,id=vmgrant-xhci,addr=0x18 "
		"-add-fd fd=5,set=7600,opaque=vmgrant-vmgrant-usb0 "
		"-device usb-host,id=vmgrant-usb0,bus=vmgrant-xhci.0,hostdevice=/dev/fdset/7600 "
		"-add-fd fd=9,set=7601,opaque=vmgrant-vmgrant-usb1 "
		"-device usb-host,id=vmgrant-usb1,bus=vmgrant-xhci.0,hostdevice=/dev/fdset/7601");
	free(line);
	launch_add_usb(devices, 1, NO_ARGUMENTS, &new, &words);
	line = joined(&words);
	assert_string_equal(line,
		"-device {\"driver\":\"qemu-xhci\",\"id\":\"vmgrant-xhci\",\"addr\":\"0x18\"} "
		"-add-fd fd=5,set=7600,opaque=vmgrant-vmgrant-usb0 "
		"-device {\"driver\":\"usb-host\",\"id\":\"vmgrant-usb0\","
		"\"bus\":\"vmgrant-xhci.0\",\"hostdevice\":\"/dev/fdset/7600\"}");
	free(line);
	launch_add_usb(devices, LAUNCH_USB_MAX, NO_ARGUMENTS, &old, &words);
	assert_string_equal(words.items[1], "qemu-xhci,id=vmgrant-xhci,addr=0x17,p2=15,p3=15");
	words_release(&words);
}

static void names_and_numbers_of_the_person_are_left_alone(void **state)
{
	struct usb_device devices[1] = { { .usb.fd = 5 } };
	struct launch_qemu machine = qemu("x86_64", "pc", 0);
	struct words words = { 0 };
	char *line;

	(void)state;
	launch_add_usb(devices, 1,
		       ARGUMENTS("-device", "qemu-xhci,id=vmgrant-xhci", "-add-fd",
				 "fd=3,set=7600", "-device", "{\"id\":\"vmgrant-usb0\"}"),
		       &machine, &words);
	line = joined(&words);
	assert_string_equal(line,
		"-device qemu-xhci,id=vmgrant-xhci1,addr=0x18 "
		"-add-fd fd=5,set=7601,opaque=vmgrant-vmgrant-usb1 "
		"-device usb-host,id=vmgrant-usb1,bus=vmgrant-xhci1.0,hostdevice=/dev/fdset/7601");
	free(line);
}

static void a_usb_device_that_is_missing_is_left_out(void **state)
{
	struct usb_device devices[2] = { { .usb.fd = -1 }, { .usb.fd = 7 } };
	struct launch_qemu machine = qemu("x86_64", "microvm", 0);
	struct words words = { 0 };
	char *line;

	(void)state;
	launch_add_usb(devices, 1, NO_ARGUMENTS, &machine, &words);
	assert_int_equal(words.count, 0);
	/* One that may come later has a place. */
	devices[0].option.follow = 1;
	launch_add_usb(devices, 2, NO_ARGUMENTS, &machine, &words);
	line = joined(&words);
	assert_string_equal(line,
		"-machine usb=on -add-fd fd=7,set=7600,opaque=vmgrant-vmgrant-usb1 "
		"-device usb-host,id=vmgrant-usb1,bus=usb-bus.0,hostdevice=/dev/fdset/7600");
	free(line);
}

static void devices_that_a_machine_has_no_place_for_are_refused(void **state)
{
	struct qemu_machine machine = qemu_machine_find("x86_64", "isapc", QEMU_PCI_BY_MACHINE);

	(void)state;
	assert_string_equal(launch_usb_misfit(&machine),
			    "has no place for a USB controller: use another machine");
	machine = qemu_machine_find("x86_64", "microvm", QEMU_PCI_BY_MACHINE);
	assert_null(launch_usb_misfit(&machine));
	assert_string_equal(launch_vfio_misfit(&machine), "has no PCI bus: add pcie=on to -machine");
	machine = qemu_machine_find("x86_64", "microvm", QEMU_PCI_SWITCHED_ON);
	assert_null(launch_usb_misfit(&machine));
	assert_null(launch_vfio_misfit(&machine));
	machine = qemu_machine_find("s390x", "", QEMU_PCI_BY_MACHINE);
	assert_non_null(launch_usb_misfit(&machine));
	assert_null(launch_vfio_misfit(&machine));
}

static void pci_devices_share_an_iommufd_or_are_opened_by_path(void **state)
{
	struct vfio_device devices[3] = {
		{ .option = vfio("03:00.0"),
		  .vfio = { .flags = VMGRANT_NODE_IOMMUFD, .device_fd = 5, .iommu_fd = 6 } },
		{ .option = vfio("03:00.1,bus=rp1"),
		  .vfio = { .flags = VMGRANT_NODE_IOMMUFD, .device_fd = 7, .iommu_fd = 8 } },
		{ .option = vfio("0001:04:00.0,bus=rp2"),
		  .vfio = { .device_fd = 9, .iommu_fd = 10 } },
	};
	struct launch_qemu old = qemu("x86_64", "q35", 0), new = qemu("x86_64", "q35", 900);
	struct words words = { 0 };
	char *line;

	(void)state;
	launch_add_vfio(devices, 2, NO_ARGUMENTS, &new, &words);
	line = joined(&words);
	assert_string_equal(line,
		"-object iommufd,id=vmgrant-iommufd,fd=6 "
		"-device {\"driver\":\"vfio-pci\",\"id\":\"vmgrant-vfio0\","
		"\"iommufd\":\"vmgrant-iommufd\",\"fd\":\"5\",\"addr\":\"0x18\"} "
		"-device {\"driver\":\"vfio-pci\",\"id\":\"vmgrant-vfio1\","
		"\"iommufd\":\"vmgrant-iommufd\",\"fd\":\"7\",\"bus\":\"rp1\"}");
	free(line);
	launch_add_vfio(devices + 2, 1, NO_ARGUMENTS, &old, &words);
	line = joined(&words);
	assert_string_equal(line, "-device vfio-pci,id=vmgrant-vfio0,host=0001:04:00.0,bus=rp2");
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_usb_device_is_named_by_ids_port_or_number),
		cmocka_unit_test(parts_of_a_name_are_combined),
		cmocka_unit_test(what_is_no_name_of_a_usb_device_is_refused),
		cmocka_unit_test(a_serial_number_is_never_cut),
		cmocka_unit_test(a_pci_device_is_named_by_its_address),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(usb_devices_get_a_controller_and_a_set_of_fds_each),
		cmocka_unit_test(names_and_numbers_of_the_person_are_left_alone),
		cmocka_unit_test(a_usb_device_that_is_missing_is_left_out),
		cmocka_unit_test(devices_that_a_machine_has_no_place_for_are_refused),
		cmocka_unit_test(pci_devices_share_an_iommufd_or_are_opened_by_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
