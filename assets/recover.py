#!/usr/bin/env python3
"""Restores a Strongroom backup without Strongroom. Run it in the backup's folder, where strongroom.json lies:

    python3 recover.py --list                     the versions; with --version V the files of one
    python3 recover.py --to DIR                   all of the newest version, into DIR, a new or empty folder
    python3 recover.py --to DIR --version 20261121 --path /home/me/Documents --path /etc/fstab

The password (or recovery key) of an encrypted backup is asked for, or comes from STRONGROOM_PASSWORD; a key file is named by
STRONGROOM_KEY_FILE. Nothing in the backup is changed. Needs Python 3.9 or newer on Linux, macOS or BSD, and: apt install
python3-zstandard python3-cryptography python3-lz4 (or pip install zstandard cryptography lz4): the second only where encrypted,
the third only for volumes in tar.lz4.
Exit codes: 0 done; 1 something was not restored, and is named; 2 usage; 10 no such version; 12 wrong password.

How a backup lies in its folder (FORMAT.md, which comes with Strongroom's source, describes every byte):
 - *.json are small objects: a line of JSON, then a line with its SHA-256 and, where encrypted, an HMAC.
 - versions/<version>.json, a manifest: it is the version, unless there is deleted/<version>; tells of the catalog's index.
 - data/<run>/ is what one run wrote: volumes (v0001.tar.zst, ...) and a catalog, .sealed at their ends where encrypted. Both
   are frames of up to 8 MiB, each packed by itself (in a catalog by zstd, in a volume as its name says) and then sealed.
 - The catalog's last frame is the index: a head, a line for each segment, a line for each volume. A segment is a frame of
   some run's catalog: a line with the volumes it refers to, then a line for each file, folder and link, in the order of
   paths. A file with very many pieces goes on in frames of its own ("more").
 - A file is pieces with holes of zeros between them. A piece is [volume, offset and length of a frame in it, offset and length
   in the unpacked frame, BLAKE3]; the volume may be one of an older run.
 - keys-<n>.json has slots, each the newest plan key wrapped by a password, recovery key or key file; it wraps the older.
 - A sealed file is a header and records: length, a frame encrypted by AES-GCM, tag. Plan key and header make the file's own
   key; a record's nonce is its offset and whether it is the last. Unsealed volumes are compared with their SHA-256."""
import sys; sys.path.pop(0)     # What somebody has put beside this file is no module of Python's.
import argparse, base64, collections, contextlib, errno, functools, getpass, hashlib, hmac, importlib, json, mmap, os, re
import stat, struct, zlib
blake3 = None   # Where there is this package, each piece is compared with its own hash too.
with contextlib.suppress(ImportError): from blake3 import blake3

SMALL, FRAME, RECORD = 64 << 20, 8 << 20, (16 << 20) + 20   # Most bytes: small object or index; frame unpacked; as stored.
VERSION = re.compile(r"[0-9]{8}T[0-9]{6}Z-(full|diff|incr)-[0-9a-f]{8}")
NODES = {"fifo": stat.S_IFIFO, "char-device": stat.S_IFCHR, "block-device": stat.S_IFBLK}

class Damaged(Exception):
    """Something is not as it was written. Like whatever else goes wrong with a part, it is named, and the rest is restored."""
def ensure(true, what):
    if not true: raise Damaged(what)
def say(what): print("recover.py:", what, file=sys.stderr)
def stop(code, what):
    say(what)
    sys.exit(code)
def load(module, package):
    try:
        return importlib.import_module(module)
    except ImportError:
        stop(1, f"the Python package {package} is missing: apt install python3-{package}, or pip install {package}.")

