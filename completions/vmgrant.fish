# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
# fish completion for vmgrant

function __vmgrant_bridges
    for folder in /sys/class/net/*/bridge
        string replace -r '.*/([^/]+)/bridge$' '$1' -- $folder
    end
end

# What the program itself says of the kinds of things.
function __vmgrant_kinds
    set -l words (commandline -opc)
    $words[1] complete $words[2] 2>/dev/null
end

# The words of an option of theirs, which is the word before this one or begins it.
function __vmgrant_object
    set -l words (commandline -opc)
    set -l option $words[-1]
    set -l word (commandline -ct)
    if string match -qr '^--[a-z]+=' -- $word
        set option (string replace -r '=.*' '' -- $word)
        set word (string replace -r '^--[a-z]+=' '' -- $word)
    end
    $words[1] complete $words[2] $option "$word" 2>/dev/null
end

# Behind -- another program's words begin.
function __vmgrant_behind_dashes
    contains -- -- (commandline -opc)
end

function __vmgrant_in
    __fish_seen_subcommand_from $argv; and not __vmgrant_behind_dashes
end

function __vmgrant_program
    set -l words (commandline -opc) (commandline -ct)
    set -l first (math (contains -i -- -- $words) + 1)
    complete -C (string join ' ' -- $words[$first..-1])
end

complete -c vmgrant -f
complete -c vmgrant -n __fish_use_subcommand -a run -d 'start a program with network cards and devices'
complete -c vmgrant -n __fish_use_subcommand -a attach -d 'plug into a running QEMU'
complete -c vmgrant -n __fish_use_subcommand -a detach -d 'take away again'
complete -c vmgrant -n __fish_use_subcommand -a libvirt -d 'let a domain of libvirt use vmgrant'
complete -c vmgrant -n __fish_use_subcommand -a tap -d 'make a TAP that stays'
complete -c vmgrant -n __fish_use_subcommand -a list -d 'say what you may have'
complete -c vmgrant -n __fish_use_subcommand -a check -d 'say what is wrong'
complete -c vmgrant -n __fish_use_subcommand -a setup -d 'make this machine ready for guests'
complete -c vmgrant -n __fish_use_subcommand -a allow -d 'let people have something'
complete -c vmgrant -n __fish_use_subcommand -a deny -d 'forbid people something'
complete -c vmgrant -n __fish_use_subcommand -a check-acl -d 'say what is wrong in a policy file'
complete -c vmgrant -n __fish_use_subcommand -a explain -d 'say which rule decides'
complete -c vmgrant -n __fish_use_subcommand -a reattach -d 'put cards back on their bridges'
complete -c vmgrant -n __fish_use_subcommand -a log -d 'say who was given what'
complete -c vmgrant -n __fish_use_subcommand -a bridge-helper -d 'stand in for qemu-bridge-helper'
complete -c vmgrant -n __fish_use_subcommand -a help -d 'say more about a command'
complete -c vmgrant -n '__vmgrant_in help' -a 'run attach detach libvirt tap list check setup allow deny check-acl explain reattach log bridge-helper'
complete -c vmgrant -n __fish_use_subcommand -s V -l version -d 'print the version'
complete -c vmgrant -n 'not __vmgrant_behind_dashes' -l help -d 'print a text'
for command in run attach libvirt check
    for kind in (vmgrant complete $command 2>/dev/null)
        set -l parts (string split \t -- $kind)
        complete -c vmgrant -n "__vmgrant_in $command" -l (string sub -s 3 -- $parts[1]) -x \
            -a '(__vmgrant_object)' -d $parts[2]
    end
