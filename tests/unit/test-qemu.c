/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What is known about a QEMU from its name and its command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/command/kind/bridge/net-device.h"
#include "client/command/qemu/qemu-line.h"
#include "client/command/qemu/qemu-program.h"

#define ARGUMENTS(...) ((char *[]){ __VA_ARGS__, NULL })

static struct qemu_line line_of(char *const arguments[])
{
	struct qemu_line line;

	qemu_line_read(arguments, &line);
	return line;
}

/* The card that a machine gets, NULL for none. */
static const char *card_of(const char *architecture, char *const arguments[],
			   struct net_option *card)
{
	struct qemu_line line = line_of(arguments);
	struct qemu_machine machine = qemu_machine_find(architecture, line.machine, line.pci);

	*card = (struct net_option){ .queues = 1 };
	return net_device_choose_model(&machine, card) < 0 ? NULL : card->model;
}

static void the_machine_decides_on_the_card(void **state)
{
	static const struct {
		const char *architecture, *machine, *card;
	} rows[] = {
		{ "x86_64", "pc", "virtio-net-pci" },
		{ "x86_64", "pc-q35-7.2", "virtio-net-pci" },
		{ "x86_64", "microvm", "virtio-net-device" },
		{ "i386", "isapc", "ne2k_isa" },
		{ "aarch64", "virt-8.0", "virtio-net-pci" },
		{ "arm", "vexpress-a9", "virtio-net-device" },
		{ "riscv32", "virt", "virtio-net-pci" },
		{ "s390x", "s390-ccw-virtio-7.2", "virtio-net-ccw" },
		{ "m68k", "virt", "virtio-net-device" },
		{ "hppa", "hppa", "virtio-net-pci" },
		{ "aarch64", "sbsa-ref", "virtio-net-pci" },
		{ "arm", "versatilepb", "virtio-net-pci" },
		{ "arm", "realview-eb-mpcore", "virtio-net-pci" },
		{ "aarch64", "mcimx7d-sabre", "virtio-net-pci" },
		{ "xtensaeb", "virt", "virtio-net-pci" },
		{ "sh4", "r2d", "virtio-net-pci" },
		{ "alpha", "clipper", "virtio-net-pci" },
		{ "ppc64", "pseries-7.2", "virtio-net-pci" },
		{ "loongarch64", "virt", "virtio-net-pci" },
	};
	static const char *const without[][2] = {
		{ "aarch64", "raspi3b" },   { "arm", "ast2600-evb" }, { "arm", "realview-pb-a8" },
		{ "arm", "romulus-bmc" },   { "aarch64", "xlnx-zcu102" }, { "sh4eb", "shix" },
		{ "xtensa", "sim" },        { "riscv32", "opentitan" }, { "riscv64", "sifive_u" },
		{ "riscv64", "microchip-icicle-kit" }, { "sparc", "SS-5" }, { "avr", "uno" },
		{ "cris", "axis-dev88" },   { "nios2", "10m50-ghrd" }, { "rx", "gdbsim-r5f562n7" },
		{ "tricore", "tricore_testboard" }, { "m68k", "q800" }, { "or1k", "or1k-sim" },
		{ "microblazeel", "petalogix-s3adsp1800" },
	};
	struct net_option card;

	(void)state;
	for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
		assert_null(card_of(without[i][0],
				    ARGUMENTS("-M", (char *)(uintptr_t)without[i][1]), &card));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(card_of(rows[i].architecture,
					    ARGUMENTS("-M", (char *)(uintptr_t)rows[i].machine), &card),
				    rows[i].card);
	assert_string_equal(card_of("x86_64", ARGUMENTS("-m", "1G"), &card), "virtio-net-pci");
	assert_string_equal(card_of("s390x", ARGUMENTS("-m", "1G"), &card), "virtio-net-ccw");
	assert_null(card_of("x86_64", ARGUMENTS("-M", "none"), &card));
	assert_null(card_of("aarch64", ARGUMENTS("-M", "raspi3b"), &card));
	assert_null(card_of("riscv64", ARGUMENTS("-m", "1G"), &card));
}

