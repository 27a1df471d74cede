# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# imports = [ ./packaging/nixos/module.nix ];
#
#     programs.vmgrant = {
#       enable = true;
#       acl = "allow bridge br0 group libvirtd quota=2";
#     };
#
# Without setuid there is the service: setuid = false, service = true. A wrapper with capabilities
# does as well: see vmgrant-helper(8) for which, and for the lock file that is the account's.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.programs.vmgrant;
in
{
  options.programs.vmgrant = {
    enable = lib.mkEnableOption "network cards and devices for virtual machines of ordinary users";

    package = lib.mkOption {
      type = lib.types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The package of vmgrant.";
    };

    acl = lib.mkOption {
      type = lib.types.lines;
      default = "";
      example = "allow bridge br0 user alice polkit=no";
      description = ''
        Who may have what: the lines of /etc/vmgrant/acl.conf, see vmgrant.acl(5). Whatever no line
        allows is denied.
      '';
    };

    setuid = lib.mkOption {
      type = lib.types.bool;
      default = true;
      description = "Whether to install the setuid wrapper vmgrant-helper.";
    };

    group = lib.mkOption {
      type = lib.types.str;
      default = "root";
      example = "kvm";
      description = "The group that may start the setuid wrapper; root: everybody may.";
    };

    service = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether vmgrant.socket listens, for programs in which setuid has no effect.";
    };

    devices = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether the service may open USB and PCI devices and disks, too.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];
    # Of root's, into the store: the helper follows such links.
    environment.etc."vmgrant/acl.conf".text = cfg.acl;

    security.polkit.enable = true;
    services.udev.packages = [ cfg.package ];

    users.users.vmgrant = {
      isSystemUser = true;
      group = "vmgrant";
      description = "vmgrant authorisation";
    };
    users.groups.vmgrant = { };

    security.wrappers = lib.mkIf cfg.setuid {
      vmgrant-helper = {
        setuid = true;
        owner = "root";
        inherit (cfg) group;
        permissions = if cfg.group == "root" then "u+rx,g+x,o+x" else "u+rx,g+x";
        source = "${cfg.package}/libexec/vmgrant/vmgrant-helper";
      };
    };

    systemd.packages = lib.mkIf cfg.service [ cfg.package ];
    systemd.tmpfiles.packages = lib.mkIf cfg.service [ cfg.package ];
    systemd.sockets.vmgrant = lib.mkIf cfg.service {
      wantedBy = [ "sockets.target" ];
    };
    environment.etc."systemd/system/vmgrant.service.d/devices.conf" =
      lib.mkIf (cfg.service && cfg.devices)
        {
          source = "${cfg.package}/share/doc/vmgrant/examples/devices.conf";
        };
  };
}
