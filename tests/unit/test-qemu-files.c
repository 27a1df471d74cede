/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which files QEMU's options name: syntax, disks, character devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/qemu-files-case.h"

static void a_disk_is_found_in_each_short_option(void **state)
{
	(void)state;
	expect("qemu -hda a.img -hdb /b -hdc c -hdd d", "read-write a.img | -hda image @2[a.img]\n"
							"read-write /b | -hdb image @4[/b]\n"
							"read-write c | -hdc image @6[c]\n"
							"read-write d | -hdd image @8[d]\n");
	expect("qemu -cdrom /c.iso", "read /c.iso | -cdrom ro image @2[/c.iso]\n");
	expect("qemu -fda f -fdb g -sd s -mtdblock m -pflash p",
	       "read-write f | -fda image @2[f]\n"
	       "read-write g | -fdb image @4[g]\n"
	       "read-write s | -sd image @6[s]\n"
	       "read-write m | -mtdblock image @8[m]\n"
	       "read-write p | -pflash image @10[p]\n");
	/* The man page's "qemu-system-x86_64 [options] [disk_image]". */
	expect("qemu -m 512 disk.img -snapshot", "read disk.img | disk ro image @3[disk.img]\n"
						 "temporary /var/tmp | disk implied\n");
	expect("qemu --hda x", "read-write x | -hda image @2[x]\n");
}

static void a_comma_is_written_twice(void **state)
{
	(void)state;
	expect("qemu -drive file=/a,,b.img,format=raw",
	       "read-write /a,b.img | -drive format=raw image @2[/a,,b.img]\n");
	expect("qemu -drive format=raw,file=/a,,",
	       "read-write /a, | -drive format=raw image @2[/a,,]\n");
	expect("qemu -drive file=/a,,,format=raw",
	       "read-write /a, | -drive format=raw image @2[/a,,]\n");
	/* A short option takes the word as it is. */
	expect("qemu -hda /a,b", "read-write /a,b | -hda image @2[/a,b]\n");
	expect("qemu -chardev file,id=c,path=/a,,b,,", "make /a,b, | -chardev @2[/a,,b,,]\n");
}

static void the_last_value_counts(void **state)
{
	(void)state;
	expect("qemu -drive file=/a,file=/b", "read-write /b | -drive image @2[/b]\n");
	expect("qemu -drive file=/a,readonly=on,readonly=off",
	       "read-write /a | -drive image @2[/a]\n");
}

static void a_disk_is_read_only_where_qemu_does_not_write(void **state)
{
	(void)state;
	expect("qemu -drive file=/a,readonly=on", "read /a | -drive ro image @2[/a]\n");
	expect("qemu -drive file=/a,read-only=on,format=qcow2",
	       "read /a | -drive format=qcow2 ro image @2[/a]\n");
	expect("qemu -drive file=/a,media=cdrom", "read /a | -drive ro image @2[/a]\n");
	expect("qemu -drive file=/a,snapshot=on",
	       "read /a | -drive ro image @2[/a]\ntemporary /var/tmp | -drive implied\n");
	expect("qemu -drive driver=qcow2,file.driver=file,file.filename=/t,backing.driver=raw,"
	       "backing.file.filename=/b",
	       "read-write /t | -drive format=qcow2 image backing-named @2[/t]\n"
	       "read /b | -drive format=raw ro image @2[/b]\n");
	expect("qemu -drive driver=raw,read-only=on,file.filename=/t",
	       "read /t | -drive format=raw ro image @2[/t]\n");
}

