# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# The command vmgrant. What needs no helper: the unit tests link these objects.
noinst_LIBRARIES += libcommand.a
libcommand_a_CPPFLAGS = $(AM_CPPFLAGS) $(JSON_CFLAGS) $(UDEV_CFLAGS)
libcommand_a_SOURCES = \
	client/command/acl-edit/file/file-diff.c \
	client/command/acl-edit/file/file-text.c \
	client/command/acl-edit/file/file-text.h \
	client/command/check/check.c \
	client/command/check/check.h \
	client/command/check/host/check-tun.c \
	client/command/check/netfilter/iptables-rules.c \
	client/command/check/netfilter/iptables-rules.h \
	client/command/common/interrupt.c \
	client/command/common/interrupt.h \
	client/command/common/json.c \
	client/command/common/json.h \
	client/command/machine/capture.c \
	client/command/machine/capture.h \
	client/command/machine/tree.c \
	client/command/machine/tree.h \
	client/command/options/option-words.c \
	client/command/options/option-words.h \
	client/command/options/pci-address.c \
	client/command/options/pci-address.h \
	client/command/qemu/launch.c \
	client/command/qemu/launch.h \
	client/command/qemu/qemu-chain.c \
	client/command/qemu/qemu-chain.h \
	client/command/qemu/qemu-line.c \
	client/command/qemu/qemu-line.h \
	client/command/qemu/qemu-machine.c \
	client/command/qemu/qemu-machine.h \
	client/command/qemu/qemu-option.c \
	client/command/qemu/qemu-option.h \
	client/command/qemu/qemu-program.c \
	client/command/qemu/qemu-program.h \
	client/confine/confine.h \
	client/confine/filter.c \
	client/confine/filter.h \
	client/confine/ids.c \
	client/confine/ids.h \
	client/confine/inside.c \
	client/confine/inside.h \
	client/confine/landlock.c \
	client/confine/landlock.h \
	client/confine/places.c \
	client/confine/root.c \
	client/confine/root.h \
	client/confine/run.c \
	client/qmp/device.c \
	client/qmp/device.h \
	client/qmp/disk.c \
	client/qmp/disk.h \
	client/qmp/message.c \
	client/qmp/net.c \
	client/qmp/net.h \
	client/qmp/qmp.c \
	client/qmp/qmp.h \
	client/qmp/usb.c \
	client/qmp/usb.h \
	client/qemu/chain.c \
	client/qemu/chain.h \
	client/qemu/chardev.c \
	client/qemu/config.c \
	client/qemu/drive.c \
	client/qemu/files.c \
	client/qemu/files.h \
	client/qemu/group.c \
	client/qemu/image.c \
	client/qemu/json.c \
	client/qemu/keys.c \
	client/qemu/needs.c \
	client/qemu/options.c \
	client/qemu/options.h \
	client/qemu/pairs.c \
	client/qemu/pairs.h \
	client/qemu/reading.c \
	client/qemu/reading.h \
	client/qemu/special.c \
	client/text/nearest.c \
	client/text/nearest.h \
	client/text/split.c \
	client/text/split.h \
	client/text/text.c \
	client/text/text.h

