//! Bounds that no test can reach by doing; all else is tested with the archives of other programs in `tests/it`.

use super::*;

#[test]
fn what_unpacks_to_absurdly_much_is_a_bomb() {
    assert!(!is_bomb(BOMB_FROM, 1), "a small one is none");
    assert!(is_bomb(BOMB_FROM + 1, 1 << 20));
    assert!(!is_bomb(1 << 40, 2 << 30), "a large archive of an image that is mostly empty");
    assert!(is_bomb(u64::MAX, 1 << 40));
}
