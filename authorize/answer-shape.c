/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Only an answer of the right types reaches polkit's library. Without privilege. */
#include "authorize/answer-shape.h"

#include <string.h>

/* What is asked once polkit is known, and the types of the answer to each. */
static const struct shape {
	const char *member, *signature;
} shapes[] = {
	{ "CheckAuthorization", "(bba{ss})" },
	{ "EnumerateActions", "a(ssssssuuua{ss})" },
};

/*
 * The questions under way: the number of the last message that asked each. The connection's
 * worker runs the filter for both directions, so that nobody else touches it.
 */
struct pending {
	guint32 serials[sizeof shapes / sizeof *shapes];
};

static void remember_question(struct pending *pending, GDBusMessage *message)
{
	const char *member = g_dbus_message_get_member(message);

	for (size_t i = 0; member != NULL && i < sizeof shapes / sizeof *shapes; i++) {
		if (strcmp(member, shapes[i].member) == 0)
			pending->serials[i] = g_dbus_message_get_serial(message);
	}
}

static int has_shape(const struct pending *pending, GDBusMessage *message)
{
	const char *signature = g_dbus_message_get_signature(message);
	const guint32 answered = g_dbus_message_get_reply_serial(message);

	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		if (pending->serials[i] == 0 || pending->serials[i] != answered)
			continue;
		return signature != NULL && strcmp(signature, shapes[i].signature) == 0;
	}
	return 1;
}

/* In the place of an answer, to the same question. */
static GDBusMessage *make_error(GDBusMessage *answer)
{
	GDBusMessage *error = g_dbus_message_new();

	g_dbus_message_set_message_type(error, G_DBUS_MESSAGE_TYPE_ERROR);
	g_dbus_message_set_flags(error, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
	g_dbus_message_set_serial(error, g_dbus_message_get_serial(answer));
	g_dbus_message_set_reply_serial(error, g_dbus_message_get_reply_serial(answer));
	g_dbus_message_set_sender(error, g_dbus_message_get_sender(answer));
	g_dbus_message_set_error_name(error, "org.freedesktop.DBus.Error.InconsistentMessage");
	g_dbus_message_set_body(error, g_variant_new("(s)", "malformed answer"));
	return error;
}

static GDBusMessage *filter(GDBusConnection *connection, GDBusMessage *message, gboolean incoming,
			    gpointer data)
{
	struct pending *pending = data;
	GDBusMessage *error;

	(void)connection;
	if (!incoming) {
		remember_question(pending, message);
		return message;
	}
	if (g_dbus_message_get_message_type(message) != G_DBUS_MESSAGE_TYPE_METHOD_RETURN ||
	    has_shape(pending, message))
		return message;
	error = make_error(message);
	g_object_unref(message);
	return error;
}

void answer_shape_check(GDBusConnection *connection)
{
	(void)g_dbus_connection_add_filter(connection, filter, g_new0(struct pending, 1), g_free);
}
