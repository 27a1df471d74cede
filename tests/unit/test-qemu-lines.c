/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which files are named by command lines of programs that start QEMU, and by QEMU's options one
 * after another. The lines are written for this test after what those programs make.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/qemu-files-case.h"

#define IMPLIED_KVM "read-write /dev/kvm | -accel implied\n"

static void libvirt_9(void **state)
{
	(void)state;
	expect("/usr/bin/qemu-system-x86_64 -name guest=deb,debug-threads=on -S "
	       "-object '{\"qom-type\":\"secret\",\"id\":\"masterKey0\",\"format\":\"raw\",\"file\":"
	       "\"/run/libvirt/domain-1-deb/master-key.aes\"}' "
	       "-blockdev '{\"driver\":\"file\",\"filename\":\"/usr/share/OVMF/OVMF_CODE.fd\","
	       "\"node-name\":\"libvirt-pflash0-storage\",\"auto-read-only\":true,\"discard\":"
	       "\"unmap\"}' -blockdev '{\"node-name\":\"libvirt-pflash0-format\",\"read-only\":true,"
	       "\"driver\":\"raw\",\"file\":\"libvirt-pflash0-storage\"}' "
	       "-machine pc-q35-7.2,usb=off,dump-guest-core=off,pflash0=libvirt-pflash0-format,"
	       "memory-backend=pc.ram -accel kvm -cpu host,migratable=on -m size=4194304k "
	       "-object '{\"qom-type\":\"memory-backend-file\",\"id\":\"pc.ram\",\"mem-path\":"
	       "\"/dev/shm/1-deb/pc.ram\",\"share\":true,\"size\":4294967296}' "
	       "-no-user-config -nodefaults -chardev socket,id=charmonitor,fd=23,server=on,wait=off "
	       "-mon chardev=charmonitor,id=monitor,mode=control -rtc base=utc,driftfix=slew "
	       "-global kvm-pit.lost_tick_policy=delay -global ICH9-LPC.disable_s3=1 -boot strict=on "
	       "-device '{\"driver\":\"pcie-root-port\",\"port\":16,\"chassis\":1,\"id\":\"pci.1\","
	       "\"bus\":\"pcie.0\",\"multifunction\":true,\"addr\":\"0x2\"}' "
	       "-blockdev '{\"driver\":\"file\",\"filename\":\"/home/al/.local/images/d.qcow2\","
	       "\"node-name\":\"libvirt-2-storage\",\"auto-read-only\":true,\"discard\":\"unmap\"}' "
	       "-blockdev '{\"node-name\":\"libvirt-2-format\",\"read-only\":false,\"discard\":"
	       "\"unmap\",\"driver\":\"qcow2\",\"file\":\"libvirt-2-storage\",\"backing\":null}' "
	       "-device '{\"driver\":\"virtio-blk-pci\",\"bus\":\"pci.4\",\"addr\":\"0x0\",\"drive\":"
	       "\"libvirt-2-format\",\"id\":\"virtio-disk0\",\"bootindex\":1}' "
	       "-netdev '{\"type\":\"tap\",\"fd\":\"24\",\"vhost\":true,\"vhostfd\":\"26\",\"id\":"
	       "\"hostnet0\"}' -device '{\"driver\":\"virtio-net-pci\",\"netdev\":\"hostnet0\","
	       "\"id\":\"net0\",\"mac\":\"52:54:00:00:00:01\",\"bus\":\"pci.1\",\"addr\":\"0x0\"}' "
	       "-chardev pty,id=charserial0 -chardev socket,id=chrtpm,path=/run/swtpm/deb.sock "
	       "-tpmdev emulator,id=tpm-tpm0,chardev=chrtpm "
	       "-chardev socket,id=chr-vu-fs0,path=/run/libvirt/domain-1-deb/fs0-fs.sock "
	       "-device '{\"driver\":\"vhost-user-fs-pci\",\"id\":\"fs0\",\"chardev\":"
	       "\"chr-vu-fs0\",\"tag\":\"share\",\"bus\":\"pci.7\",\"addr\":\"0x0\"}' "
	       "-audiodev '{\"id\":\"audio1\",\"driver\":\"spice\"}' "
	       "-spice unix=on,addr=/run/libvirt/domain-1-deb/spice.sock,disable-ticketing=on "
	       "-object '{\"qom-type\":\"rng-random\",\"id\":\"objrng0\",\"filename\":"
	       "\"/dev/urandom\"}' -sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
	       "resourcecontrol=deny -msg timestamp=on",
	       "read /run/libvirt/domain-1-deb/master-key.aes | -object\n"
	       "read /usr/share/OVMF/OVMF_CODE.fd | -blockdev format=raw node=libvirt-pflash0-storage "
	       "ro image @7[/usr/share/OVMF/OVMF_CODE.fd]\n" IMPLIED_KVM
	       "make /dev/shm/1-deb/pc.ram | -object\n"
	       "read-write /home/al/.local/images/d.qcow2 | -blockdev format=qcow2 "
	       "node=libvirt-2-storage auto-ro image backing-named "
	       "@37[/home/al/.local/images/d.qcow2]\n"
	       "read-write /dev/ptmx | -chardev implied\n"
	       "folder /dev/pts | -chardev implied\n"
	       "connect /run/swtpm/deb.sock | -chardev\n"
	       "connect /run/libvirt/domain-1-deb/fs0-fs.sock | -chardev\n"
	       "make-socket /run/libvirt/domain-1-deb/spice.sock | -spice\n"
	       "read /dev/urandom | -object @61[/dev/urandom]\n");
}

