"""Whether recover.py reads the test vectors. Arguments: recover.py, vectors.json."""
import hmac, importlib.util, json, sys

sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("recover", sys.argv[1])
recover = importlib.util.module_from_spec(spec)
spec.loader.exec_module(recover)
with open(sys.argv[2]) as file:
    vectors = json.load(file)
plan_key, key_id = bytes.fromhex(vectors["plan_key"]), bytes.fromhex(vectors["key_id"])

# Slots: by password, by recovery key as written and as somebody may type it, by key file, by password and scrypt.
key_file = "strongroom-key-file:" + recover.hashlib.sha256(bytes.fromhex(vectors["key_file"]["content"])).hexdigest()
assert key_file == vectors["key_file"]["secret"], key_file
typed = [vectors["slots"][0]["secret"], vectors["recovery_key"]["written"], vectors["recovery_key"]["typed"], key_file, vectors["slots"][3]["secret"]]
for secret, slot in zip(typed, [vectors["slots"][at] for at in (0, 1, 1, 2, 3)]):
    wrapped = {field: value for field, value in slot.items() if field != "secret"}
    encoded = recover.base64.b64encode(key_id).decode()
    keys = {"plan": vectors["plan"], "key_id": encoded, "slots": [wrapped], "older": []}
    assert recover.open_slots(keys, secret) == {key_id: plan_key}, secret

# The newest plan key opens an older one.
older = {field: value for field, value in vectors["older"].items() if field != "plan_key"}
keys["older"] = [older]
opened = recover.open_slots(keys, secret)
assert opened == {key_id: plan_key, recover.base64.b64decode(older["key_id"]): bytes.fromhex(vectors["older"]["plan_key"])}, opened

# A small object's last line.
line, last = vectors["small_object"].encode().splitlines(keepends=True)
made = hmac.digest(recover.hkdf(plan_key, b"", b"strongroom small objects", 32), line, "sha256")
assert last.endswith(b" hmac:" + made.hex().encode() + b"\n"), last

# A sealed volume by each cipher: its key by its header, and its only record.
backup = recover.Backup()
backup.plan, backup.keys = vectors["plan"], {key_id: plan_key}
for vector in vectors["sealed_volume"], vectors["sealed_volume_aes_128"]:
    volume = bytes.fromhex(vector["file"])
    length = int.from_bytes(volume[10:12], "big")
    key = backup.file_key(vectors["version"], vector["name"], volume[:length])
    nonce = length.to_bytes(8, "big") + b"\0\0\0\1"
    record = volume[length:]
    assert recover.open_aes_gcm(key, nonce, record[4:], record[:4]) == vector["content"].encode()
    other_cipher = volume[:12] + bytes([3 - volume[12]]) + volume[13:length]
    for other in ({"run": "20261121T200000Z-full-00000000"}, {"name": "v0002.tar.zst.sealed"}, {"header": other_cipher}):
        place = {"run": vectors["version"], "name": vector["name"], "header": volume[:length], **other}
        try:
            backup.file_key(place["run"], place["name"], place["header"])
        except recover.Damaged:
            continue
        raise AssertionError(f"a header opens as that of another file: {other}")

# A file sealed by itself: its slots, then a seal like any other.
file = bytes.fromhex(vectors["sealed_file"]["file"])
assert file[:8] == b"STRGFILE" and file[8:10] == b"\0\1"
base = 14 + int.from_bytes(file[10:14], "big")
slots, own = json.loads(file[14:base].splitlines()[0]), file[base:]
keys = recover.open_slots(slots, vectors["sealed_file"]["secret"])
length = int.from_bytes(own[10:12], "big")
header, record = own[:length], own[length:]
made = recover.hkdf(keys[header[14:30]], header[30:62], header[:-32], 64)
assert made[32:] == header[-32:] and header[13] == 3 and header[62:78].hex() == slots["plan"]
nonce = length.to_bytes(8, "big") + b"\0\0\0\1"
assert recover.open_aes_gcm(made[:32], nonce, record[4:], record[:4]) == vectors["sealed_file"]["content"].encode()
