/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * In the place of /dev, for tests that run as anybody: there is no USB bus 9, and a
 * disk is in use, without a medium, or not to be opened if it is called so.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "helper/node/device-node.h"

int device_node_find(int dev, const char *path, mode_t kind, dev_t number)
{
	(void)dev;
	(void)number;
	if (strncmp(path, "bus/usb/009", 11) == 0)
		return -ENODEV;
	if (kind == S_IFBLK && strcmp(path, "busy") == 0)
		return open("/dev/zero", O_PATH | O_CLOEXEC);
	if (kind == S_IFBLK && strcmp(path, "empty") == 0)
		return open("/dev/full", O_PATH | O_CLOEXEC);
	if (kind == S_IFBLK && strcmp(path, "denied") == 0)
		return -EACCES;
	return open("/dev/null", O_PATH | O_CLOEXEC);
}

int device_node_open(int found, int flags, mode_t kind, dev_t number)
{
	struct stat status, zero, full;

	(void)kind;
	(void)number;
	if (fstat(found, &status) < 0 || stat("/dev/zero", &zero) < 0 || stat("/dev/full", &full) < 0)
		return -EIO;
	if (status.st_rdev == zero.st_rdev)
		return (flags & O_EXCL) != 0 ? -EBUSY : -EIO;
	if (status.st_rdev == full.st_rdev)
		return -ENOMEDIUM;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}
