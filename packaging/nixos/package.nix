# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# pkgs.callPackage ./package.nix { }, of this tree.
#
# helperPath: where programs find the helper. Nothing in the store is setuid, so by default
# that is the wrapper of module.nix.
{
  lib,
  stdenv,
  autoreconfHook,
  cmocka,
  gettext,
  json_c,
  libcap_ng,
  libnl,
  libseccomp,
  libxml2,
  pkg-config,
  polkit,
  python3,
  systemdLibs,
  udev,
  helperPath ? "/run/wrappers/bin/vmgrant-helper",
}:

stdenv.mkDerivation {
  pname = "vmgrant";
  version = "0.1.0";
  src = lib.cleanSource ../..;

  nativeBuildInputs = [
    autoreconfHook
    gettext
    pkg-config
    python3
  ];
  buildInputs = [
    json_c
    libcap_ng
    libnl
    libseccomp
    libxml2
    polkit
    systemdLibs
    udev
  ];
  checkInputs = [ cmocka ];

  configureFlags = [
    "--sysconfdir=/etc"
    "--localstatedir=/var"
    "--with-helper-mode=0755"
    "--without-python"
    "--with-kvm-mode=no"
    "--with-ifupdir=no"
    "--with-audit"
    "--without-apparmordir"
    "--with-pkttyagent=/run/current-system/sw/bin/pkttyagent"
    "--with-polkit-actiondir=${placeholder "out"}/share/polkit-1/actions"
    "--with-udevrulesdir=${placeholder "out"}/lib/udev/rules.d"
    "--with-sysusersdir=${placeholder "out"}/lib/sysusers.d"
    "--with-tmpfilesdir=${placeholder "out"}/lib/tmpfiles.d"
    "--with-systemdunitdir=${placeholder "out"}/lib/systemd/system"
    "--with-systemd-networkdir=${placeholder "out"}/lib/systemd/network"
    "--with-nm-dispatcherdir=${placeholder "out"}/lib/NetworkManager/dispatcher.d"
    "--with-networkmanager-confdir=${placeholder "out"}/lib/NetworkManager/conf.d"
  ];
  # The programs ask the wrapper; the unit starts the store's own.
  env.CPPFLAGS = "-UVMGRANT_HELPER -DVMGRANT_HELPER='\"${helperPath}\"'";

  doCheck = true;
  enableParallelBuilding = true;
  # The policy is the module's.
  installFlags = [ "sysconfdir=${placeholder "out"}/etc" ];

  meta = {
    description = "Network cards and devices for virtual machines of ordinary users";
    license = lib.licenses.lgpl21Plus;
    platforms = lib.platforms.linux;
    mainProgram = "vmgrant";
  };
}