/* Before 5.0 all of it was flat. */
static void libvirt_4(void **state)
{
	(void)state;
	expect("qemu-system-x86_64 -name guest=a,debug-threads=on "
	       "-object secret,id=masterKey0,format=raw,file=/var/lib/d/master-key.aes "
	       "-machine pc-i440fx-2.11,accel=kvm,usb=off,dump-guest-core=off "
	       "-drive file=/usr/share/OVMF/OVMF_CODE.fd,if=pflash,format=raw,unit=0,readonly=on "
	       "-drive file=/var/lib/nvram/a_VARS.fd,if=pflash,format=raw,unit=1 "
	       "-chardev socket,id=charmonitor,path=/var/lib/d/monitor.sock,server,nowait "
	       "-mon chardev=charmonitor,id=monitor,mode=control "
	       "-drive file=/images/a,,b.qcow2,format=qcow2,if=none,id=drive-virtio-disk0 "
	       "-device virtio-blk-pci,scsi=off,bus=pci.0,addr=0x7,drive=drive-virtio-disk0 "
	       "-drive if=none,id=drive-ide0-0-0,readonly=on "
	       "-netdev tap,fd=26,id=hostnet0,vhost=on,vhostfd=28 "
	       "-chardev file,id=charserial0,path=/dev/fdset/1,append=on "
	       "-device vfio-pci,host=06:12.5,id=hostdev0,bus=pci.0 "
	       "-vnc unix:/var/lib/d/vnc.sock",
	       "read /var/lib/d/master-key.aes | -object\n"
	       "read-write /dev/kvm | -machine implied\n"
	       "read /usr/share/OVMF/OVMF_CODE.fd | -drive format=raw ro image "
	       "@8[/usr/share/OVMF/OVMF_CODE.fd]\n"
	       "read-write /var/lib/nvram/a_VARS.fd | -drive format=raw image "
	       "@10[/var/lib/nvram/a_VARS.fd]\n"
	       "make-socket /var/lib/d/monitor.sock | -chardev\n"
	       "read-write /images/a,b.qcow2 | -drive format=qcow2 image @16[/images/a,,b.qcow2]\n"
	       "folder /dev/vfio | -device implied\n"
	       "folder /sys/bus/pci/devices | -device ro implied\n"
	       "folder /sys/devices | -device ro implied\n"
	       "make-socket /var/lib/d/vnc.sock | -vnc\n");
}

