/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Only an answer of the right types reaches polkit's library, which believes them: version
 * 122 crashes or hangs on others. Without privilege.
 */
#ifndef VMGRANT_AUTHORIZE_ANSWER_SHAPE_H
#define VMGRANT_AUTHORIZE_ANSWER_SHAPE_H

#include <gio/gio.h>

/*
 * From here on an answer on this connection to a question of polkit's library that has
 * other types than polkit's answer is replaced by an error. Keeps no reference.
 */
void answer_shape_check(GDBusConnection *connection);

#endif
