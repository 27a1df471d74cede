/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: what the domains of this user's libvirt session ask for in vain. */
#include <stdlib.h>
#include <string.h>

#include "client/command/check/check.h"
#include "client/command/common/small-file.h"
#include "client/command/libvirt/read-domain.h"
#include "client/command/machine/libvirt-conf.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

#define END ".xml"

static char *join(const struct words *words)
{
	char *text = NULL;

	for (size_t i = 0; i < words->count; i++) {
		text_append(&text, ", ", i == 0 ? 0 : 2);
		text_append(&text, words->items[i], strlen(words->items[i]));
	}
	return text;
}

static void check_domain(struct check *check, const char *path, const char *name)
{
	struct domain_text domain = { 0 };
	char *xml = NULL, *list;

	/* What cannot be read asks for nothing that could be named. */
	if (small_file_read(path, DOMAIN_XML_BYTES_MAX, &xml) == 0)
		(void)read_domain(&domain, xml, NULL);
	if (domain.dropped.count > 0) {
		list = join(&domain.dropped);
		check_advise(
			check, CHECK_WARN,
			text_format(_("libvirt: domain %s: its <interface type='bridge'> has %s, "
				      "which libvirt's sessions take and ignore"),
				    name, list),
			text_format(
				_("take it out; several queues come by vmgrant libvirt, VLAN and "
				  "isolation from the rule")));
		free(list);
	}
	domain_text_release(&domain);
	free(xml);
}

void check_domains(struct check *check)
{
	char *folder = libvirt_conf_folder(), *domains = text_format("%s/qemu", folder);
	struct words names;

	tree_names(&names, check->root, "%s", domains);
	for (size_t i = 0; i < names.count; i++) {
		size_t length = strlen(names.items[i]);
		char *path, *name;

		if (length <= strlen(END) ||
		    strcmp(names.items[i] + length - strlen(END), END) != 0)
			continue;
		path = text_format("%s/%s", domains, names.items[i]);
		name = text_format("%.*s", (int)(length - strlen(END)), names.items[i]);
		check_domain(check, path, name);
		free(name);
		free(path);
	}
	words_release(&names);
	free(domains);
	free(folder);
}
