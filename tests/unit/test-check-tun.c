/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: TUN and namespaces on made-up machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/check-fixture.h"

#define RESTRICTION "proc/sys/kernel/apparmor_restrict_unprivileged_userns"

static int begin(void **state)
{
	return begin_machine(state, (struct check){ .user = "alice", .name = "namespaces",
						    .helper = "/usr/libexec/helper" });
}

/* The one finding of check_namespaces(). */
static const struct finding *look(struct machine *machine)
{
	machine->check.probes = NULL;
	machine->check.probe_count = 0;
	check_release(&machine->check);
	machine->check.probes = &machine->probe;
	machine->check.probe_count = machine->probe.was_tried != 0;
	check_namespaces(&machine->check);
	assert_int_equal(machine->check.count, 1);
	return &machine->check.findings[0];
}

static const struct probe refused = { .was_tried = 1, .card = VMGRANT_INTERNAL };
static const struct probe sealed = { .was_tried = 1, .card = VMGRANT_GRANTED,
				     .port_flags = VMGRANT_PORT_SEALED };

static void a_restriction_by_apparmor_is_lifted_for_the_helper_alone(void **state)
{
	struct machine *machine = *state;
	const struct finding *found;

	run_shell(machine, "mkdir -p proc/sys/kernel && echo 1 >" RESTRICTION);
	/* Nobody was refused a card for it. */
	assert_int_equal(look(machine)->level, CHECK_INFO);
	machine->probe = refused;
	found = look(machine);
	assert_int_equal(found->level, CHECK_FAIL);
	assert_non_null(strstr(found->what, "AppArmor"));
	assert_int_equal(found->remedy, CHECK_COMMAND);
	assert_non_null(strstr(found->mend, "profile vmgrant-helper /usr/libexec/helper "
					    "flags=(unconfined)"));
	assert_non_null(strstr(found->mend, "apparmor_parser -r /etc/apparmor.d/vmgrant-helper"));
	assert_null(strstr(found->mend, "sysctl"));
	/* Whoever gets cards gets them, whatever the setting says. */
	machine->probe = sealed;
	assert_int_equal(look(machine)->level, CHECK_OK);
	/* A direct port needs no namespace: it shows nothing. */
	machine->probe.port_flags = 0;
	assert_int_equal(look(machine)->level, CHECK_INFO);
}

static void the_profile_that_is_printed_is_a_file_of_its_own(void **state)
{
	static const char before[] = "printf ", after[] = " | sudo tee";
	struct machine *machine = *state;
	char *text = NULL, *script, *command;
	const char *end_of_text;
	size_t size = 0;
	FILE *pipe;

	run_shell(machine, "mkdir -p proc/sys/kernel && echo 1 >" RESTRICTION);
	machine->probe = refused;
	command = look(machine)->mend;
	end_of_text = strstr(command, after);
	assert_int_equal(strncmp(command, before, sizeof before - 1), 0);
	assert_non_null(end_of_text);
	script = text_format("%.*s", (int)(end_of_text - command), command);
	pipe = popen(script, "re");
	assert_non_null(pipe);
	assert_true(getdelim(&text, &size, '\0', pipe) > 0);
	assert_int_equal(pclose(pipe), 0);
	assert_string_equal(text, "abi <abi/4.0>,\n"
				  "profile vmgrant-helper /usr/libexec/helper flags=(unconfined) {\n"
				  " userns,\n"
				  "}\n");
	free(text);
	free(script);
}

static void settings_that_forbid_namespaces_stay_as_they_are(void **state)
{
	static const char *const settings[] = { "user/max_user_namespaces",
						"kernel/unprivileged_userns_clone" };
	struct machine *machine = *state;

	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		char *script = text_format("rm -rf proc; mkdir -p proc/sys/user proc/sys/kernel && "
					   "echo 0 >proc/sys/%s", settings[i]);

		run_shell(machine, script);
		free(script);
		machine->probe = (struct probe){ .was_tried = 0 };
		assert_int_equal(look(machine)->level, CHECK_INFO);
		machine->probe = sealed;
		assert_int_equal(look(machine)->level, CHECK_OK);
		machine->probe = refused;
		assert_non_null(strstr(look(machine)->what, "forbidden"));
		assert_int_equal(look(machine)->remedy, CHECK_ADVICE);
	}
}

static void a_node_that_is_missing_is_made_where_the_driver_is_there(void **state)
{
	struct machine *machine = *state;

	check_tun(&machine->check);
	assert_string_equal(machine->check.findings[0].mend, "sudo modprobe tun");
	run_shell(machine, "mkdir -p sys/class/misc/tun");
	check_tun(&machine->check);
	assert_non_null(strstr(machine->check.findings[1].mend, "sudo mknod -m 666 /dev/net/tun"));
	run_shell(machine, "mkdir -p dev/net/tun");
	check_tun(&machine->check);
	assert_non_null(strstr(machine->check.findings[2].what, "not a device"));
	assert_non_null(strstr(machine->check.findings[2].mend, "sudo rm -r /dev/net/tun && "));
	assert_int_equal(check_worst(&machine->check), CHECK_FAIL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_restriction_by_apparmor_is_lifted_for_the_helper_alone),
		TEST(the_profile_that_is_printed_is_a_file_of_its_own),
		TEST(settings_that_forbid_namespaces_stay_as_they_are),
		TEST(a_node_that_is_missing_is_made_where_the_driver_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
