#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Ask for a PCI device through the library, as a program that lives on would.

    ask-vfio.py ADDRESS BYTES    prints the code and this process's limit on locked memory
"""

import ctypes
import resource
import sys


class Request(ctypes.Structure):
    """struct vmgrant_vfio_request"""
    _fields_ = [("size", ctypes.c_size_t), ("flags", ctypes.c_uint), ("address", ctypes.c_char_p),
                ("memlock_bytes", ctypes.c_uint64)]


class Vfio(ctypes.Structure):
    """struct vmgrant_vfio"""
    _fields_ = [("size", ctypes.c_size_t), ("flags", ctypes.c_uint), ("device_fd", ctypes.c_int),
                ("iommu_fd", ctypes.c_int), ("memlock_bytes", ctypes.c_uint64),
                ("node", ctypes.c_char * 32)]


def main():
    library = ctypes.CDLL("libvmgrant.so.0")
    library.vmgrant_connect.restype = ctypes.c_void_p
    library.vmgrant_vfio.argtypes = [ctypes.c_void_p, ctypes.POINTER(Request),
                                     ctypes.POINTER(Vfio)]
    connection = library.vmgrant_connect(None)
    request = Request(ctypes.sizeof(Request), 0, sys.argv[1].encode(), int(sys.argv[2]))
    vfio = Vfio(ctypes.sizeof(Vfio))
    code = library.vmgrant_vfio(connection, request, vfio)
    print(code, *resource.getrlimit(resource.RLIMIT_MEMLOCK))


main()
