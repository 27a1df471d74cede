# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
#
# Flags are tried one by one, with warnings as errors, by compiling and linking
# a program: clang accepts unknown flags with a warning, and some flags need a
# library at link time.

# VMGRANT_CFLAG(VARIABLE, FLAG, [IF-NOT])
# Append FLAG to VARIABLE if the compiler takes it.
AC_DEFUN([VMGRANT_CFLAG], [
	AS_VAR_PUSHDEF([cache], [vmgrant_cv_cflag_$2])
	AC_CACHE_CHECK([whether $CC takes $2], [cache], [
		vmgrant_saved_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $2"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <string.h>
#include <stdio.h>]], [[char text[8]; memset(text, 0, sizeof(text)); puts(text);]])],
			[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		CFLAGS=$vmgrant_saved_CFLAGS
	])
	AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])], [$3])
	AS_VAR_POPDEF([cache])
])

# VMGRANT_CONVERSION_CFLAG(VARIABLE, FLAG)
# Append FLAG, a warning about conversions, unless it warns of what libc makes of ioctl() and
# of control messages: musl's types are others than the kernel's there.
AC_DEFUN([VMGRANT_CONVERSION_CFLAG], [
	AS_VAR_PUSHDEF([cache], [vmgrant_cv_cflag_$2])
	AC_CACHE_CHECK([whether libc is ready for $2], [cache], [
		vmgrant_saved_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $2"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <sys/ioctl.h>
#include <sys/socket.h>]], [[struct msghdr message = { .msg_controllen = CMSG_SPACE(sizeof(int)) };
int count = ioctl(0, _IOR('T', 210, unsigned));
for (struct cmsghdr *it = CMSG_FIRSTHDR(&message); it; it = CMSG_NXTHDR(&message, it))
	count += it->cmsg_type;
return count;]])],
			[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		CFLAGS=$vmgrant_saved_CFLAGS
	])
	AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
	AS_VAR_POPDEF([cache])
])

# VMGRANT_LDFLAG(VARIABLE, FLAG, [IF-NOT])
# Append FLAG to VARIABLE if the linker takes it.
AC_DEFUN([VMGRANT_LDFLAG], [
	AS_VAR_PUSHDEF([cache], [vmgrant_cv_ldflag_$2])
	AC_CACHE_CHECK([whether the linker takes $2], [cache], [
		vmgrant_saved_LDFLAGS=$LDFLAGS
		vmgrant_saved_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS $HARDEN_CFLAGS"
		LDFLAGS="$LDFLAGS -Werror $2"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
			[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		LDFLAGS=$vmgrant_saved_LDFLAGS
		CFLAGS=$vmgrant_saved_CFLAGS
	])
	AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])], [$3])
	AS_VAR_POPDEF([cache])
])

# VMGRANT_FORTIFY(VARIABLE)
# Append the highest _FORTIFY_SOURCE that compiler and libc really have. libc
# warns about a level that it does not know and about a build without
# optimisation, so the trial refuses both. What the builder chose stays.
AC_DEFUN([VMGRANT_FORTIFY], [
	AC_MSG_CHECKING([for _FORTIFY_SOURCE])
	AS_CASE([" $CFLAGS $CPPFLAGS "],
		[*_FORTIFY_SOURCE*], [vmgrant_fortify="as in CFLAGS and CPPFLAGS"],
		[vmgrant_fortify=no
		for vmgrant_level in 3 2; do
			vmgrant_saved_CPPFLAGS=$CPPFLAGS
			vmgrant_saved_CFLAGS=$CFLAGS
			CPPFLAGS="$CPPFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$vmgrant_level"
			CFLAGS="$CFLAGS -Werror"
			AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <string.h>
#ifndef __OPTIMIZE__
#error without optimisation
#endif]], [])], [vmgrant_fortify=$vmgrant_level])
			CPPFLAGS=$vmgrant_saved_CPPFLAGS
			CFLAGS=$vmgrant_saved_CFLAGS
			AS_CASE([$vmgrant_fortify], [no], [], [break])
		done
		AS_CASE([$vmgrant_fortify], [no], [],
			[AS_VAR_APPEND([$1], [" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$vmgrant_fortify"])])])
	AC_MSG_RESULT([$vmgrant_fortify])
])
