/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What goes into the kernel's audit log: AUDIT_VIRT_RESOURCE, in libvirt's words. */
#include "wire/record/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "wire/orders/order-fields.h"
#include "wire/orders/orders.h"

#define USB_NODES "/dev/bus/usb/"

/* ---- events ---- */

static void put(char *field, size_t size, const char *words)
{
	order_put_words(field, size, words != NULL ? words : "");
}

void audit_send(int audit_fd, const struct record *record, const char *mac)
{
	struct audit_event event = { .code = (uint32_t)record->code };

	if (audit_fd < 0)
		return;
	put(event.action, sizeof event.action, record->action);
	put(event.mac, sizeof event.mac, mac);
	put(event.given, sizeof event.given, record->given);
	put(event.user, sizeof event.user, record->user);
	put(event.object, sizeof event.object, record->object);
	(void)send(audit_fd, &event, sizeof event, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int audit_check(const struct audit_event *event, size_t length)
{
	return length == sizeof *event && event->code <= REPLY_LAST &&
	       order_is_text(event->action, sizeof event->action) &&
	       order_is_text(event->mac, sizeof event->mac) &&
	       order_is_text(event->given, sizeof event->given) &&
	       order_is_text(event->user, sizeof event->user) &&
	       order_is_text(event->object, sizeof event->object);
}

/* ---- the message ---- */

/* How libvirt names the resource that an action of polkit's gives (src/conf/domain_audit.c). */
enum form {
	FORM_NONE = 0,
	FORM_NET,
	FORM_USB,
	FORM_PCI,
	FORM_DISK,
};

static const struct {
	const char *action, *resource;
	enum form form;
} resources[] = {
	{ "org.vmgrant.tap", "net", FORM_NET },
	{ "org.vmgrant.usb", "dev", FORM_USB },
	{ "org.vmgrant.vfio", "dev", FORM_PCI },
	{ "org.vmgrant.disk", "disk", FORM_DISK },
};

struct message {
	char *text;
	size_t length;
};

static void append(struct message *message, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* AUDIT_TEXT_SIZE is enough for every event. */
static void append(struct message *message, const char *format, ...)
{
	const size_t room = AUDIT_TEXT_SIZE - message->length;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(message->text + message->length, room, format, arguments);
	va_end(arguments);
	if (length > 0)
		message->length += (size_t)length < room ? (size_t)length : room - 1;
}

/* The kernel puts the message between apostrophes: libaudit lets one pass, this does not. */
static int is_plain(const char *value)
{
	for (const char *byte = value; *byte != '\0'; byte++) {
		if (*byte <= ' ' || *byte > '~' || *byte == '"' || *byte == '\'')
			return 0;
	}
	return 1;
}

static void append_value(struct message *message, const char *name, const char *value)
{
	if (value[0] == '\0')
		value = "?";
	append(message, " %s=", name);
	if (is_plain(value)) {
		append(message, "\"%s\"", value);
		return;
	}
	for (const char *byte = value; *byte != '\0'; byte++)
		append(message, "%02X", (unsigned)(unsigned char)*byte);
}

/* Of "usb 0403:6001" the name: the word before says the kind, as resrc= does. */
static const char *name_of(const struct audit_event *event)
{
	const char *blank = strchr(event->object, ' ');

	return blank != NULL ? blank + 1 : event->object;
}

/* libvirt writes bus and device number, which the node's name has: "001.004". */
static void append_usb(struct message *message, const struct audit_event *event)
{
	const size_t length = strlen(USB_NODES);
	char place[AUDIT_WORDS_SIZE];

	if (strncmp(event->given, USB_NODES, length) != 0) {
		append_value(message, "device", name_of(event));
		return;
	}
	(void)snprintf(place, sizeof place, "%s", event->given + length);
	if (strchr(place, '/') != NULL)
		*strchr(place, '/') = '.';
	append_value(message, "device", place);
}

static void append_resource(struct message *message, enum form form,
			    const struct audit_event *event)
{
	switch (form) {
	case FORM_NET:
		append(message, " old-net=\"?\"");
		/* auvirt passes over what has neither an old nor a new one. */
		append_value(message, "new-net",
			     event->mac[0] != '\0' ? event->mac : name_of(event));
		append_value(message, "bridge", name_of(event));
		break;
	case FORM_USB:
		append(message, " bus=usb");
		append_usb(message, event);
		break;
	case FORM_PCI:
		append(message, " bus=pci");
		append_value(message, "device", name_of(event));
		break;
	case FORM_DISK:
		append(message, " old-disk=\"?\"");
		append_value(message, "new-disk",
			     event->given[0] != '\0' ? event->given : name_of(event));
		break;
	case FORM_NONE:
		append_value(message, "device", name_of(event));
		break;
	}
}

size_t audit_format(const struct audit_event *event, uid_t uid, char text_out[AUDIT_TEXT_SIZE])
{
	struct message message = { text_out, 0 };
	const char *resource = "?";
	enum form form = FORM_NONE;

	for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
		if (strcmp(event->action, resources[i].action) != 0)
			continue;
		resource = resources[i].resource;
		form = resources[i].form;
	}
	/* Which machine it is for nobody has said yet; libvirt writes "?" for what is not known. */
	append(&message, "virt=qemu resrc=%s reason=open vm=\"?\" uuid=?", resource);
	append_resource(&message, form, event);
	append_value(&message, "path", event->given);
	append_value(&message, "acct", event->user);
	append(&message, " id=%u exe=\"" VMGRANT_HELPER "\" hostname=? addr=? terminal=? res=%s",
	       (unsigned)uid, event->code == REPLY_GRANTED ? "success" : "failed");
	return message.length;
}