static void a_name_may_have_a_protocol(void **state)
{
	(void)state;
	expect("qemu -drive file=file:/a", "read-write /a | -drive image @2[/a]\n");
	expect("qemu -hda file:/a:b", "read-write /a:b | -hda image @2[/a:b]\n");
	expect("qemu -drive file=host_device:/dev/sda",
	       "read-write /dev/sda | -drive image @2[/dev/sda]\n");
	expect("qemu -hda ./a:b", "read-write ./a:b | -hda image @2[./a:b]\n");
	expect("qemu -drive file=nbd:unix:/run/n:exportname=e", "connect /run/n | -drive\n");
	expect("qemu -drive file=nbd:unix:/run/n", "connect /run/n | -drive\n");
	expect("qemu -drive file=nbd+unix:///e?socket=/run/a%20b&x=1",
	       "connect /run/a b | -drive\n");
	expect("qemu -drive file=gluster+unix:///v/i?socket=/g", "connect /g | -drive\n");
	expect("qemu -hda nbd:host:10809 -hdb nbd://h/e -hdc iscsi://h/t/0 -hdd https://h/x", "");
	expect("qemu -hda rbd:pool/image -hdb null-co:// -hdc ssh://h/x -hdd gluster://h/v/i", "");
	expect("qemu -drive file=blkdebug:/c:/i",
	       "read /c | -drive\nread-write /i | -drive image\n");
	expect("qemu -drive file=blkdebug::/i", "read-write /i | -drive image\n");
	expect("qemu -drive file=blkverify:/r:/i",
	       "read-write /r | -drive\nread-write /i | -drive image\n");
	expect("qemu -drive file=nvme://0000:01:00.0/1", "folder /dev/vfio | -drive implied\n");
	expect("qemu -drive file=what:/x", "? what:/x | -drive\n");
	/* Somebody has opened it already. */
	expect("qemu -add-fd fd=3,set=2 -drive file=/dev/fdset/2", "");
}

static void a_folder_may_be_a_disk(void **state)
{
	(void)state;
	expect("qemu -hda fat:/srv", "folder /srv | -hda ro\n");
	expect("qemu -hda fat:floppy:rw:/s:d",
	       "folder /s:d | -hda\ntemporary /var/tmp | -hda implied\n");
	expect("qemu -drive file=fat:rw:share,format=raw",
	       "folder share | -drive\ntemporary /var/tmp | -drive implied\n");
	expect("qemu -blockdev driver=vvfat,dir=/d,node-name=n", "folder /d | -blockdev ro\n");
	expect("qemu -blockdev driver=vvfat,dir=/d,rw=on,node-name=n",
	       "folder /d | -blockdev\ntemporary /var/tmp | -blockdev implied\n");
}

static void json_says_the_same(void **state)
{
	(void)state;
	expect("qemu -blockdev '{\"driver\": \"file\", \"filename\": \"/a\\u0062\"}'",
	       "read-write /ab | -blockdev image @2[/a\\u0062]\n");
	expect("qemu -blockdev '{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\","
	       "\"filename\":\"/a\"},\"read-only\":true,\"backing\":null}'",
	       "read /a | -blockdev format=qcow2 ro image backing-named @2[/a]\n");
	expect("qemu -drive 'file=json:{\"driver\":\"qcow2\",,\"file\":{\"driver\":\"file\",,"
	       "\"filename\":\"/x\"}},readonly=on'",
	       "read /x | -drive format=qcow2 ro image\n");
	expect("qemu -blockdev '{\"driver\":\"quorum\",\"children\":[{\"driver\":\"file\","
	       "\"filename\":\"/1\"},{\"driver\":\"host_device\",\"filename\":\"/2\"}]}'",
	       "read-write /1 | -blockdev image @2[/1]\n"
	       "read-write /2 | -blockdev image @2[/2]\n");
	expect("qemu -netdev '{\"type\":\"stream\",\"id\":\"n\",\"server\":true,\"addr\":"
	       "{\"type\":\"unix\",\"path\":\"/n\"}}'",
	       "make-socket /n | -netdev\n");
	expect("qemu -device '{\"driver\":\"e1000\",\"romfile\":\"/r\"}'",
	       "read /r | -device searched\n");
	expect("qemu -object '{\"qom-type\":\"secret\",\"id\":\"s\",\"file\":\"/k\"}'",
	       "read /k | -object\n");
}

