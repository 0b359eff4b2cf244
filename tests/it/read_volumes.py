"""Compares volumes with the tree they were made of, by Python's own tarfile and zipfile.

read_volumes.py TREE VOLUME... prints a line for each thing that differs, then how many files were the same. Parts of large files
are joined. TREE is an absolute path.
"""

import io
import os
import stat
import subprocess
import sys
import tarfile
import zipfile

PARTS = b".strongroom-parts/"


def of_tar(path):
    program = {"lz4": "lz4", "zst": "zstd"}.get(path.rsplit(".", 1)[1])
    if program:
        path = io.BytesIO(subprocess.run([program, "-dc", path], stdout=subprocess.PIPE, check=True).stdout)
        archive = tarfile.open(fileobj=path)
    else:
        archive = tarfile.open(path)
    for member in archive:
        name = os.fsencode(member.name)
        if member.isdir():
            yield name, stat.S_IFDIR, b""
        elif member.issym():
            yield name, stat.S_IFLNK, os.fsencode(member.linkname)
        elif member.islnk():
            yield name, 0, b"/" + os.fsencode(member.linkname)
        elif member.isfile():
            yield name, stat.S_IFREG, archive.extractfile(member).read()


def of_zip(path):
    archive = zipfile.ZipFile(path)
    assert archive.testzip() is None
    for member in archive.infolist():
        name = member.filename.encode("utf-8" if member.flag_bits & 0x800 else "cp437")
        yield name.rstrip(b"/"), stat.S_IFMT(member.external_attr >> 16), archive.read(member)


def data(path):
    """A file's content without its holes: those are in the catalog."""
    out, end = b"", os.stat(path).st_size
    with open(path, "rb") as file:
        at = 0
        while at < end:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            hole = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            file.seek(at)
            out += file.read(hole - at)
            at = hole
    return out


tree, volumes = os.fsencode(sys.argv[1]), sys.argv[2:]
same, parts, links = set(), {}, {}
for volume in volumes:
    for name, kind, content in (of_zip if volume.endswith(".zip") else of_tar)(volume):
        if name.startswith(PARTS):
            name, number = name[len(PARTS):].rsplit(b"/", 1)
            parts.setdefault(b"/" + name, {})[number] = content
            continue
        path = b"/" + name
        if not path.startswith(tree):
            continue
        there = os.lstat(path).st_mode
        if kind == 0:
            good = os.path.samestat(os.lstat(path), os.lstat(content))
        elif kind != stat.S_IFMT(there):
            good = False
        elif kind == stat.S_IFREG:
            with open(path, "rb") as file:
                good = file.read() == content
        else:
            good = kind == stat.S_IFDIR or os.readlink(path) == content
        if good:
            same.add(path)
        else:
            print("differs:", path)
for path, found in parts.items():
    if data(path) == b"".join(found[number] for number in sorted(found)):
        same.add(path)
    else:
        print("differs:", path)
print("same:", len(same))