static void the_short_name_of_a_card_means_the_machine_s(void **state)
{
	struct qemu_machine machine = qemu_machine_find("s390x", "", QEMU_PCI_BY_MACHINE);
	struct net_option option = { .model = "virtio-net", .queues = 4 };

	(void)state;
	assert_int_equal(net_device_choose_model(&machine, &option), 0);
	assert_string_equal(option.model, "virtio-net-ccw");
	assert_int_equal(net_option_vectors(&option), 0);
	machine = qemu_machine_find("x86_64", "q35", QEMU_PCI_BY_MACHINE);
	option = (struct net_option){ .model = "virtio-net", .queues = 4 };
	assert_int_equal(net_device_choose_model(&machine, &option), 0);
	assert_int_equal(net_option_vectors(&option), 10);
	option = (struct net_option){ .model = "e1000" };
	assert_int_equal(net_device_choose_model(&machine, &option), 0);
	assert_string_equal(option.model, "e1000");
}

static void machines_are_merged_as_qemu_does(void **state)
{
	struct qemu_line line;

	(void)state;
	line = line_of(ARGUMENTS("-machine", "type=q35,accel=kvm", "--machine", "usb=on"));
	assert_string_equal(line.machine, "q35");
	line = line_of(ARGUMENTS("-M", "pc", "-machine", "accel=tcg,type=microvm", "-m", "1G"));
	assert_string_equal(line.machine, "microvm");
	line = line_of(ARGUMENTS("-M", "microvm", "-machine", "pcie=on"));
	assert_int_equal(line.pci, QEMU_PCI_SWITCHED_ON);
	line = line_of(ARGUMENTS("-M", "microvm,pcie=on", "-machine", "pcie=off"));
	assert_int_equal(line.pci, QEMU_PCI_BY_MACHINE);
	/* What stands inside a word, or behind nothing, is no option. */
	line = line_of(ARGUMENTS("-append", "-machine isapc", "-machine"));
	assert_string_equal(line.machine, "");
}

static void a_guest_is_known_by_its_uuid_and_name(void **state)
{
	struct qemu_line line;

	(void)state;
	line = line_of(ARGUMENTS("-name", "guest=my,,guest,debug-threads=on", "-uuid",
				 "01234567-89AB-CDEF-0123-456789abcdef"));
	assert_string_equal(line.name, "my,guest");
	assert_string_equal(line.uuid, "0123456789abcdef0123456789abcdef");
	line = line_of(ARGUMENTS("-name", "a", "--name", "process=x,guest=b"));
	assert_string_equal(line.name, "b");
	line = line_of(ARGUMENTS("-name", "a,process=x"));
	assert_string_equal(line.name, "a");
	assert_string_equal(line.uuid, "");
}

static void slots_that_are_named_are_not_given_away(void **state)
{
	struct qemu_machine machine = qemu_machine_find("x86_64", "q35", QEMU_PCI_BY_MACHINE);
	struct qemu_line line = line_of(ARGUMENTS(
		"-device", "e1000,addr=18.0", "-device",
		"{\"driver\":\"e1000\",\"addr\":\"0x16\"}", "-device",
		"{\"driver\":\"e1000\",\"addr\":168}", "-netdev", "socket,id=x,localaddr=14",
		"-device", "{not json"));

	(void)state;
	assert_int_equal(qemu_line_take_slot(&line, &machine), 0x17);
	/* 168 is slot 0x15. */
	assert_int_equal(qemu_line_take_slot(&line, &machine), 0x14);
	for (unsigned slot = 0x13; slot >= 8; slot--)
		assert_int_equal(qemu_line_take_slot(&line, &machine), slot);
	/* Then it is QEMU's choice, as on a bus that is not known. */
	assert_int_equal(qemu_line_take_slot(&line, &machine), 0);
	machine = qemu_machine_find("hppa", "", QEMU_PCI_BY_MACHINE);
	line = line_of(ARGUMENTS("-m", "1G"));
	assert_int_equal(qemu_line_take_slot(&line, &machine), 0);
}