static void what_is_no_json_is_told(void **state)
{
	(void)state;
	expect("qemu -blockdev '{\"driver\":'", "? {\"driver\": | -blockdev\n");
	expect("qemu -blockdev '{\"'", "? {\" | -blockdev\n");
	expect("qemu -blockdev '{}//x'", "? {}//x | -blockdev\n");
	expect("qemu -blockdev '{} x'", "? {} x | -blockdev\n");
	/* Whether QEMU takes the first or the last is not ours to say. */
	expect("qemu -device '{\"driver\":\"a\",\"driver\":\"b\"}'",
	       "? {\"driver\":\"a\",\"driver\":\"b\"} | -device\n");
	expect("qemu -hda json:{", "? { | -hda\n");
}

static void a_node_has_its_file_from_another(void **state)
{
	(void)state;
	/* As libvirt 9 writes a read-only disk, and one that is written. */
	expect("qemu -blockdev '{\"driver\":\"file\",\"filename\":\"/a\",\"node-name\":\"s\","
	       "\"auto-read-only\":true}' -blockdev '{\"node-name\":\"f\",\"read-only\":true,"
	       "\"driver\":\"raw\",\"file\":\"s\"}'",
	       "read /a | -blockdev format=raw node=s ro image @2[/a]\n");
	expect("qemu -blockdev '{\"driver\":\"file\",\"filename\":\"/a\",\"node-name\":\"s\","
	       "\"auto-read-only\":true}' -blockdev '{\"node-name\":\"f\",\"read-only\":false,"
	       "\"driver\":\"qcow2\",\"file\":\"s\",\"backing\":null}'",
	       "read-write /a | -blockdev format=qcow2 node=s auto-ro image backing-named "
	       "@2[/a]\n");
	/* Nobody is on it yet: perhaps a later device. */
	expect("qemu -blockdev driver=file,filename=/a,node-name=s,auto-read-only=on",
	       "read-write /a | -blockdev node=s auto-ro image @2[/a]\n");
}

static void what_a_driver_names_is_found(void **state)
{
	(void)state;
	expect("qemu -drive driver=raw,file.driver=nbd,file.server.type=unix,file.server.path=/s",
	       "connect /s | -drive\n");
	expect("qemu -drive driver=raw,file.driver=nbd,file.path=/s", "connect /s | -drive\n");
	expect("qemu -blockdev driver=gluster,volume=v,path=/i,server.0.type=unix,"
	       "server.0.path=/g,node-name=n",
	       "connect /g | -blockdev\n");
	expect("qemu -blockdev driver=virtio-blk-vhost-user,path=/v,node-name=n",
	       "connect /v | -blockdev\n");
	expect("qemu -blockdev driver=nvme,device=0000:01:00.0,namespace=1,node-name=n",
	       "folder /dev/vfio | -blockdev implied\n");
	expect("qemu -blockdev driver=blkdebug,config=/c,image=n", "read /c | -blockdev\n");
	expect("qemu -blockdev driver=ssh,path=/remote,server.host=h,server.port=22", "");
	expect("qemu -blockdev driver=new,thing=/t,node-name=n", "? thing=/t | -blockdev\n");
}

