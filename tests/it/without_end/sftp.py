#!/usr/bin/env python3
"""Speaks SFTP version 3 on its standard streams. As it is told, what a folder holds has no end, or there is one plan, and its marker has
none."""

import struct
import sys

INIT, OPEN, CLOSE, READ, LSTAT, FSTAT, OPENDIR, READDIR, REALPATH, STAT = 1, 3, 4, 5, 7, 8, 11, 12, 16, 17
VERSION, STATUS, HANDLE, DATA, NAME, ATTRS = 2, 101, 102, 103, 104, 105
OK, END, UNSUPPORTED = 0, 1, 8


def text(value):
    return struct.pack(">I", len(value)) + value


def say(kind, payload):
    sys.stdout.buffer.write(struct.pack(">IB", len(payload) + 1, kind) + payload)
    sys.stdout.buffer.flush()


def attributes(mode, size=3):
    """Size and permissions."""
    return struct.pack(">IQI", 1 | 4, size, mode)


def listed(names, kind):
    return struct.pack(">I", len(names)) + b"".join(text(name) + text(name[:4]) + kind for name in names)


def main():
    folder, file, endless = attributes(0o40755), attributes(0o100644), attributes(0o100644, 1 << 40)
    whole = sys.argv[1] == "file"
    names = listed([b"plan"], folder) if whole else listed([b"%04d" % n + b"x" * 240 for n in range(500)], file)
    read = set()
    while True:
        head = sys.stdin.buffer.read(4)
        if len(head) < 4:
            return
        asked = sys.stdin.buffer.read(*struct.unpack(">I", head))
        kind, number = asked[0], asked[1:5]
        if kind == INIT:
            say(VERSION, struct.pack(">I", 3))
        elif kind in (STAT, LSTAT, FSTAT):
            is_marker = kind == FSTAT or asked.endswith(b"strongroom.json")
            say(ATTRS, number + (endless if is_marker else folder))
        elif kind == REALPATH:
            say(NAME, number + struct.pack(">I", 1) + text(b"/") + text(b"/") + folder)
        elif kind in (OPEN, OPENDIR):
            say(HANDLE, number + text(number))
        elif kind == READDIR and asked[9:] not in read:
            if whole:
                read.add(asked[9:])
            say(NAME, number + names)
        elif kind == READ:
            say(DATA, number + text(b" " * struct.unpack(">I", asked[-4:])[0]))
        else:
            status = OK if kind == CLOSE else END if kind == READDIR else UNSUPPORTED
            say(STATUS, number + struct.pack(">I", status) + text(b"") + text(b"en"))


main()
