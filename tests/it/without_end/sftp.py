#!/usr/bin/env python3
"""Speaks SFTP version 3 on its standard streams: there is one folder, and what it holds has no end."""

import struct
import sys

INIT, CLOSE, LSTAT, OPENDIR, READDIR, REALPATH, STAT = 1, 4, 7, 11, 12, 16, 17
VERSION, STATUS, HANDLE, NAME, ATTRS = 2, 101, 102, 104, 105
OK, UNSUPPORTED = 0, 8


def text(value):
    return struct.pack(">I", len(value)) + value


def say(kind, payload):
    sys.stdout.buffer.write(struct.pack(">IB", len(payload) + 1, kind) + payload)
    sys.stdout.buffer.flush()


def attributes(mode):
    """Size and permissions."""
    return struct.pack(">IQI", 1 | 4, 3, mode)


def main():
    folder, file = attributes(0o40755), attributes(0o100644)
    names = [b"%04d" % n + b"x" * 240 for n in range(500)]
    listed = struct.pack(">I", len(names)) + b"".join(text(name) + text(name[:4]) + file for name in names)
    while True:
        head = sys.stdin.buffer.read(4)
        if len(head) < 4:
            return
        asked = sys.stdin.buffer.read(*struct.unpack(">I", head))
        kind, number = asked[0], asked[1:5]
        if kind == INIT:
            say(VERSION, struct.pack(">I", 3))
        elif kind in (STAT, LSTAT):
            say(ATTRS, number + folder)
        elif kind == REALPATH:
            say(NAME, number + struct.pack(">I", 1) + text(b"/") + text(b"/") + folder)
        elif kind == OPENDIR:
            say(HANDLE, number + text(b"h"))
        elif kind == READDIR:
            say(NAME, number + listed)
        else:
            status = OK if kind == CLOSE else UNSUPPORTED
            say(STATUS, number + struct.pack(">I", status) + text(b"") + text(b"en"))


main()
