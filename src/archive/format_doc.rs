#![doc = include_str!("../../FORMAT.md")]

#[cfg(test)]
mod tests {
    use data_encoding::{BASE64, HEXLOWER};
    use zeroize::Zeroizing;

    use crate::archive::json_lines::{self, Trust};
    use crate::archive::key::{self, KdfCost, KeyRing, NewSlot, PlanKey, SlotKind, recovery_key};
    use crate::archive::loose::sealed_file::{Copying, encrypt};
    use crate::archive::seal::{Identity, ObjectKind, Opener, Sealer};
    use crate::model::format::{Cipher, KdfKind};
    use crate::model::plan::PlanId;
    use crate::model::run::Cancel;
    use crate::model::secret::Secret;

    fn counting<const N: usize>(from: u8) -> [u8; N] {
        std::array::from_fn(|i| from + i as u8)
    }

    fn plan_key() -> PlanKey {
        PlanKey { id: counting(0xa0), bytes: Zeroizing::new(counting(0)) }
    }

    fn older_key() -> PlanKey {
        PlanKey { id: counting(0xb0), bytes: Zeroizing::new(counting(0x20)) }
    }

    fn identity<'a>() -> Identity<'a> {
        Identity {
            plan: counting(0x10),
            version: "20261121T200000Z-full-5f3a9c2e",
            object: "v0001.tar.zst.sealed",
            kind: ObjectKind::Volume,
        }
    }

    /// The fenced blocks of the chapter on test vectors.
    fn vectors() -> Vec<&'static str> {
        let text = include_str!("../../FORMAT.md");
        let (_, chapter) = text.split_once("## 7. Test vectors").unwrap();
        chapter.split("```text\n").skip(1).map(|block| block.split_once("```").unwrap().0).collect()
    }

    fn sealed_file(slot: &NewSlot<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        let from = &mut &b"Strongroom"[..];
        let copying = Copying { from, to: &mut out, each: &mut |_| {}, cancel: &Cancel::default() };
        let slot = NewSlot { kind: slot.kind, secret: slot.secret, cost: slot.cost, created: slot.created };
        encrypt(copying, Cipher::Aes256Gcm, &[slot], &mut |bytes| bytes.fill(0x5a)).unwrap();
        out
    }

    #[test]
    fn the_document_and_the_program_agree() {
        let sealed = |cipher| {
            let sealer = Sealer::new(&plan_key(), cipher, identity(), [0x5a; 32]);
            let mut sealed = sealer.header().to_vec();
            let mut record = b"Strongroom".to_vec();
            sealer.seal(sealed.len() as u64, true, &mut record);
            sealed.extend_from_slice(&record);
            let hex: Vec<String> = sealed.chunks(32).map(|line| HEXLOWER.encode(line)).collect();
            hex.join("\n") + "\n"
        };
        let small = json_lines::encode(&serde_json::json!({"format": 1}), Some(&plan_key()));
        let paper = recovery_key(&counting(0));

        let ring = KeyRing::new(plan_key());
        let cost = KdfCost::Pbkdf2 { iterations: 1000 };
        let key_file = Secret::of_key_file(&counting::<32>(0)).unwrap();
        let created = "2026-11-21T20:00:00Z".parse().unwrap();
        let slots = [
            NewSlot { kind: SlotKind::Password, secret: "correct horse", cost, created },
            NewSlot { kind: SlotKind::RecoveryKey, secret: &paper, cost, created },
            NewSlot { kind: SlotKind::KeyFile, secret: key_file.expose(), cost, created },
            NewSlot { kind: SlotKind::Password, secret: "correct horse", cost: KdfCost::least(KdfKind::Scrypt), created },
        ];
        let plan = PlanId::from_random(counting(0x10));
        let file = key::encode(&plan, 1, &ring, &slots, &mut |bytes| bytes.fill(0x5a)).unwrap();
        let file: serde_json::Value = json_lines::decode("keys", &file, Trust::Mac(&ring)).unwrap();
        let rotated = KeyRing::new(older_key()).with_newest(plan_key());
        let with_older = key::encode(&plan, 1, &rotated, &slots[..1], &mut |bytes| bytes.fill(0x5a)).unwrap();
        let with_older: serde_json::Value = json_lines::decode("keys", &with_older, Trust::Mac(&rotated)).unwrap();
        let wrapped = |n: usize| format!("{}\n", file["slots"][n]["wrapped"].as_str().unwrap());

        let hex_lines = |bytes: &[u8]| bytes.chunks(32).map(|line| HEXLOWER.encode(line) + "\n").collect::<String>();
        let made = [
            sealed(Cipher::Aes256Gcm),
            String::from_utf8(small).unwrap(),
            format!("{}\n", *paper),
            wrapped(0) + &wrapped(1),
            sealed(Cipher::Aes128Gcm),
            format!("{}\n{}", key_file.expose(), wrapped(2)),
            hex_lines(&sealed_file(&slots[0])),
            wrapped(3),
            format!("{}\n", with_older["older"][0]["wrapped"].as_str().unwrap()),
        ];
        assert_eq!(vectors(), made);
    }

    #[test]
    fn the_vectors_in_json_are_these() {
        let json: serde_json::Value = serde_json::from_str(include_str!("../../tests/vectors.json")).unwrap();
        let text = |pointer: &str| json.pointer(pointer).and_then(|v| v.as_str()).unwrap().to_owned();
        let [sealed, small, paper, wrapped, sealed_128, key_file, file, scrypt, older] = vectors()[..] else {
            panic!("nine vectors")
        };
        assert_eq!(text("/sealed_file/file"), file.replace('\n', ""));
        assert_eq!(text("/sealed_volume/file"), sealed.replace('\n', ""));
        assert_eq!(text("/sealed_volume_aes_128/file"), sealed_128.replace('\n', ""));
        assert_eq!(format!("{}\n{}\n", text("/slots/2/secret"), text("/slots/2/wrapped")), key_file);
        assert_eq!(text("/small_object"), small);
        assert_eq!(text("/recovery_key/written") + "\n", paper);
        assert_eq!(format!("{}\n{}\n", text("/slots/0/wrapped"), text("/slots/1/wrapped")), wrapped);
        assert_eq!([text("/slots/3/wrapped") + "\n", text("/older/wrapped") + "\n"], [scrypt, older]);
        let id = BASE64.encode(&older_key().id);
        assert_eq!((text("/older/plan_key"), text("/older/key_id")), (HEXLOWER.encode(&older_key().bytes[..]), id));
        let identity = identity();
        let told = [text("/plan_key"), text("/key_id"), text("/plan"), text("/version"), text("/sealed_volume/name")];
        let ours = [&plan_key().bytes[..], &plan_key().id, &identity.plan].map(|bytes| HEXLOWER.encode(bytes));
        assert_eq!((&told[..3], &told[3..]), (&ours[..], &[identity.version.to_owned(), identity.object.to_owned()][..]));
    }

    #[test]
    fn the_sealed_vectors_open() {
        for at in [0, 4] {
            let mut object = HEXLOWER.decode(vectors()[at].replace('\n', "").as_bytes()).unwrap();
            let opener = Opener::new(&KeyRing::new(plan_key()), &object, identity(), "o").unwrap();
            let mut record = object.split_off(opener.header_length());
            assert!(opener.open(object.len() as u64, &mut record).unwrap());
            assert_eq!(record, b"Strongroom");
        }
    }
}
