/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmgrant check: the ACL, and the bridges that it gives this user. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/bridges.h"
#include "client/command/common/capture.h"
#include "client/command/check/check.h"
#include "client/command/common/tree.h"
#include "client/library/vmgrant.h"

#define HELPER_TIMEOUT_MS 10000
#define EDIT_ACL "sudoedit " VMGRANT_ACL_FILE

/* ---- the ACL ---- */

/* Its words, without the name of the program before them. */
static const char *sentence_of(const char *line)
{
	static const char name[] = "vmgrant-helper: ";

	return strncmp(line, name, sizeof name - 1) == 0 ? line + sizeof name - 1 : line;
}

/* Line by line what --check-acl says: warnings, then that it is good or what is wrong. */
static void relay_acl(struct check *check, struct capture *capture)
{
	int is_good = capture->end == CAPTURE_EXITED && capture->status == 0;
	char *text = capture->text, *line;

	while ((line = capture_next_line(&text)) != NULL) {
		const char *sentence = sentence_of(line);

		if (strstr(sentence, ": warning: ") != NULL)
			check_add(check, CHECK_WARN, text_format("%s", sentence),
				  text_format(EDIT_ACL));
		else if (is_good)
			check_add(check, CHECK_OK, text_format("%s", sentence), NULL);
		else if (geteuid() != 0 && strstr(sentence, strerror(EACCES)) != NULL)
			check_add(check, CHECK_INFO,
				  text_format("%s: user %s may not read it: not judged here",
					      sentence, check->user),
				  text_format("sudo vmgrant check"));
		else
			check_add(check, CHECK_FAIL,
				  text_format("%s: everything is refused", sentence),
				  text_format(EDIT_ACL));
	}
}

void check_acl(struct check *check)
{
	char *const argv[] = { text_format("%s", check->helper), text_format("--check-acl"),
			       NULL };
	struct capture capture;

	if (access(VMGRANT_ACL_FILE, F_OK) < 0 && errno == ENOENT) {
		check_add(check, CHECK_FAIL,
			  text_format("%s: missing: everything is refused", VMGRANT_ACL_FILE),
			  text_format("sudo install -D -m 644 /dev/null %s", VMGRANT_ACL_FILE));
	} else if (access(check->helper, X_OK) == 0) {
		capture_run(argv, HELPER_TIMEOUT_MS, &capture);
		relay_acl(check, &capture);
	}
	free(argv[0]);
	free(argv[1]);
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
