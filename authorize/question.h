/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A question to polkit from standard input. Without privilege.
 */
#ifndef VMGRANT_AUTHORIZE_QUESTION_H
#define VMGRANT_AUTHORIZE_QUESTION_H

#include "wire/asker/asker.h"

/*
 * Read from fd until its end, or until more came than a question may have. Waits without
 * a limit. Returns 0, or -1 if what came is not exactly one question.
 */
int question_read(int fd, struct asker_question *question_out);

#endif
