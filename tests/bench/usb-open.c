/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time what a USB node costs. Needs a real device, and no other program than itself.
 *
 *   usb-open bare RUNS NODE             open, read the descriptors, ask for capabilities,
 *                                       close: the system calls alone, as who may do that
 *   usb-open first RUNS VENDOR:PRODUCT  a helper is started, asked and ended
 *   usb-open second RUNS VENDOR:PRODUCT asked on a connection that is open already
 *   usb-open first-query ...            the same two, but the device is only judged
 *   usb-open second-query ...
 *
 * Prints one line: what, runs, median and 95th percentile in microseconds.
 * The policy has to allow the device with polkit=no. Ends with 1 when one fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "client/vmgrant.h"

#define RUNS_MAX 100000L

struct subject {
	const char *what;
	const char *node;
	struct vmgrant_connection *connection; /* of second */
	struct vmgrant_usb_request request;
};

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int open_bare(const struct subject *subject)
{
	char descriptors[4096];
	__u32 capabilities;
	int fd = open(subject->node, O_RDWR | O_CLOEXEC);
	int good = fd >= 0 && read(fd, descriptors, sizeof descriptors) >= 18 &&
		   ioctl(fd, USBDEVFS_GET_CAPABILITIES, &capabilities) == 0;

	if (!good)
		(void)fprintf(stderr, "usb-open: %s: %s\n", subject->node, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good ? 0 : -1;
}

static int ask(struct vmgrant_connection *connection, const struct subject *subject)
{
	struct vmgrant_usb usb = { .size = sizeof usb };

	if (connection == NULL)
		return -1;
	if (vmgrant_usb(connection, &subject->request, &usb) != VMGRANT_GRANTED) {
		(void)fprintf(stderr, "usb-open: %s\n", vmgrant_error(connection));
		return -1;
	}
	vmgrant_usb_close(&usb);
	return 0;
}

static int open_once(const struct subject *subject)
{
	struct vmgrant_connection *connection;
	int result;

	if (subject->node != NULL)
		return open_bare(subject);
	if (subject->connection != NULL)
		return ask(subject->connection, subject);
	connection = vmgrant_connect(NULL);
	result = ask(connection, subject);
	vmgrant_close(connection);
	return result;
}

static int compare(const void *a, const void *b)
{
	const double first = *(const double *)a, second = *(const double *)b;

	return (first > second) - (first < second);
}

static int measure(const struct subject *subject, long runs)
{
	double *samples = calloc((size_t)runs, sizeof *samples), begin;
	/* The first one fills caches and is not counted. */
	int result = samples != NULL ? open_once(subject) : -1;

	for (long i = 0; result == 0 && i < runs; i++) {
		begin = now_us();
		result = open_once(subject);
		samples[i] = now_us() - begin;
	}
	if (result == 0) {
		qsort(samples, (size_t)runs, sizeof *samples, compare);
		printf("%s %ld runs: median %.1f us, 95th percentile %.1f us\n", subject->what, runs,
		       samples[runs / 2], samples[runs * 95 / 100]);
	}
	free(samples);
	return result;
}

static int prepare(struct subject *subject, const char *what, const char *object)
{
	unsigned vendor, product;

	*subject = (struct subject){ .what = what,
				     .request = { .size = sizeof subject->request } };
	if (strcmp(what, "bare") == 0) {
		subject->node = object;
		return 0;
	}
	if (sscanf(object, "%4x:%4x", &vendor, &product) != 2)
		return -1;
	subject->request.vendor = (uint16_t)vendor;
	subject->request.product = (uint16_t)product;
	subject->request.flags = VMGRANT_USB_IDS;
	if (strstr(what, "-query") != NULL)
		subject->request.flags |= VMGRANT_DEVICE_QUERY;
	if (strcmp(what, "first") == 0 || strcmp(what, "first-query") == 0)
		return 0;
	if (strcmp(what, "second") != 0 && strcmp(what, "second-query") != 0)
		return -1;
	subject->connection = vmgrant_connect(NULL);
	return subject->connection != NULL ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct subject subject;
	long runs = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
	int result;

	if (runs < 1 || runs > RUNS_MAX || prepare(&subject, argv[1], argv[3]) < 0) {
		(void)fputs("usage: usb-open bare RUNS NODE\n"
			    "       usb-open first|second|first-query|second-query RUNS "
			    "VENDOR:PRODUCT\n",
			    stderr);
		return 2;
	}
	result = measure(&subject, runs);
	vmgrant_close(subject.connection);
	return result == 0 ? 0 : 1;
}