# ---- keys and compression
def hkdf(secret, salt, info, length):
    """HKDF-SHA256 (RFC 5869)."""
    key, blocks = hmac.digest(salt or bytes(32), secret, "sha256"), [b""]
    for n in range(length // 32):
        blocks.append(hmac.digest(key, blocks[n] + info + bytes([n + 1]), "sha256"))
    return b"".join(blocks)

def open_aes_gcm(key, nonce, sealed, additional):
    """The content, or None where the key is wrong or anything was changed."""
    ciphers = load("cryptography.hazmat.primitives.ciphers.aead", "cryptography")
    with contextlib.suppress(load("cryptography.exceptions", "cryptography").InvalidTag):
        return ciphers.AESGCM(key).decrypt(nonce, sealed, additional)

def wrapping_key(kind, kdf, salt, typed):
    """The 32 bytes that a slot's function makes of what was typed."""
    function, secret = (kind, kdf["name"]), typed.encode("utf-8", "surrogateescape")
    if function == ("recovery-key", "hkdf-sha256"):
        key = re.sub(r"[\s_.\u2010-\u2015\u2212-]", "", typed).upper().translate(str.maketrans("OIL", "011"))
        written = "-".join(key[at:at + 5] for at in range(0, len(key), 5))
        return hkdf(written.encode(errors="replace"), salt, b"strongroom recovery slot", 32)
    if function == ("key-file", "hkdf-sha256"): return hkdf(secret, salt, b"strongroom key file slot", 32)
    if function == ("password", "pbkdf2-hmac-sha256") and kdf["iterations"] <= 20_000_000:
        return hashlib.pbkdf2_hmac("sha256", secret, salt, kdf["iterations"], 32)
    log_n, r, p = kdf["log_n"], kdf["r"], kdf["p"]
    possible = function == ("password", "scrypt") and p <= 16 and log_n <= 23 and r << log_n <= 1 << 23
    ensure(possible, "a slot's function or costs are not possible")
    return hashlib.scrypt(secret, salt=salt, n=1 << log_n, r=r, p=p, maxmem=(1 << 31) - 1, dklen=32)

def open_slots(file, typed):
    """All plan keys by their ids."""
    def unwrap(wrapping, it, additional):
        return open_aes_gcm(wrapping, base64.b64decode(it["nonce"]), base64.b64decode(it["wrapped"]), additional)
    plan, newest = bytes.fromhex(file["plan"]), base64.b64decode(file["key_id"])
    for slot in file["slots"][:16]:
        wrapping = wrapping_key(slot["kind"], slot["kdf"], base64.b64decode(slot["salt"]), typed)
        key = unwrap(wrapping, slot, b"strongroom slot" + plan + newest + slot["kind"].encode())
        if key:
            keys, wrapping = {newest: key}, hkdf(key, b"", b"strongroom older keys", 32)
            for older in file["older"]:
                id = base64.b64decode(older["key_id"])
                keys[id] = unwrap(wrapping, older, b"strongroom older key" + plan + newest + id)
                ensure(keys[id], "an older key does not open")
            return keys
    stop(12, "this password or recovery key does not open the backup.")

STREAMS = {"tar.gz": lambda: zlib.decompressobj(31), 8: lambda: zlib.decompressobj(-15),     # 8: a member of a zip, deflated.
           "tar.bz2": lambda: importlib.import_module("bz2").BZ2Decompressor(),
           "tar.lz4": lambda: load("lz4.frame", "lz4").LZ4FrameDecompressor()}
def unpack(kind, frame, limit):
    """What a frame holds: at most `limit` bytes. `kind`: that of its volume; for a member of a zip, its method."""
    if kind in ("zip", "zip-zstd"): return b"".join(members(frame, limit))
    if kind in ("tar", 0) and len(frame) <= limit: return frame
    if kind in ("tar.zst", 93):
        zstd = load("zstandard", "zstandard")
        head = zstd.get_frame_parameters(frame)
        if head.content_size <= limit and head.has_checksum and not head.dict_id:
            return zstd.ZstdDecompressor().decompress(frame, max_output_size=limit)
    elif kind in STREAMS and (kind != "tar.lz4" or frame[4] & 4):     # LZ4 may have no checksum: here it has.
        stream = STREAMS[kind]()
        content = stream.decompress(frame, limit + 1)
        if len(content) <= limit and stream.eof and not stream.unused_data:
            return content
    raise Damaged(f"a frame is damaged, or of a kind that is newer than this recover.py: {kind}")

def members(frame, limit):
    """The contents of a zip's members, one after the other. A frame has whole ones: header, name, extra fields, data."""
    at = 0
    while at < len(frame):
        magic, flags, method, crc, packed, size, name, extra = struct.unpack_from("<4s2xHH4xIIIHH", frame, at)
        at, limit = at + 30 + name + extra + packed, limit - size
        ensure(magic == b"PK\3\4" and not flags & ~2048 and at <= len(frame) and limit >= 0, "a member's header is damaged")
        content = unpack(method, frame[at - packed:at], size)
        ensure(len(content) == size and zlib.crc32(content) == crc, "a member is damaged")
        yield content

# ---- the backup, which is the current folder
def read(name, offset, length):
    with open(name, "rb") as file:
        file.seek(offset)
        return file.read(length)

class Backup:
    def __init__(self):
        self.plan, self.keys, self.troubles = None, {}, 0
        keys = map(re.compile(r"keys-([1-9][0-9]{0,8})(?:\.copy)?\.json").fullmatch, os.listdir("."))
        self.key_files = sorted(((int(match[1]), match[0]) for match in keys if match), reverse=True)
        self.sealed = bool(self.key_files)
    def trouble(self, what):
        self.troubles += 1
        say(what)
    def small(self, name, kind, **expected):
        """A small object; its HMAC is checked from when there are keys. All must be of one plan."""
        line, end, last = read(name, 0, SMALL).partition(b"\n")
        line, sums = line + end, re.fullmatch(rb"sha256:([0-9a-f]{64})(?: hmac:([0-9a-f]{64}))?\n", last)
        ensure(sums and hashlib.sha256(line).hexdigest().encode() == sums[1], "it is damaged, its checksum does not fit")
        macs = [hmac.digest(hkdf(k, b"", b"strongroom small objects", 32), line, "sha256") for k in self.keys.values()]
        signed = not macs or any(hmac.compare_digest(mac.hex().encode(), sums[2] or b"") for mac in macs)
        ensure(signed, "it was not written with this backup's keys")
        value = json.loads(line)
        self.plan = self.plan or value["plan"]
        expected.update(format=1, kind=kind, plan=self.plan)
        ours = all(value[field] == wanted for field, wanted in expected.items())
        ensure(ours, "it belongs elsewhere, is newer than this recover.py, or its keys-*.json are gone")
        return value
    def unlock(self, typed):
        """Opens the newest key slots of which one copy is whole."""
        for number, name in self.key_files:
            try:
                self.keys = open_slots(self.small(name, "keys", n=number), typed)
                return self.small(name, "keys")
            except Exception as error:
                self.trouble(f"{name}: {error}")
        stop(1, "no file of key slots (keys-*.json) is whole, and without one no password opens the backup.")
    def versions(self, wanted):
        """Manifests, oldest first, whose ids begin with `wanted`; for "latest" all."""
        found = {}
        for name in (it for it in os.listdir("versions") if not os.path.lexists(f"deleted/{it[:-5]}")):
            if VERSION.fullmatch(name[:-5]) and (wanted == "latest" or name.startswith(wanted)):
                try:
                    manifest = self.small(f"versions/{name}", "version", id=name[:-5], sealed=self.sealed)
                    found[int(manifest["sequence"]), name] = manifest
                except Exception as error:
                    self.trouble(f"versions/{name}: {error}")
        return [found[key] for key in sorted(found)]
    @functools.lru_cache(1000)
    def object_name(self, run, stem):
        """The path of a volume or catalog, however it is compressed."""
        names = [it for it in os.listdir(f"data/{run}") if it.split(".")[0] == stem and it.endswith(".sealed") == self.sealed]
        ensure(len(names) == 1, f"data/{run}/{stem}.*: it is missing, or there twice")
        return f"data/{run}/{names[0]}"
    @functools.lru_cache(1000)
    def file_key(self, run, name, header):
        """The key of a sealed file, once its header (that in the catalog, else its own) has proved to be this very file's."""
        header = header or read(f"data/{run}/{name}", 0, 512)
        place = bytes.fromhex(self.plan) + b"".join(bytes([len(text)]) + text.encode() for text in (run, name))
        kind = header[12:13] + (b"\2" if name.startswith("catalog.") else b"\1")     # Cipher (1: AES-256, 2: AES-128), kind.
        before = b"STRGROOM\0\1" + (62 + len(place) + 32).to_bytes(2, "big") + kind + header[14:62] + place
        made = hkdf(self.keys.get(header[14:30], b""), header[30:62], before, 64)
        known = kind[0] in (1, 2) and header[14:30] in self.keys
        fits = known and hmac.compare_digest(before + made[32:], header[:len(before) + 32])
        ensure(fits, "its header is damaged, another file's, or newer than this recover.py")
        return made[:32 // kind[0]]
    @functools.lru_cache(None)
    def check_whole(self, name, sha256):
        """Compares a file's SHA-256, once. One that is damaged is used as far as the checksums of frames or pieces go."""
        try:
            with open(name, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                ensure(hashlib.sha256(data).digest() == sha256, "it is damaged. What is surely whole in it is used.")
                return True
        except Exception as error:
            self.trouble(f"{name}: its SHA-256 does not fit: {error}")
    @functools.lru_cache(12)
    def frame(self, run, stem, offset, length, volume=(None, None, "tar.zst"), limit=FRAME, last=None):
        """An unpacked frame. `volume`: SHA-256, header of the seal, kind. `last`: whether its record must be the file's last."""
        name, (sha256, header, kind) = self.object_name(run, stem), volume
        whole = self.sealed or not sha256 or self.check_whole(name, sha256)
        try:
            ensure(whole or kind != "tar" or blake3, "tar has no checksums: pip install blake3, and what is whole is restored")
            frame = read(name, offset, length if 0 < length <= RECORD else 0)
            if self.sealed:
                key, is_last = self.file_key(run, os.path.basename(name), header), frame[:1] >= b"\x80"
                nonce = offset.to_bytes(8, "big") + bytes([0, 0, 0, is_last])
                frame = open_aes_gcm(key, nonce, frame[4:], frame[:4]) if last in (None, is_last) else None
                ensure(frame is not None, "the record is damaged")
            return unpack(kind, frame, limit)
        except Exception as error:
            raise Damaged(f"{name}, at {offset}: {error}") from None
    def lines(self, run, offset, length, limit=FRAME, last=False):
        """The JSON lines of a frame of a catalog."""
        return [json.loads(line) for line in self.frame(run, "catalog", offset, length, limit=limit, last=last).split(b"\n")[:-1]]

def octets(value):
    """A path or name: text, or where that is not UTF-8 {"base64": ...}."""
    return base64.b64decode(value["base64"], validate=True) if isinstance(value, dict) else value.encode()
def shown(path): return repr(os.fsdecode(b"/" + path))

class Version:
    """A version's list of files, folders and links, and their content."""
    def __init__(self, backup, manifest):
        self.backup, self.id, at = backup, manifest["id"], manifest["catalog"]
        head, *lines = backup.lines(self.id, at["index_offset"], at["index_length"], SMALL, True)
        runs, count = head["runs"], head["segments"]        # Lines of segments; the others are volumes.
        ours = head["format"] == 1 and head["version"] == self.id and all(map(VERSION.fullmatch, runs))
        ensure(ours, "the catalog's index belongs elsewhere, or is newer than this recover.py")
        self.segments = [(octets(it["first"]), [(runs[f[0]], f[1], f[2]) for f in it["frames"]]) for it in lines[:count]]
        self.volumes = {(runs[it["run"]], it["number"]): (base64.b64decode(it["sha256"] + "="),
                        base64.b64decode(it.get("header", "")), it.get("format", "tar.zst")) for it in lines[count:]}
    def entries(self):
        """All entries in the order of paths. What cannot be read is named and passed over."""
        for first, (segment, *more) in self.segments:
            try:
                table, *lines = self.backup.lines(*segment)
                for line in lines:
                    yield Entry(line, table["volumes"], more if line is lines[-1] else [])
            except Exception as error:
                self.backup.trouble(f"what stands from {shown(first)} on in the list is lost: {error}")
    def places(self, entry):
        """Where a file's content lies: volumes, pieces and holes, for each frame of the catalog that tells of it."""
        yield entry.table, entry.line.get("pieces", []), entry.line.get("holes", [])
        for frame in entry.more:
            table, line = self.backup.lines(*frame)
            yield table["volumes"], line["more"], line.get("holes", [])
    def write(self, entry, file):
        """Writes a file's pieces; the holes between them are left out, and so stay holes."""
        at, holes = 0, collections.deque(hole for _, _, holes in self.places(entry) for hole in holes)
        for table, pieces, _ in self.places(entry):
            for place, start, size, offset, length, digest in pieces:
                run, number = table[place]
                data = self.backup.frame(run, f"v{number:04}", start, size, self.volumes[run, number])[offset:offset + length]
                fits = not blake3 or blake3(data).digest() == base64.b64decode(digest + "=")
                ensure(fits, f"a piece of it, in volume {number} of {run}, is damaged")
                while data:
                    while holes and holes[0][0] <= at: at += holes.popleft()[1]
                    file.seek(at)
                    written = file.write(data[:holes[0][0] - at] if holes else data)
                    at, data = at + written, data[written:]
        ensure(at + sum(length for _, length in holes) == entry.size, "its pieces and holes are not its size")
        file.truncate(entry.size)

class Entry:
    def __init__(self, line, table, more):
        self.line, self.table, self.more = line, table, more
        self.path, self.kind, self.size = octets(line["path"]), line.get("type", "file"), line.get("size", 0)
        self.parts, self.link = self.path.split(b"/"), octets(line["link"]).split(b"/") if "link" in line else []
        stays = not any(part in (b"", b".", b"..") or b"\0" in part for part in self.parts + self.link)
        ensure(stays, f"{shown(self.path)} does not stay where it belongs")
        self.mode = int(line.get("mode", {"folder": "755", "symlink": "777"}.get(self.kind, "644")), 8) & 0o7777
        self.uid, self.gid, self.mtime = line.get("uid", 0), line.get("gid", 0), line["mtime"][0] * 10**9 + line["mtime"][1]
        self.target, self.device = octets(line.get("target", "")), os.makedev(*line.get("device", (0, 0)))
        self.xattrs = [(octets(name), base64.b64decode(value)) for name, value in line.get("xattrs", [])]

# ---- what is restored
class Target:
    """The folder that all goes to. What is below is opened a folder at a time, without following links."""
    def __init__(self, path, version, chosen):
        self.version, self.wanted = version, lambda parts: any(parts[:len(path)] == path for path in chosen)
        self.unfinished, self.unset = [], collections.Counter()
        os.makedirs(path, exist_ok=True)
        self.root = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self.open, self.at = [os.dup(self.root), os.dup(self.root)], [[], []]
        if os.listdir(self.root): stop(2, f"{path} is not empty, and nothing that exists is overwritten: choose a new folder.")
    def folder(self, parts, slot=0):
        """A folder, made where it is missing. The last of each slot stays open."""
        if self.at[slot] != parts:
            fd, self.at[slot] = self.open[slot], None
            os.dup2(self.root, fd)
            for part in parts:
                with contextlib.suppress(FileExistsError): os.mkdir(part, dir_fd=fd)
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=fd)
                os.dup2(inner, fd)
                os.close(inner)
            self.at[slot] = parts
        return self.open[slot]
    def put(self, entry):
        self.finish(entry.parts)
        folder, name = self.folder(entry.parts[:-1]), entry.parts[-1]
        if entry.link and self.wanted(entry.link):
            with contextlib.suppress(OSError):      # Not there, or no links here: it becomes a file of its own.
                above = self.folder(entry.link[:-1], 1)
                return os.link(entry.link[-1], name, src_dir_fd=above, dst_dir_fd=folder, follow_symlinks=False)
        if entry.kind == "file":
            fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=folder)
            with open(fd, "wb", buffering=0) as file:
                try:
                    self.version.write(entry, file)
                    self.set_metadata(entry, fd)
                except BaseException:
                    os.unlink(name, dir_fd=folder)
                    raise
        elif entry.kind == "folder":
            os.mkdir(name, 0o700, dir_fd=folder)
            self.unfinished.append(entry)
        else:
            if entry.kind == "symlink": os.symlink(entry.target, name, dir_fd=folder)
            else: os.mknod(name, NODES[entry.kind] | 0o600, entry.device, dir_fd=folder)
            self.set_metadata(entry, folder, name)
    def finish(self, parts=()):
        """Sets the metadata of folders that nothing comes into any more when `parts` is the next."""
        while self.unfinished and self.unfinished[-1].parts != parts[:len(self.unfinished[-1].parts)]:
            entry = self.unfinished.pop()
            self.set_metadata(entry, self.folder(entry.parts, 1))
    def set_metadata(self, entry, fd, name=None):
        """Owner, attributes, mode, time: of `name` in the folder `fd`, or of `fd` itself. What cannot be set is counted."""
        at, where = (fd, {}) if name is None else (name, {"dir_fd": fd, "follow_symlinks": False})
        path, setxattr = fd if name is None else b"/proc/self/fd/%d/%s" % (fd, name), getattr(os, "setxattr", None)
        steps = [("owner", os.chown, (at, entry.uid, entry.gid), where)]
        steps += [("attributes", setxattr, (path, *it), {"follow_symlinks": name is None}) for it in entry.xattrs]
        if entry.kind != "symlink":     # What runs as its owner (setuid) must not do so as somebody else.
            ours = os.geteuid() == 0 or (entry.uid, entry.gid) == (os.geteuid(), os.getegid())
            steps += [("mode", os.chmod, (at, entry.mode & (0o7777 if ours else 0o1777)), {"dir_fd": fd} if name else {})]
        steps += [("time", os.utime, (at,), {"ns": (entry.mtime, entry.mtime), **where})]
        for what, do, arguments, options in steps:
            try:
                do(*arguments, **options)
            except Exception:
                self.unset[what] += 1

# ---- the command line
def restore(backup, version, to, chosen):
    target, count, unseen = Target(to, version, chosen), 0, chosen
    for entry in version.entries():
        above = entry.kind == "folder" and any(path[:len(entry.parts)] == entry.parts for path in chosen)
        if above or target.wanted(entry.parts):
            unseen = [path for path in unseen if entry.parts[:len(path)] != path]
            try:
                target.put(entry)
                count += 1
            except Exception as error:
                if getattr(error, "errno", 0) in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
                    stop(1, f"{to}: {error.strerror}")
                backup.trouble(f"{shown(entry.path)} is not restored: {error}")
    target.finish()
    for path in filter(None, unseen): backup.trouble(f"{shown(b'/'.join(path))} is not in this version")
    for what, times in sorted(target.unset.items()): say(f"{what} of {times} could not be set: only root may set all")
    print(f"{count} files, folders and links of version {version.id} restored to {to}")

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, action in ("--to", "store"), ("--version", "store"), ("--path", "append"), ("--list", "store_true"):
        parser.add_argument(option, action=action)
    options = parser.parse_args()
    if not os.path.isdir("versions"):
        stop(10, "this is no backup's folder: start me in the one with strongroom.json and versions.")
    if not options.list and os.path.commonpath([os.path.realpath(options.to or "."), os.getcwd()]) == os.getcwd():
        stop(2, "--to must name the folder for what is restored: a new one, and not in the backup itself.")
    backup = Backup()
    if backup.sealed and (options.version or not options.list):
        file = os.environ.get("STRONGROOM_KEY_FILE")
        typed = file and "strongroom-key-file:" + hashlib.sha256(read(file, 0, 1 << 20)).hexdigest()
        backup.unlock(typed or os.environ.get("STRONGROOM_PASSWORD") or getpass.getpass("Password or recovery key: "))
    versions = backup.versions(options.version or "latest")
    if options.list and not options.version:
        for it in versions: print(it["id"], it["started"], f"{it['totals']['files']} files, {it['totals']['bytes']} bytes")
    elif not versions or len(versions) > 1 and options.version not in (None, "latest"):
        stop(1 if backup.troubles else 10, "there is no such version, or more than one: --list shows them all.")
    elif options.list:
        for entry in Version(backup, versions[-1]).entries(): print(f"{entry.size:>15}  {shown(entry.path)}")
    else:
        chosen = [[part for part in os.fsencode(path).split(b"/") if part] for path in options.path or ["/"]]
        restore(backup, Version(backup, versions[-1]), os.path.abspath(options.to), chosen)
    return 1 if backup.troubles else 0

if __name__ == "__main__":
    for stream in sys.stdout, sys.stderr: stream.reconfigure(errors="backslashreplace")
    try:
        sys.exit(main())
    except KeyboardInterrupt: stop(130, "stopped.")
    except EOFError: stop(12, "no password was given.")
    except Exception as error: stop(1, f"it stops here: {error}")