static void quickemu(void **state)
{
	(void)state;
	expect("qemu-system-x86_64 -name ubuntu,process=ubuntu -machine "
	       "q35,smm=off,vmport=off,accel=kvm -global kvm-pit.lost_tick_policy=discard "
	       "-cpu host -smp cores=2,threads=2,sockets=1 -m 8G -device virtio-balloon "
	       "-pidfile ubuntu/ubuntu.pid -rtc base=utc,clock=host -vga none "
	       "-device virtio-vga-gl,xres=1280,yres=800 -display sdl,gl=on "
	       "-device virtio-rng-pci,rng=rng0 -object rng-random,id=rng0,filename=/dev/urandom "
	       "-device qemu-xhci,id=spicepass -chardev spicevmc,id=usbredirchardev1,name=usbredir "
	       "-audiodev pa,id=audio0 -device intel-hda -device hda-micro,audiodev=audio0 "
	       "-netdev user,hostname=ubuntu,hostfwd=tcp::22220-:22,smb=/home/al/Public,id=nic "
	       "-drive if=pflash,format=raw,unit=0,file=/usr/share/OVMF/OVMF_CODE_4M.fd,readonly=on "
	       "-drive if=pflash,format=raw,unit=1,file=ubuntu/OVMF_VARS.fd "
	       "-drive media=cdrom,index=0,file=ubuntu/ubuntu.iso "
	       "-device virtio-blk-pci,drive=SystemDisk "
	       "-drive id=SystemDisk,if=none,format=qcow2,file=ubuntu/disk.qcow2 "
	       "-fsdev local,id=fsdev0,path=/home/al/Public,security_model=mapped-xattr "
	       "-device virtio-9p-pci,fsdev=fsdev0,mount_tag=Public-al "
	       "-monitor unix:ubuntu/ubuntu-monitor.socket,server,nowait "
	       "-serial unix:ubuntu/ubuntu-serial.socket,server,nowait "
	       "-chardev socket,id=chrtpm,path=ubuntu/ubuntu.swtpm-sock "
	       "-tpmdev emulator,id=tpm0,chardev=chrtpm -device tpm-tis,tpmdev=tpm0",
	       "read-write /dev/kvm | -machine implied\n"
	       "make ubuntu/ubuntu.pid | -pidfile\n"
	       "folder /dev/dri | -device implied optional\n"
	       "folder /dev/dri | -display implied optional\n"
	       "read /dev/urandom | -object @28[/dev/urandom]\n"
	       "folder /home/al/Public | -netdev\n"
	       "read /etc/resolv.conf | -netdev implied optional\n"
	       "run /usr/sbin/smbd | -netdev implied optional\n"
	       "temporary /tmp | -netdev implied\n"
	       "read /usr/share/OVMF/OVMF_CODE_4M.fd | -drive format=raw ro image "
	       "@42[/usr/share/OVMF/OVMF_CODE_4M.fd]\n"
	       "read-write ubuntu/OVMF_VARS.fd | -drive format=raw image @44[ubuntu/OVMF_VARS.fd]\n"
	       "read ubuntu/ubuntu.iso | -drive ro image @46[ubuntu/ubuntu.iso]\n"
	       "read-write ubuntu/disk.qcow2 | -drive format=qcow2 image @50[ubuntu/disk.qcow2]\n"
	       "folder /home/al/Public | -fsdev\n"
	       "make-socket ubuntu/ubuntu-monitor.socket | -monitor\n"
	       "make-socket ubuntu/ubuntu-serial.socket | -serial\n"
	       "connect ubuntu/ubuntu.swtpm-sock | -chardev\n");
}

/* Boxes has libvirt make it: its own are the name of the share and of the sockets. */
static void boxes(void **state)
{
	(void)state;
	expect("qemu-system-x86_64 -machine pc-q35-7.2,usb=off,vmport=off -accel kvm "
	       "-blockdev '{\"driver\":\"file\",\"filename\":\"/home/al/.local/share/gnome-boxes/"
	       "images/fedora\",\"node-name\":\"s\",\"cache\":{\"direct\":false,\"no-flush\":false},"
	       "\"auto-read-only\":true,\"discard\":\"unmap\"}' "
	       "-netdev '{\"type\":\"user\",\"id\":\"hostnet0\"}' "
	       "-chardev spicevmc,id=charchannel0,name=vdagent "
	       "-chardev spiceport,id=charchannel1,name=org.spice-space.webdav.0 "
	       "-spice port=0,disable-ticketing=on,image-compression=off,seamless-migration=on "
	       "-device '{\"driver\":\"qxl-vga\",\"id\":\"video0\",\"max_outputs\":1}' "
	       "-chardev spicevmc,id=charredir0,name=usbredir",
	       IMPLIED_KVM
	       "read-write /home/al/.local/share/gnome-boxes/images/fedora | -blockdev node=s auto-ro "
	       "image @6[/home/al/.local/share/gnome-boxes/images/fedora]\n"
	       "read /etc/resolv.conf | -netdev implied optional\n");
}