bin_PROGRAMS += vmgrant
vmgrant_SOURCES = \
	client/command/acl-edit/acl-edit.c \
	client/command/acl-edit/acl-edit.h \
	client/command/acl-edit/edit-outcome.c \
	client/command/acl-edit/edit-outcome.h \
	client/command/acl-edit/edit-plan.c \
	client/command/acl-edit/edit-plan.h \
	client/command/acl-edit/edited-policy.c \
	client/command/acl-edit/edited-policy.h \
	client/command/acl-edit/file/edited-file.c \
	client/command/acl-edit/file/edited-file.h \
	client/command/acl-edit/file/keep-attributes.c \
	client/command/acl-edit/file/keep-attributes.h \
	client/command/acl-edit/file/put-in-place.c \
	client/command/acl-edit/file/put-in-place.h \
	client/command/acl-edit/outcome-print.c \
	client/command/acl-edit/plan-refusals.c \
	client/command/acl-edit/plan-refusals.h \
	client/command/acl-edit/rule/rule-hint.c \
	client/command/acl-edit/rule/rule-hint.h \
	client/command/acl-edit/rule/rule-line.c \
	client/command/acl-edit/rule/rule-line.h \
	client/command/acl-edit/rule/rule-person.c \
	client/command/acl-edit/rule/rule-person.h \
	client/command/acl-edit/rule/same-rule.c \
	client/command/acl-edit/rule/same-rule.h \
	client/command/attach/attach-plug.c \
	client/command/attach/attach.c \
	client/command/attach/attach.h \
	client/command/attach/detach.c \
	client/command/attach/qmp-command.c \
	client/command/attach/qmp-command.h \
	client/command/bridge-helper/bridge-helper.c \
	client/command/check/acl/acl-mend.c \
	client/command/check/acl/acl-mend.h \
	client/command/check/acl/acl-names.c \
	client/command/check/acl/acl-names.h \
	client/command/check/acl/acl-never.c \
	client/command/check/acl/acl-never.h \
	client/command/check/acl/acl-report.c \
	client/command/check/acl/acl-report.h \
	client/command/check/acl/check-acl.c \
	client/command/check/acl/check-policy.c \
	client/command/check/beside/beside-connman.c \
	client/command/check/beside/beside-dhcpcd.c \
	client/command/check/beside/beside-lldpd.c \
	client/command/check/beside/beside-read.c \
	client/command/check/beside/beside.h \
	client/command/check/beside/check-beside.c \
	client/command/check/bridge/check-bridges.c \
	client/command/check/bridge/check-ports.c \
	client/command/check/check-command.c \
	client/command/check/check-print.c \
	client/command/check/check-probe.c \
	client/command/check/clients/check-boxes.c \
	client/command/check/clients/check-clients.c \
	client/command/check/clients/check-libvirt.c \
	client/command/check/host/check-apparmor.c \
	client/command/check/host/check-confine.c \
	client/command/check/host/check-host.c \
	client/command/check/host/check-install.c \
	client/command/check/host/check-polkit.c \
	client/command/check/host/check-process.c \
	client/command/check/host/group-advice.c \
	client/command/check/host/group-advice.h \
	client/command/check/netfilter/check-firewalld.c \
	client/command/check/netfilter/check-netfilter.c \
	client/command/check/netfilter/check-nftables.c \
	client/command/check/netfilter/netfilter.h \
	client/command/common/command.c \
	client/command/common/command.h \
	client/command/common/person.c \
	client/command/common/person.h \
	client/command/common/policy-error.c \
	client/command/common/policy-error.h \
	client/command/common/prompt.c \
	client/command/common/prompt.h \
	client/command/common/read-policy.c \
	client/command/common/read-policy.h \
	client/command/common/whole-path.c \
	client/command/common/whole-path.h \
	client/command/complete/complete.c \
	client/command/explain/explain-object.c \
	client/command/explain/explain-object.h \
	client/command/explain/explain.c \
	client/command/explain/explanation-json.c \
	client/command/explain/explanation-print.c \
	client/command/explain/explanation.c \
	client/command/explain/explanation.h \
	client/command/explain/rule-text.c \
	client/command/explain/rule-text.h \
	client/command/kind/kind.h \
	client/command/kind/kinds.c \
	client/command/list/list-device.c \
	client/command/list/list-device.h \
	client/command/list/list-ports.c \
	client/command/list/list.c \
	client/command/list/list.h \
	client/command/log/log-held.c \
	client/command/log/log-read.c \
	client/command/log/log.c \
	client/command/log/log.h \
	client/command/machine/bridges.c \
	client/command/machine/bridges.h \
	client/command/machine/device-name.c \
	client/command/machine/device-name.h \
	client/command/machine/port-vlans.c \
	client/command/machine/port-vlans.h \
	client/command/machine/ports.c \
	client/command/machine/ports.h \
	client/command/main.c \
	client/command/reattach/put-back.c \
	client/command/reattach/put-back.h \
	client/command/reattach/reattach.c \
	client/command/run/confine-chain.c \
	client/command/run/confine-chain.h \
	client/command/run/confine-files.c \
	client/command/run/confine-files.h \
	client/command/run/confine-sockets.c \
	client/command/run/confine-sockets.h \
	client/command/run/run-confine.c \
	client/command/run/run-confine.h \
	client/command/run/run-qemu.c \
	client/command/run/run.c \
	client/command/run/run.h \
	client/command/wrapper/emulator.c \
	client/command/wrapper/emulator.h \
	client/command/wrapper/wrapper-words.c \
	client/command/wrapper/wrapper-words.h \
	client/command/wrapper/wrapper.c \
	client/command/wrapper/wrapper.h
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
