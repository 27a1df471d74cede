/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmgrant check: the ACL, and the bridges that it gives this user. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/check/acl-report.h"
#include "client/command/check/check.h"
#include "client/command/common/bridges.h"
#include "client/command/common/tree.h"
#include "client/library/vmgrant.h"

#define EDIT_ACL "sudoedit " VMGRANT_ACL_FILE

/* ---- the ACL ---- */

static void add_error(struct check *check, const struct acl_report *report)
{
	if (report->is_closed)
		check_add(check, CHECK_INFO,
			  text_format("%s: user %s may not read it: not judged here",
				      report->error, check->user),
			  text_format("sudo vmgrant check"));
	else
		check_add(check, CHECK_FAIL,
			  text_format("%s: everything is refused", report->error),
			  text_format(EDIT_ACL));
}

void check_acl(struct check *check)
{
	struct acl_report report;

	if (access(VMGRANT_ACL_FILE, F_OK) < 0 && errno == ENOENT) {
		check_add(check, CHECK_FAIL,
			  text_format("%s: missing: everything is refused", VMGRANT_ACL_FILE),
			  text_format("sudo install -D -m 644 /dev/null %s", VMGRANT_ACL_FILE));
		return;
	}
	acl_report_make(&report, NULL);
	for (size_t i = 0; i < report.warnings.count; i++)
		check_add(check, CHECK_WARN, text_format("%s", report.warnings.items[i]),
			  text_format(EDIT_ACL));
	if (report.error != NULL)
		add_error(check, &report);
	else
		check_add(check, CHECK_OK, acl_report_summary(&report, VMGRANT_ACL_FILE), NULL);
	acl_report_release(&report);
}

/* ---- the bridges ---- */

/* Flags of the interface: bit 0 is IFF_UP. */
static void check_link(struct check *check, const char *bridge)
{
	long flags = tree_number(check->root, "/sys/class/net/%s/flags", bridge);
	char *quoted = text_shell_quote(bridge);
	struct words ports;

	tree_names(&ports, check->root, "/sys/class/net/%s/brif", bridge);
	if (flags >= 0 && (flags & 1) == 0)
		check_add(check, CHECK_WARN,
			  text_format("bridge %s: it is down: no frame passes", bridge),
			  text_format("sudo ip link set %s up", quoted));
	else if (ports.count == 0)
		check_add(check, CHECK_INFO,
			  text_format("bridge %s: it has no port: guests there reach this machine "
				      "and each other only", bridge), NULL);
	words_release(&ports);
	free(quoted);
}

static void add_offer(struct check *check, const char *bridge, const struct vmgrant_offer *offer)
{
	int asks = (offer->flags & VMGRANT_PORT_POLKIT) != 0;

	check->needs_polkit |= asks;
	check_add(check, CHECK_OK,
		  text_format("bridge %s: allowed for user %s%s", bridge, check->user,
			      asks ? ", if polkit agrees" : ""), NULL);
	check_link(check, bridge);
	if (offer->quota != 0 && offer->quota_used >= offer->quota)
		check_add(check, CHECK_WARN,
			  text_format("bridge %s: user %s has all of the %u cards that the rule "
				      "gives", bridge, check->user, offer->quota),
			  text_format("end a guest, or ask the administrator for quota="));
}

/* Returns 0 to go on, or -1 if every bridge would get that answer. */
static int ask(struct check *check, struct vmgrant_connection *connection, const char *bridge,
	       size_t *allowed)
{
	struct vmgrant_offer offer = { .size = sizeof offer };
	enum vmgrant_code code = vmgrant_offer(connection, bridge, &offer);

	if (code == VMGRANT_GRANTED) {
		(*allowed)++;
		add_offer(check, bridge, &offer);
		return 0;
	}
	if (code == VMGRANT_DENIED || code == VMGRANT_OBJECT || code == VMGRANT_UNSUPPORTED) {
		check_add(check, CHECK_INFO, text_format("%s", vmgrant_error(connection)), NULL);
		return 0;
	}
	check_add(check, CHECK_FAIL, text_format("%s", vmgrant_error(connection)), NULL);
	return -1;
}

static void ask_for_all(struct check *check, const struct words *bridges)
{
	struct vmgrant_connection *connection = vmgrant_connect(check->helper);
	size_t allowed = 0;
	int result = connection == NULL ? -1 : 0;
	char *rule = text_format("allow bridge %s user %s", bridges->items[0], check->user);
	char *quoted = text_shell_quote(rule);

	for (size_t i = 0; result == 0 && i < bridges->count; i++)
		result = ask(check, connection, bridges->items[i], &allowed);
	vmgrant_close(connection);
	if (result == 0 && allowed == 0)
		check_add(check, CHECK_WARN,
			  text_format("no bridge is allowed for user %s", check->user),
			  text_format("echo %s | sudo tee -a %s", quoted, VMGRANT_ACL_FILE));
	free(quoted);
	free(rule);
}

void check_bridges(struct check *check)
{
	struct words bridges;

	if (bridges_find(&bridges) < 0 || bridges.count == 0)
		check_add(check, CHECK_WARN, text_format("there is no bridge on this machine"),
			  text_format("sudo ip link add br0 type bridge && sudo ip link set br0 up"));
	else if (!check->is_hopeless)
		ask_for_all(check, &bridges);
	words_release(&bridges);
}