static void what_the_guest_boots(void **state)
{
	(void)state;
	expect("qemu -kernel /boot/vmlinuz -initrd /boot/initrd.img -append 'root=/dev/vda ro' "
	       "-dtb board.dtb -bios u-boot.bin -shim shim.efi",
	       "read /boot/vmlinuz | -kernel\nread /boot/initrd.img | -initrd\n"
	       "read board.dtb | -dtb\nread u-boot.bin | -bios searched\nread shim.efi | -shim\n");
	expect("qemu -initrd 'a x=/1,b,,c'",
	       "read a x=/1,b,,c | -initrd optional\nread a | -initrd optional\n"
	       "read b,c | -initrd optional\n");
	expect("qemu -machine virt,firmware=f,kernel=k,initrd=i,dtb=d,dumpdtb=o,append=/x",
	       "read i | -machine\nread f | -machine searched\nread k | -machine\n"
	       "read d | -machine\nmake o | -machine\n");
	expect("qemu -option-rom /r -option-rom romfile=/s,bootindex=1 -boot menu=on,splash=/p.jpg",
	       "read /r | -option-rom searched\nread /s | -option-rom searched\n"
	       "read /p.jpg | -boot searched optional\n");
	expect("qemu -smbios file=/s -smbios type=11,value=/no,path=/t -acpitable data=/a:/b "
	       "-acpitable sig=SLIC,file=/c -fw_cfg name=opt/x,file=/f -fw_cfg opt/y,string=/no "
	       "-fw_cfg opt/z,file=/g,,h",
	       "read /s | -smbios\nread /t | -smbios\nread /a | -acpitable\nread /b | -acpitable\n"
	       "read /c | -acpitable\nread /f | -fw_cfg\nread /g,h | -fw_cfg\n");
	expect("qemu -device loader,file=/l,addr=1 -device guest-loader,kernel=/k,bootargs=/no "
	       "-device vfio-pci,sysfsdev=/sys/x,romfile=/r -global e1000.romfile=/g "
	       "-global driver=e1000,property=romfile,value=/h -set device.n.romfile=/j",
	       "read /l | -device\nread /k | -device\n"
	       "folder /sys/x | -device ro\nread /r | -device searched\n"
	       "folder /dev/vfio | -device implied\n"
	       "folder /sys/bus/pci/devices | -device ro implied\n"
	       "folder /sys/devices | -device ro implied\n"
	       "read /g | -global searched\nread /h | -global searched\nread /j | -set searched\n");
}

static void what_qemu_writes_about_itself(void **state)
{
	(void)state;
	expect("qemu -D /l -d int -pidfile p -dump-vmstate v -writeconfig w -qtest-log q -L /fw "
	       "-trace events=/e,file=/t -trace enable=x -plugin /p.so,arg=/a -chroot /c "
	       "-run-with chroot=/d,user=x -icount shift=auto,rr=record,rrfile=/rr",
	       "make /l | -D\nmake p | -pidfile\nmake v | -dump-vmstate\nmake w | -writeconfig\n"
	       "make q | -qtest-log\nfolder /fw | -L ro\nread /e | -trace\nmake /t | -trace\n"
	       "read /p.so | -plugin\nfolder /c | -chroot ro\nfolder /d | -run-with ro\n"
	       "make /rr | -icount\n? arg=/a | -plugin\n");
	expect("qemu -perfmap -jitdump -mem-path /dev/hugepages",
	       "folder /tmp | -perfmap implied\nfolder . | -jitdump implied\n"
	       "make /dev/hugepages | -mem-path\n");
}

