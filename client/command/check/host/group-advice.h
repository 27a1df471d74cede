/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Whether somebody may be told to join a group.
 */
#ifndef VMGRANT_CLIENT_COMMAND_CHECK_HOST_GROUP_ADVICE_H
#define VMGRANT_CLIENT_COMMAND_CHECK_HOST_GROUP_ADVICE_H

struct group;

/* 1 if its members are root, or can become it: such a membership is no way to fix anything. */
int group_gives_power(const struct group *group);

/* The command that makes a user a member, to be freed. It counts from the next login. */
char *group_command(const struct group *group, const char *user);

#endif
