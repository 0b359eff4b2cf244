use super::*;
use crate::archive::key::{KdfCost, recovery_key};
use crate::model::secret::Secret;

const CHEAP: KdfCost = KdfCost::Pbkdf2 { iterations: 2 };

fn plan() -> PlanId {
    PlanId::from_random([7; 16])
}

fn key(n: u8) -> PlanKey {
    PlanKey { id: [n; 16], bytes: Zeroizing::new([n ^ 0x5a; 32]) }
}

fn random() -> impl FnMut(&mut [u8]) {
    let mut n = 0u8;
    move |bytes: &mut [u8]| {
        for b in bytes {
            n = n.wrapping_mul(5).wrapping_add(13);
            *b = n;
        }
    }
}

fn slot(kind: SlotKind, secret: &str) -> NewSlot<'_> {
    NewSlot { kind, secret, cost: CHEAP, created: "2026-11-21T20:00:00Z".parse().unwrap() }
}

fn password(secret: &str) -> NewSlot<'_> {
    slot(SlotKind::Password, secret)
}

fn recovery(secret: &str) -> NewSlot<'_> {
    slot(SlotKind::RecoveryKey, secret)
}

fn file<'a>(plan: &'a PlanId, n: u32, bytes: &'a [u8]) -> KeyFile<'a> {
    KeyFile { object: "keys", plan, n, bytes }
}

fn open(n: u32, bytes: &[u8], secret: &str) -> Result<KeyRing> {
    file(&plan(), n, bytes).open(secret)
}

#[test]
fn opens_with_each_secret_and_gives_older_keys() {
    let ring = KeyRing::new(key(1)).with_newest(key(2));
    let paper = recovery_key(&[3; 20]);
    let scrypt = NewSlot { cost: KdfCost::Scrypt { log_n: 4, r: 8, p: 1 }, ..password("zwölf") };
    let bytes = encode(&plan(), 1, &ring, &[password("eins"), scrypt, recovery(&paper)], &mut random()).unwrap();
    for secret in ["eins", "zwölf", &paper, &paper.to_lowercase().replace('-', "")] {
        let opened = open(1, &bytes, secret).unwrap();
        assert_eq!(opened.to_text(), ring.to_text());
    }
    assert!(matches!(open(1, &bytes, "Eins"), Err(Error::WrongSecret)));
    assert!(matches!(open(1, &bytes, &recovery_key(&[4; 20])), Err(Error::WrongRecoveryKey { mistyped: false })));
    assert!(matches!(open(1, &bytes, &paper.replacen('G', "H", 1)), Err(Error::WrongRecoveryKey { mistyped: true })));
    assert!(matches!(open(1, &bytes, &paper[6..]), Err(Error::WrongRecoveryKey { mistyped: true })), "too short");
    // A recovery key is no password, even where somebody took one for it.
    let bytes = encode(&plan(), 1, &ring, &[password(&paper)], &mut random()).unwrap();
    assert!(open(1, &bytes, &paper).is_ok());
    let shown = file(&plan(), 1, &bytes).shown().unwrap();
    assert_eq!((shown.newest, shown.older, shown.slots.len()), ([2; 16], 1, 1));
    assert_eq!((shown.slots[0].kind, &*shown.slots[0].function), (SlotKind::Password, "PBKDF2-HMAC-SHA256 2"));
    assert_eq!(shown.slots[0].created, Some(password("x").created));
}