static void a_file_for_readconfig_counts(void **state)
{
	static const char text[] = "# comment\n\n[machine]\n  type = \"q35\"\n  accel = \"tcg\"\n"
				   "[device \"x\"]\n  driver = \"e1000\"\n  type = \"isapc\"\n"
				   "  addr = \"18.0\"\n[name]\n  guest = \"from a file\"\n";
	char path[] = "/tmp/test-qemu-XXXXXX";
	struct qemu_machine machine;
	struct qemu_line line;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	line = line_of(ARGUMENTS("-readconfig", path));
	assert_string_equal(line.machine, "q35");
	assert_string_equal(line.name, "from a file");
	assert_null(line.unread);
	machine = qemu_machine_find("x86_64", line.machine, line.pci);
	assert_int_equal(qemu_line_take_slot(&line, &machine), 0x17);
	/* The last one wins, as QEMU has it. */
	line = line_of(ARGUMENTS("-M", "isapc", "-readconfig", path));
	assert_string_equal(line.machine, "q35");
	line = line_of(ARGUMENTS("-readconfig", path, "-M", "isapc"));
	assert_string_equal(line.machine, "isapc");
	(void)unlink(path);
	line = line_of(ARGUMENTS("-readconfig", path, "-readconfig", "/dev/null"));
	assert_string_equal(line.unread, path);
	assert_int_equal(line.unread_error, ENOENT);
	/* Reading a pipe would take it away from QEMU, and might wait for ever. */
	assert_int_equal(mkfifo(path, 0600), 0);
	line = line_of(ARGUMENTS("-readconfig", path));
	assert_string_equal(line.unread, path);
	(void)unlink(path);
}

static void a_word_is_more_than_a_part_of_one(void **state)
{
	char *const arguments[] = { "id=vmgrant-net10", "a,b=x7600", NULL };

	(void)state;
	assert_false(qemu_line_has_word(arguments, "vmgrant-net1"));
	assert_true(qemu_line_has_word(arguments, "vmgrant-net10"));
	assert_false(qemu_line_has_word(arguments, "7600"));
	assert_false(qemu_line_has_word(arguments, "net10"));
}

static void qemu_is_known_by_its_names(void **state)
{
	static const char *const names[] = {
		"qemu-system-x86_64", "./qemu-system-riscv64", "/usr/bin/kvm",
		"/usr/libexec/qemu-kvm", "/nix/store/x/bin/.qemu-system-x86_64-wrapped",
		"qemu-system-x86_64-spice", "kvm-spice",
	};
	static const char *const others[] = {
		"qemu-img", "/opt/qemu-system-x86_64/run", "cloud-hypervisor", "qemu-x86_64",
		"kvm-ok", "kvmtool",
	};
	char folder[] = "/tmp/test-qemu-XXXXXX", link[64], text[32];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_true(qemu_program_is_qemu(names[i]));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(qemu_program_is_qemu(others[i]));
	/* A link of another name. */
	assert_non_null(mkdtemp(folder));
	(void)snprintf(link, sizeof link, "%s/qemu-system-s390x", folder);
	assert_int_equal(symlink("/bin/true", link), 0);
	assert_int_equal(setenv("PATH", folder, 1), 0);
	assert_true(qemu_program_is_qemu("qemu-system-s390x"));
	qemu_program_architecture("qemu-system-s390x", text, sizeof text);
	assert_string_equal(text, "s390x");
	(void)unlink(link);
	(void)rmdir(folder);
	qemu_program_architecture("/x/.qemu-system-aarch64-wrapped", text, sizeof text);
	assert_string_equal(text, "aarch64");
	qemu_program_architecture("/x/my-vm", text, sizeof text);
	assert_true(text[0] != '\0');
}

static void versions_are_read_from_what_qemu_prints(void **state)
{
	(void)state;
	assert_int_equal(qemu_program_parse_version("QEMU emulator version 7.2.22 (Debian 1:7)\n"),
			 702);
	assert_int_equal(qemu_program_parse_version("warning: x\nQEMU emulator version 11.0.0\n"),
			 1100);
	assert_int_equal(qemu_program_parse_version("QEMU emulator version 6.1.90"), 601);
	assert_int_equal(qemu_program_parse_version("QEMU emulator version unknown"), 0);
	assert_int_equal(qemu_program_parse_version("env (GNU coreutils) 9.1"), 0);
	assert_int_equal(qemu_program_parse_version(""), 0);
	/* What is not a QEMU by its name is not started. */
	assert_int_equal(qemu_program_version("/bin/false"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_machine_decides_on_the_card),
		cmocka_unit_test(the_short_name_of_a_card_means_the_machine_s),
		cmocka_unit_test(machines_are_merged_as_qemu_does),
		cmocka_unit_test(a_guest_is_known_by_its_uuid_and_name),
		cmocka_unit_test(slots_that_are_named_are_not_given_away),
		cmocka_unit_test(a_file_for_readconfig_counts),
		cmocka_unit_test(a_word_is_more_than_a_part_of_one),
		cmocka_unit_test(qemu_is_known_by_its_names),
		cmocka_unit_test(versions_are_read_from_what_qemu_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