end
complete -c vmgrant -n '__vmgrant_in attach' -l follow -d 'plug it in again when it comes back'
complete -c vmgrant -n '__vmgrant_in check' -l confine -d 'what this machine gives to run --confine'
complete -c vmgrant -n '__vmgrant_in run libvirt' -l confine -d 'shut the program in'
complete -c vmgrant -n '__vmgrant_in run libvirt' -l display -x -a 'none vnc-unix spice-unix' -d 'where a confined QEMU is seen'
complete -c vmgrant -n '__vmgrant_in run libvirt' -l confine=best -d 'go on without what cannot be had'
complete -c vmgrant -n '__vmgrant_in run libvirt' -l confine=memory= -d 'at most so much memory'
complete -c vmgrant -n '__vmgrant_in run libvirt' -l confine=tasks= -d 'at most so many processes and threads'
complete -c vmgrant -n '__vmgrant_in run libvirt' -l confine=net-host -d 'with the network of the host'
complete -c vmgrant -n '__vmgrant_in run libvirt' -l confine=same-user -d 'without a user of its own'
complete -c vmgrant -n '__vmgrant_in run libvirt' -l file -r -F -d 'what it may use besides'
complete -c vmgrant -n '__vmgrant_in run' -l qemu -d 'the program is QEMU, whatever its name'
complete -c vmgrant -n '__vmgrant_in run' -l dry-run -d 'print the command line'
complete -c vmgrant -n '__vmgrant_in reattach' -l dry-run -d 'say what would be done'
complete -c vmgrant -n '__vmgrant_in reattach' -l quiet -d 'only what failed'
complete -c vmgrant -n '__vmgrant_in reattach' -a '(__vmgrant_bridges)'
complete -c vmgrant -n '__vmgrant_in run attach libvirt tap' -l prompt -d 'let polkit ask for a password'
complete -c vmgrant -n '__vmgrant_in run attach libvirt tap' -l no-prompt -d 'never let polkit ask'
complete -c vmgrant -n '__vmgrant_in attach detach' -l qmp -r -F -d 'socket of the running QEMU'
complete -c vmgrant -n '__vmgrant_in attach detach' -l libvirt -x -d 'domain of libvirt'
complete -c vmgrant -n '__vmgrant_in tap' -l remove -x -a '(vmgrant tap 2>/dev/null | string match -rg "^(veth\S+)")' -d 'let one go'
complete -c vmgrant -n '__vmgrant_in tap' -a '(__vmgrant_bridges)'
complete -c vmgrant -n '__vmgrant_in libvirt' -l remove -d 'take it back'
complete -c vmgrant -n '__vmgrant_in libvirt' -x -a '(virsh -q -c qemu:///session list --all --name 2>/dev/null)'
complete -c vmgrant -n '__vmgrant_in attach' -l id -x -d 'of the card in QEMU'
complete -c vmgrant -n '__vmgrant_in detach' -l timeout -x -d 'how long the guest may take'
complete -c vmgrant -n '__vmgrant_in list attach libvirt tap check reattach setup allow deny explain log' -l json -d 'for programs'
complete -c vmgrant -n '__vmgrant_in run attach libvirt tap list check' -l helper -r -F -d 'another vmgrant-helper'
complete -c vmgrant -n '__vmgrant_in run attach libvirt tap list' -l door -x -a 'auto setuid socket' -d 'which way to a helper'
complete -c vmgrant -n '__vmgrant_in bridge-helper' -l use-vnet -d 'with the virtio-net header'
complete -c vmgrant -n '__vmgrant_in bridge-helper' -l mac -x -d 'the address of the card'
complete -c vmgrant -n '__vmgrant_in bridge-helper' -l br -x -a '(__vmgrant_bridges)' -d 'the bridge to join'
complete -c vmgrant -n '__vmgrant_in bridge-helper' -l fd -x -d 'the socket for the answer'
complete -c vmgrant -n '__vmgrant_in check' -s q -l quiet -d 'only what is wrong'
complete -c vmgrant -n '__vmgrant_in check-acl' -F
complete -c vmgrant -n '__vmgrant_in setup' -l group -x -a '(__fish_complete_groups)' -d 'for the members of this group'
complete -c vmgrant -n '__vmgrant_in setup' -l bridge -x -a '(__vmgrant_bridges)' -d 'by this bridge'
complete -c vmgrant -n '__vmgrant_in setup' -l uplink -x -a '(__fish_print_interfaces)' -d 'make it, with this network card'
complete -c vmgrant -n '__vmgrant_in setup' -l no-uplink -d 'make it for guests only'
complete -c vmgrant -n '__vmgrant_in setup' -l manager -x -a 'networkd networkmanager ifupdown ip' -d 'make it by this software'
complete -c vmgrant -n '__vmgrant_in setup' -l no-polkit -d 'nobody is asked for a password'
complete -c vmgrant -n '__vmgrant_in setup' -l timeout -x -d 'go back unless somebody confirms'
complete -c vmgrant -n '__vmgrant_in setup' -l confirm -d 'the change stays'
complete -c vmgrant -n '__vmgrant_in setup' -l undo -d 'undo all that setup has changed'
complete -c vmgrant -n '__vmgrant_in setup' -s y -l yes -d 'ask nothing'
complete -c vmgrant -n '__vmgrant_in allow deny' -l remove -d 'take the line away'
complete -c vmgrant -n '__vmgrant_in allow' -l replace -d 'in the place of the line about the same'
complete -c vmgrant -n '__vmgrant_in allow deny' -l file -r -F -d 'another file of the policy'
complete -c vmgrant -n '__vmgrant_in allow deny libvirt setup' -s n -l dry-run -d 'show the change and make none'
complete -c vmgrant -n '__vmgrant_in allow deny' -a '(__vmgrant_kinds) (__vmgrant_bridges) user group (__fish_complete_users)'
complete -c vmgrant -n '__vmgrant_in allow' -a 'quota= queues= isolated lock-mac vlan= vhost port=direct polkit=no memlock= ro'
complete -c vmgrant -n '__vmgrant_in explain check log setup' -l user -x -a '(__fish_complete_users)' -d 'for this user'
complete -c vmgrant -n '__vmgrant_in log' -l since -x -d 'from this time on'
complete -c vmgrant -n '__vmgrant_in log' -l held -d 'only what is still held'
complete -c vmgrant -n '__vmgrant_in log' -l refused -d 'what was refused, too'
complete -c vmgrant -n '__vmgrant_in explain' -a '(__vmgrant_kinds) (__vmgrant_bridges)'
complete -c vmgrant -n __vmgrant_behind_dashes -xa '(__vmgrant_program)'
