# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The command vmgrant. What needs no helper: the unit tests link these objects.
noinst_LIBRARIES += libcommand.a
libcommand_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS) $(UDEV_CFLAGS)
libcommand_a_SOURCES = \
	client/command/attach/follow-device.c \
	client/command/attach/follow-device.h \
	client/command/check/check-tun.c \
	client/command/check/check-vfio.c \
	client/command/check/check.c \
	client/command/check/check.h \
	client/command/check/iptables-rules.c \
	client/command/check/iptables-rules.h \
	client/command/common/capture.c \
	client/command/common/capture.h \
	client/command/common/disk-option.c \
	client/command/common/disk-option.h \
	client/command/common/interrupt.c \
	client/command/common/interrupt.h \
	client/command/common/net-option.c \
	client/command/common/net-option.h \
	client/command/common/nearest.c \
	client/command/common/nearest.h \
	client/command/common/option-words.c \
	client/command/common/option-words.h \
	client/command/common/pci-address.c \
	client/command/common/pci-address.h \
	client/command/common/qemu-machine.c \
	client/command/common/qemu-machine.h \
	client/command/common/qemu-option.c \
	client/command/common/qemu-option.h \
	client/command/common/text.c \
	client/command/common/text.h \
	client/command/common/tree.c \
	client/command/common/tree.h \
	client/command/common/usb-option.c \
	client/command/common/usb-option.h \
	client/command/common/usb-present.c \
	client/command/common/usb-present.h \
	client/command/common/vfio-option.c \
	client/command/common/vfio-option.h \
	client/command/run/launch-device.c \
	client/command/run/launch-device.h \
	client/command/run/launch.c \
	client/command/run/launch.h \
	client/command/run/qemu-line.c \
	client/command/run/qemu-line.h \
	client/command/run/qemu-program.c \
	client/command/run/qemu-program.h \
	client/command/run/open-broker.c \
	client/command/run/open-broker.h \
	client/command/run/open-filter.c \
	client/command/run/open-filter.h \
	client/qmp/device.c \
	client/qmp/disk.c \
	client/qmp/disk.h \
	client/qmp/device.h \
	client/qmp/message.c \
	client/qmp/net.c \
	client/qmp/net.h \
	client/qmp/qmp.c \
	client/qmp/qmp.h \
	client/qmp/usb.c \
	client/qmp/usb.h

bin_PROGRAMS += vmgrant
vmgrant_SOURCES = \
	client/command/attach/attach-plug.c \
	client/command/attach/attach.c \
	client/command/attach/attach.h \
	client/command/attach/detach.c \
	client/command/attach/follow.c \
	client/command/attach/follow.h \
	client/command/attach/qmp-command.c \
	client/command/attach/qmp-command.h \
	client/command/bridge-helper/bridge-helper.c \
	client/command/check/acl-mend.c \
	client/command/check/acl-mend.h \
	client/command/check/acl-never.c \
	client/command/check/acl-never.h \
	client/command/check/acl-report.c \
	client/command/check/acl-report.h \
	client/command/check/check-acl.c \
	client/command/check/beside-connman.c \
	client/command/check/beside-dhcpcd.c \
	client/command/check/beside-lldpd.c \
	client/command/check/beside-read.c \
	client/command/check/beside.h \
	client/command/check/check-apparmor.c \
	client/command/check/check-beside.c \
	client/command/check/check-bridges.c \
	client/command/check/check-clients.c \
	client/command/check/check-command.c \
	client/command/check/check-disk.c \
	client/command/check/check-firewalld.c \
	client/command/check/check-host.c \
	client/command/check/check-install.c \
	client/command/check/check-boxes.c \
	client/command/check/check-libvirt.c \
	client/command/check/check-netfilter.c \
	client/command/check/check-nftables.c \
	client/command/check/netfilter.h \
	client/command/check/check-policy.c \
	client/command/check/check-polkit.c \
	client/command/check/check-ports.c \
	client/command/check/check-print.c \
	client/command/check/check-probe.c \
	client/command/check/check-process.c \
	client/command/check/group-advice.c \
	client/command/check/group-advice.h \
	client/command/common/ask-device.c \
	client/command/common/ask-device.h \
	client/command/common/ask-disk.c \
	client/command/common/ask-disk.h \
	client/command/common/bridges.c \
	client/command/common/bridges.h \
	client/command/common/card.c \
	client/command/common/card.h \
	client/command/common/command.c \
	client/command/common/command.h \
	client/command/common/device-name.c \
	client/command/common/device-name.h \
	client/command/common/person.c \
	client/command/common/person.h \
	client/command/common/port-vlans.c \
	client/command/common/port-vlans.h \
	client/command/common/ports.c \
	client/command/common/ports.h \
	client/command/common/read-policy.c \
	client/command/common/read-policy.h \
	client/command/explain/explain-disk.c \
	client/command/explain/explain-disk.h \
	client/command/explain/explain-object.c \
	client/command/explain/explain-object.h \
	client/command/explain/explain.c \
	client/command/explain/explanation-json.c \
	client/command/explain/explanation-print.c \
	client/command/explain/explanation.c \
	client/command/explain/explanation.h \
	client/command/explain/rule-text.c \
	client/command/explain/rule-text.h \
	client/command/list/list-bridges.c \
	client/command/list/list-devices.c \
	client/command/list/list-disks.c \
	client/command/list/list-ports.c \
	client/command/list/list.c \
	client/command/list/list.h \
	client/command/main.c \
	client/command/reattach/put-back.c \
	client/command/reattach/put-back.h \
	client/command/reattach/reattach.c \
	client/command/run/run-card.c \
	client/command/run/run-device.c \
	client/command/run/run-device.h \
	client/command/run/run-disk.c \
	client/command/run/run-disk.h \
	client/command/run/run-follow.c \
	client/command/run/run-follow.h \
	client/command/run/run-qemu.c \
	client/command/run/run.c \
	client/command/run/run.h
vmgrant_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS) $(UDEV_CFLAGS) $(NL_CFLAGS) $(NLROUTE_CFLAGS)
# The judge without the helper: what these read, they read with their own rights. Of the helper
# only what knows ports: what made a port looks at it and makes it again.
vmgrant_LDADD = libcommand.a libvmgrant.la libjudge.a libhelper.a libwire.la $(JSON_LIBS) \
	$(UDEV_LIBS) $(NLROUTE_LIBS) $(NL_LIBS)

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = completions/vmgrant
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = completions/_vmgrant
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_fishcompletion_DATA = completions/vmgrant.fish