static void a_character_device_is_found_in_its_short_form(void **state)
{
	(void)state;
	expect("qemu -serial file:/a,b -parallel /dev/parport0 -monitor unix:/m,server,nowait",
	       "make /a,b | -serial @2[/a,b]\n"
	       "read-write /dev/parport0 | -parallel @4[/dev/parport0]\n"
	       "make-socket /m | -monitor\n");
	expect("qemu -qmp unix:/q,server=on,wait=off -qmp-pretty unix:/c -gdb unix:/g,server=on",
	       "make-socket /q | -qmp\nconnect /c | -qmp-pretty\nmake-socket /g | -gdb\n");
	expect("qemu -serial mon:pipe:/p", "read-write /p.in | -serial optional\n"
					   "read-write /p.out | -serial optional\n"
					   "read-write /p | -serial optional\n");
	expect("qemu -serial mon:stdio -serial null -serial none -serial vc:80Cx24C", "");
	expect("qemu -serial tcp::4555,server -gdb tcp::1234 -serial udp:h:1@:2", "");
	expect("qemu -serial pty",
	       "read-write /dev/ptmx | -serial implied\nfolder /dev/pts | -serial implied\n");
	expect("qemu -serial mon:/dev/ttyS0", "read-write /dev/ttyS0 | -serial @2[/dev/ttyS0]\n");
	expect("qemu -serial tcp::1,logfile=/l -debugcon file:d",
	       "make /l | -serial @2[/l]\nmake d | -debugcon @4[d]\n");
	expect("qemu -serial unix:@x,abstract=on", "connect @x | -serial abstract\n");
	expect("qemu -monitor what:/x", "? what:/x | -monitor\n");
	expect("qemu -serial chardev:c -mon chardev=c,mode=control", "");
}

static void a_character_device_is_found_in_its_long_form(void **state)
{
	(void)state;
	expect("qemu -chardev socket,id=c,path=/s,server=on,wait=off,logfile=/l,logappend=on",
	       "make-socket /s | -chardev\nmake /l | -chardev @2[/l]\n");
	expect("qemu -chardev socket,id=c,path=/s -chardev socket,id=d,fd=4",
	       "connect /s | -chardev\n");
	expect("qemu -chardev socket,id=c,path=s,abstract=on,server=on",
	       "make-socket s | -chardev abstract\n");
	expect("qemu -chardev serial,id=c,path=/dev/ttyS0 -chardev parallel,id=d,path=/dev/parport0",
	       "read-write /dev/ttyS0 | -chardev @2[/dev/ttyS0]\n"
	       "read-write /dev/parport0 | -chardev @4[/dev/parport0]\n");
	expect("qemu -chardev file,id=c,path=/o,input-path=/i",
	       "make /o | -chardev @2[/o]\nread /i | -chardev @2[/i]\n");
	expect("qemu -chardev stdio,id=a -chardev spicevmc,id=b,name=vdagent -chardev null,id=c",
	       "");
	expect("qemu -chardev backend=file,id=c,path=/o", "make /o | -chardev @2[/o]\n");
	expect("qemu -chardev new,id=c,path=/o", "? path=/o | -chardev\n");
}

static void what_is_not_known_is_told(void **state)
{
	(void)state;
	expect("qemu -device thing,x=/y,z=1", "? x=/y | -device\n");
	expect("qemu -new /file -m 1", "? -new | -new\n? /file | -new\n");
	expect("qemu -new -hda x", "read-write x | -hda image @3[x]\n? -new | -new\n");
	expect("qemu -m", "");
	expect("qemu -drive", "");
	expect("qemu", "");
	expect("", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_is_found_in_each_short_option),
		cmocka_unit_test(a_comma_is_written_twice),
		cmocka_unit_test(the_last_value_counts),
		cmocka_unit_test(a_disk_is_read_only_where_qemu_does_not_write),
		cmocka_unit_test(a_name_may_have_a_protocol),
		cmocka_unit_test(a_folder_may_be_a_disk),
		cmocka_unit_test(json_says_the_same),
		cmocka_unit_test(what_is_no_json_is_told),
		cmocka_unit_test(a_node_has_its_file_from_another),
		cmocka_unit_test(what_a_driver_names_is_found),
		cmocka_unit_test(a_character_device_is_found_in_its_short_form),
		cmocka_unit_test(a_character_device_is_found_in_its_long_form),
		cmocka_unit_test(what_is_not_known_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