#[test]
fn what_opens_already_is_told_by_its_slot() {
    let ring = KeyRing::new(key(1));
    let paper = recovery_key(&[3; 20]);
    let bytes = encode(&plan(), 1, &ring, &[password("eins"), password("zwei"), recovery(&paper)], &mut random()).unwrap();
    let (plan, all) = (plan(), |_: &KeySlot| true);
    let file = file(&plan, 1, &bytes);
    let slots = file.shown().unwrap().slots;
    let opened = |kind, secret: &str| file.opened_by(kind, secret, &all).unwrap();
    assert_eq!(opened(SlotKind::Password, "zwei").as_ref(), Some(&slots[1]));
    assert_eq!(opened(SlotKind::Password, "drei"), None);
    assert_eq!(opened(SlotKind::Password, &paper.to_lowercase()).as_ref(), Some(&slots[2]), "typed as a password");
    assert_eq!(opened(SlotKind::RecoveryKey, &paper).as_ref(), Some(&slots[2]));
    assert_eq!(opened(SlotKind::KeyFile, "zwei"), None, "a password is no key file");
    let others = |slot: &KeySlot| slot.id != slots[1].id;
    assert_eq!(file.opened_by(SlotKind::Password, "zwei", &others).unwrap(), None);
    assert_eq!(file.costs(&all).unwrap(), [CHEAP, CHEAP]);
}

#[test]
fn every_flip_is_found() {
    let ring = KeyRing::new(key(1));
    let bytes = encode(&plan(), 1, &ring, &[password("x")], &mut random()).unwrap();
    file(&plan(), 1, &bytes).check(Some(&ring)).unwrap();
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        let found = open(1, &bad, "x").err();
        assert!(matches!(found, Some(Error::Damaged { .. } | Error::NotSealed { .. })), "byte {at}: {found:?}");
        assert!(file(&plan(), 1, &bad).check(Some(&ring)).is_err());
    }
    assert!(open(2, &bytes, "x").is_err(), "another number");
    assert!(file(&PlanId::from_random([8; 16]), 1, &bytes).open("x").is_err(), "another plan");
}

#[test]
fn slots_cannot_be_taken_to_another_plan() {
    let ring = KeyRing::new(key(1));
    let bytes = encode(&plan(), 1, &ring, &[password("x")], &mut random()).unwrap();
    let mut value: serde_json::Value = json_lines::decode("keys", &bytes, Trust::Checksum).unwrap();
    let other = PlanId::from_random([8; 16]);
    value["plan"] = other.as_str().into();
    let forged = json_lines::encode(&value, Some(&key(9)));
    assert!(matches!(file(&other, 1, &forged).open("x"), Err(Error::WrongSecret)));
}

#[test]
fn hostile_files_are_refused() {
    let ring = KeyRing::new(key(1));
    let bytes = encode(&plan(), 1, &ring, &[password("x")], &mut random()).unwrap();
    let value: serde_json::Value = json_lines::decode("keys", &bytes, Trust::Checksum).unwrap();
    let refused = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut bad = value.clone();
        change(&mut bad);
        open(1, &json_lines::encode(&bad, Some(&key(1))), "x").err()
    };
    let damaged = |found: Option<Error>| assert!(matches!(found, Some(Error::Damaged { .. })), "{found:?}");
    damaged(refused(&|f| f["slots"][0]["kdf"] = serde_json::json!({"name": "scrypt", "log_n": 24, "r": 8, "p": 1})));
    damaged(refused(&|f| f["slots"][0]["kdf"] = serde_json::json!({"name": "hkdf-sha256"})));
    damaged(refused(&|f| f["slots"][0]["kind"] = "key-file".into()));
    damaged(refused(&|f| f["slots"][0]["kind"] = "fingerprint".into()));
    damaged(refused(&|f| f["slots"] = serde_json::json!([])));
    damaged(refused(&|f| f["slots"] = vec![f["slots"][0].clone(); 17].into()));
    damaged(refused(&|f| f["slots"][0]["salt"] = "AAAA".into()));
    damaged(refused(&|f| f["kind"] = "version".into()));
    assert!(matches!(refused(&|f| f["format"] = 2.into()), Some(Error::TooNew { found: 2, .. })));
}