static void networks(void **state)
{
	(void)state;
	expect("qemu -netdev tap,id=n,script=/up,downscript=no -nic tap,helper=/h "
	       "-net tap,fd=3 -netdev bridge,id=b,br=br0 -netdev tap,id=v,fd=4,vhost=on",
	       "run /up | -netdev\nread-write /dev/net/tun | -netdev implied\n"
	       "run /h | -nic\n"
	       "run /usr/lib/qemu/qemu-bridge-helper | -netdev implied optional\n"
	       "read-write /dev/vhost-net | -netdev implied\n");
	expect("qemu -nic user,model=virtio,tftp=/t,bootfile=/b",
	       "folder /t | -nic ro\nread /etc/resolv.conf | -nic implied optional\n");
	expect("qemu -netdev user,id=u,guestfwd=tcp:10.0.2.9:80-cmd:/bin/prog,,a "
	       "-netdev '{\"type\":\"user\",\"id\":\"u\",\"guestfwd\":[{\"str\":"
	       "\"tcp:10.0.2.9:81-unix:/s\"}]}'",
	       "run /bin/prog,a | -netdev\nread /etc/resolv.conf | -netdev implied optional\n"
	       "connect /s | -netdev\nread /etc/resolv.conf | -netdev implied optional\n");
	expect("qemu -netdev stream,id=p,server=off,addr.type=unix,addr.path=/passt.sock "
	       "-netdev dgram,id=d,local.type=unix,local.path=/l,remote.type=unix,remote.path=/r "
	       "-netdev vhost-vdpa,id=v,vhostdev=/dev/vhost-vdpa-0 -netdev vde,id=e,sock=/vde "
	       "-netdev stream,id=a,addr.type=unix,addr.path=x,addr.abstract=on",
	       "connect /passt.sock | -netdev\nmake-socket /l | -netdev\nconnect /r | -netdev\n"
	       "read-write /dev/vhost-vdpa-0 | -netdev @6[/dev/vhost-vdpa-0]\n"
	       "folder /vde | -netdev\nconnect x | -netdev abstract\n");
}

static void objects_and_shares(void **state)
{
	(void)state;
	expect("qemu -object tls-creds-x509,id=t,dir=/pki,endpoint=server "
	       "-object authz-list-file,id=a,filename=/authz -object filter-dump,id=f,netdev=n,"
	       "file=/d -object input-linux,id=i,evdev=/dev/input/event3 "
	       "-object memory-backend-file,id=m,mem-path=/m,size=1G,readonly=on "
	       "-object memory-backend-memfd,id=h,size=1G -object rng-random,id=r "
	       "-object pr-manager-helper,id=p,path=/pr.sock -object iommufd,id=u "
	       "-object dbus-vmstate,id=v,addr=unix:path=/run/bus,,guid=1",
	       "folder /pki | -object ro\nread /authz | -object\nmake /d | -object\n"
	       "read-write /dev/input/event3 | -object\nread /m | -object ro\n"
	       "read /dev/urandom | -object implied\nconnect /pr.sock | -object\n"
	       "read-write /dev/iommu | -object implied\nconnect /run/bus | -object\n");
	expect("qemu -virtfs local,path=/s,mount_tag=/tag,security_model=none,readonly=on "
	       "-virtfs proxy,socket=/p,mount_tag=t -fsdev local,id=f,path=/w,security_model=none",
	       "folder /s | -virtfs ro\nconnect /p | -virtfs\nfolder /w | -fsdev\n");
	expect("qemu -tpmdev passthrough,id=t,path=/dev/tpm1,cancel-path=/sys/c "
	       "-tpmdev passthrough,id=u",
	       "read-write /dev/tpm1 | -tpmdev @2[/dev/tpm1]\n"
	       "read-write /sys/c | -tpmdev @2[/sys/c]\n"
	       "read-write /dev/tpm0 | -tpmdev implied\nfolder /sys/class/misc | -tpmdev ro implied\n");
	expect("qemu -device usb-host,hostdevice=/dev/bus/usb/1/2 -device vhost-vsock-pci,id=v "
	       "-device usb-mtp,rootdir=/m -device virtio-input-host-pci,evdev=/dev/input/event1 "
	       "-device usb-storage,drive=d,pcap=/p",
	       "read-write /dev/bus/usb/1/2 | -device\nread-write /dev/vhost-vsock | -device implied\n"
	       "folder /m | -device\nread-write /dev/input/event1 | -device\nmake /p | -device\n");
}

