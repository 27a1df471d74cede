/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A question to polkit from the command line. Without privilege; pure.
 */
#ifndef VMGRANT_AUTHORIZE_ARGUMENTS_H
#define VMGRANT_AUTHORIZE_ARGUMENTS_H

#include "wire/asker.h"

/* Returns 0, or -1 if the arguments are not a whole question and nothing else. */
int arguments_parse(int argc, char **argv, struct asker_question *question_out);

#endif