#[test]
fn a_password_change_keeps_the_recovery_key() {
    let paper = recovery_key(&[3; 20]);
    let ring = KeyRing::new(key(1));
    let of = |kind: SlotKind| move |slot: &KeySlot| slot.kind != kind;
    let old = encode(&plan(), 1, &ring, &[password("old"), recovery(&paper)], &mut random()).unwrap();
    let no_password = of(SlotKind::Password);
    let new = file(&plan(), 1, &old).rewrite(2, &ring, &no_password, &[password("new")], &mut random()).unwrap();
    assert!(matches!(open(2, &new, "old"), Err(Error::WrongSecret)));
    for secret in ["new", &paper] {
        assert_eq!(open(2, &new, secret).unwrap().to_text(), ring.to_text());
    }
    let other_paper = recovery_key(&[4; 20]);
    let no_recovery = of(SlotKind::RecoveryKey);
    let newer = file(&plan(), 2, &new).rewrite(3, &ring, &no_recovery, &[recovery(&other_paper)], &mut random()).unwrap();
    assert!(open(3, &newer, "new").is_ok() && open(3, &newer, &other_paper).is_ok());
    assert!(matches!(open(3, &newer, &paper), Err(Error::WrongRecoveryKey { mistyped: false })));
    // After a rotation the slots whose secret is not given lapse, whatever was to be kept.
    let rotated = ring.with_newest(key(2));
    let last = file(&plan(), 3, &newer).rewrite(4, &rotated, &|_| true, &[password("new")], &mut random()).unwrap();
    assert_eq!(open(4, &last, "new").unwrap().to_text(), rotated.to_text());
    assert!(open(4, &last, &other_paper).is_err());
    assert!(file(&plan(), 4, &last).check(Some(&KeyRing::new(key(3)))).is_err(), "another plan's keys prove nothing");
}

#[test]
fn slots_are_added_and_removed_one_by_one() {
    let ring = KeyRing::new(key(1));
    let content: Vec<u8> = (0..64).collect();
    let key_file = Secret::of_key_file(&content).unwrap();
    let one = encode(&plan(), 1, &ring, &[password("one"), password("two")], &mut random()).unwrap();
    let by_file = slot(SlotKind::KeyFile, key_file.expose());
    let mut others = random();
    others(&mut [0; 100]);
    let three = file(&plan(), 1, &one).rewrite(2, &ring, &|_| true, &[by_file], &mut others).unwrap();
    let (_, of_two) = file(&plan(), 2, &three).open_slot("two").unwrap();
    let (_, of_file) = file(&plan(), 2, &three).open_slot(key_file.expose()).unwrap();
    assert_eq!((of_two.kind, of_file.kind, &*of_file.function), (SlotKind::Password, SlotKind::KeyFile, "HKDF-SHA256"));
    assert_eq!(of_two, file(&plan(), 1, &one).shown().unwrap().slots[1], "a slot stays what it is");

    let two = file(&plan(), 2, &three).rewrite(3, &ring, &|slot| slot.id != of_two.id, &[], &mut others).unwrap();
    assert!(matches!(open(3, &two, "two"), Err(Error::WrongSecret)));
    assert!(open(3, &two, "one").is_ok() && open(3, &two, key_file.expose()).is_ok());
    let other_file = Secret::of_key_file(&content[1..]).unwrap();
    assert!(matches!(open(3, &two, other_file.expose()), Err(Error::WrongKeyFile)));
    let none = file(&plan(), 3, &two).rewrite(4, &ring, &|_| false, &[], &mut others);
    assert!(matches!(none, Err(Error::Limit(_))), "the last slot never goes");
}

#[test]
fn empty_secrets_and_wild_costs_are_not_written() {
    let ring = KeyRing::new(key(1));
    for slot in [
        password(""),
        recovery("not a key"),
        slot(SlotKind::KeyFile, "no key file"),
        NewSlot { cost: KdfCost::Scrypt { log_n: 30, r: 8, p: 1 }, ..password("x") },
    ] {
        assert!(matches!(encode(&plan(), 1, &ring, &[slot], &mut random()), Err(Error::Limit(_))));
    }
    assert!(encode(&plan(), 1, &ring, &[], &mut random()).is_err());
}