static void displays_and_sound(void **state)
{
	(void)state;
	expect("qemu -vnc unix:/v,websocket=unix:/w -vnc :1 -vnc unix:/r,reverse=on -vnc none",
	       "make-socket /v | -vnc\nmake-socket /w | -vnc\nconnect /r | -vnc\n");
	expect("qemu -display vnc=unix:/v -display egl-headless,rendernode=/dev/dri/renderD128 "
	       "-display dbus,addr=unix:path=/b -display gtk,gl=on -display none",
	       "make-socket /v | -display\nread-write /dev/dri/renderD128 | -display\n"
	       "connect /b | -display\nfolder /dev/dri | -display implied optional\n");
	expect("qemu -spice port=5900,tls-port=5901,x509-dir=/pki,x509-dh-key-file=/dh,addr=127.0.0.1",
	       "folder /pki | -spice ro\nread /dh | -spice\n");
	expect("qemu -spice tls-port=5901", "folder . | -spice ro implied\n");
	expect("qemu -audiodev wav,id=a,path=/w -audiodev oss,id=o,out.dev=/dev/dsp1 "
	       "-audiodev pa,id=p,server=unix:/run/pulse -audiodev pa,id=q,server=/run/native "
	       "-audio driver=alsa,model=hda -audiodev pa,id=r,server=host.example",
	       "make /w | -audiodev\nread-write /dev/dsp1 | -audiodev\nconnect /run/pulse | -audiodev\n"
	       "connect /run/native | -audiodev\nfolder /dev/snd | -audio implied optional\n");
}

static void migrations_and_accelerators(void **state)
{
	(void)state;
	expect("qemu -incoming unix:/m -incoming tcp:0:1 -incoming defer -incoming fd:3",
	       "make-socket /m | -incoming\n");
	expect("qemu -incoming file:/state,offset=0x10", "read /state | -incoming @2[/state]\n");
	expect("qemu -incoming 'exec:cat /x'",
	       "run /bin/sh | -incoming implied\n? exec:cat /x | -incoming\n");
	expect("qemu -incoming '{\"channel-type\":\"main\",\"addr\":{\"transport\":\"socket\","
	       "\"type\":\"unix\",\"path\":\"/m\"}}' -incoming '{\"channel-type\":\"main\",\"addr\":"
	       "{\"transport\":\"file\",\"filename\":\"/f\",\"offset\":0}}'",
	       "make-socket /m | -incoming\nread /f | -incoming @4[/f]\n");
	expect("qemu -enable-kvm", "read-write /dev/kvm | -enable-kvm implied\n");
	expect("/usr/bin/qemu-kvm -m 1", "read-write /dev/kvm | qemu implied\n");
	expect("qemu -accel kvm,device=/dev/kvm2", "read-write /dev/kvm2 | -accel @2[/dev/kvm2]\n");
	expect("qemu -machine accel=tcg", "");
}

/* ---- -readconfig */

static void a_configuration_is_read_too(void **state)
{
	static const char text[] =
		"# drives\n\n[drive \"d\"]\n  file = \"/a,b\"\n  format = \"raw\"\n"
		"  if = \"none\"\n[machine]\n  accel = \"kvm\"\n  kernel = \"/k\"\n"
		"[chardev \"c\"]\n  backend = \"socket\"\n  path = \"/s\"\n"
		"  server = \"on\"\n[new]\n x = \"/y\"\n"
		"nonsense\n[device \"v\"]\ndriver = \"e1000\"\nromfile = \"\"\n";
	char path[] = "/tmp/vmgrant-config-XXXXXX", line[256], expected[1024];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
	(void)close(fd);
	(void)snprintf(line, sizeof line, "qemu -readconfig %s", path);
	(void)snprintf(expected, sizeof expected,
		       "read %s | -readconfig\n"
		       "read-write /a,b | -readconfig format=raw image\n"
		       "read-write /dev/kvm | -readconfig implied\n"
		       "read /k | -readconfig\nmake-socket /s | -readconfig\n"
		       "? nonsense | -readconfig\n? x=/y | -readconfig\n",
		       path);
	expect(line, expected);
	(void)unlink(path);
	(void)snprintf(expected, sizeof expected, "read %s | -readconfig\n? %s | -readconfig\n",
		       path, path);
	expect(line, expected);
	expect("qemu -readconfig /dev/null",
	       "read /dev/null | -readconfig\n? /dev/null | -readconfig\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libvirt_9),
		cmocka_unit_test(libvirt_4),
		cmocka_unit_test(quickemu),
		cmocka_unit_test(boxes),
		cmocka_unit_test(what_the_guest_boots),
		cmocka_unit_test(what_qemu_writes_about_itself),
		cmocka_unit_test(networks),
		cmocka_unit_test(objects_and_shares),
		cmocka_unit_test(displays_and_sound),
		cmocka_unit_test(migrations_and_accelerators),
		cmocka_unit_test(a_configuration_is_read_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
