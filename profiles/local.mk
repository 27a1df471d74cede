# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# What confines vmgrant itself: SELinux's policy module, which is compiled for one policy and
# therefore by packages (packaging/vmgrant.spec).
EXTRA_DIST += profiles/selinux/vmgrant.te profiles/selinux/vmgrant.fc profiles/selinux/vmgrant.if
