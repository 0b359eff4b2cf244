//! Which of several destinations is read from first: by what is remembered of each, without asking any.

use std::cmp::Reverse;

/// Latencies below this are told apart no further, milliseconds: so much they differ from look to look.
const AT_ONCE: u64 = 8;

/// What is remembered of a destination that a version is to be read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Others are known to have the version, and this one is not.
    pub lacks: bool,
    /// Something that the version may need was found damaged there.
    pub damaged: bool,
    /// Whether it could be used when it was last looked at; `None`: nobody has looked yet.
    pub good: Option<bool>,
    pub is_server: bool,
    /// Until it last answered.
    pub latency_ms: Option<u64>,
    /// Bytes a second, when that was last measured.
    pub speed: Option<u64>,
}

/// The healthiest first, those that are alike in the order in which they come. What lacks the version comes last, since nothing else helps
/// it; what is damaged there would be read and refused, while one that is away may be back.
pub fn healthiest_first<T>(mut all: Vec<(T, Remembered)>) -> Vec<T> {
    all.sort_by_key(|(_, remembered)| remembered.rank());
    all.into_iter().map(|(one, _)| one).collect()
}

impl Remembered {
    /// The less, the better.
    fn rank(&self) -> impl Ord + use<> {
        let look = match self.good {
            Some(true) => 0_u8,
            None => 1,
            Some(false) => 2,
        };
        // Of two that answer about as fast the one that moves more is better.
        let answers = self.latency_ms.map_or(u32::MAX, |ms| ms.max(AT_ONCE).ilog2());
        let speed = Reverse(self.speed.unwrap_or(0));
        (self.lacks, self.damaged, look, self.is_server, answers, speed, self.latency_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOLDER: Remembered =
        Remembered { lacks: false, damaged: false, good: Some(true), is_server: false, latency_ms: Some(0), speed: None };
    const SERVER: Remembered = Remembered { is_server: true, latency_ms: Some(30), ..FOLDER };

    fn order<const N: usize>(all: [(&'static str, Remembered); N]) -> String {
        healthiest_first(all.to_vec()).join(" ")
    }

    #[test]
    fn what_could_be_used_last_comes_before_what_could_not() {
        let away = Remembered { good: Some(false), ..FOLDER };
        let unknown = Remembered { good: None, latency_ms: None, ..FOLDER };
        assert_eq!(order([("away", away), ("unknown", unknown), ("server", SERVER)]), "server unknown away");
    }

    #[test]
    fn a_folder_comes_before_a_server_however_fast_that_is() {
        let slow = Remembered { latency_ms: Some(4000), ..FOLDER };
        let fast = Remembered { latency_ms: Some(0), speed: Some(u64::MAX), ..SERVER };
        assert_eq!(order([("server", fast), ("folder", slow)]), "folder server");
    }

    #[test]
    fn servers_come_by_how_soon_they_answer_and_then_by_their_speed() {
        let at = |ms, speed| Remembered { latency_ms: ms, speed, ..SERVER };
        let [far, near, nearly] = [at(Some(200), Some(9_000_000)), at(Some(20), Some(1)), at(Some(30), Some(5))];
        assert_eq!(order([("far", far), ("near", near), ("nearly", nearly)]), "nearly near far", "20 and 30 ms are the same");
        assert_eq!(order([("untold", at(None, None)), ("far", far)]), "far untold");
        assert_eq!(order([("b", at(Some(3), None)), ("a", at(Some(1), None))]), "a b");
        assert_eq!(order([("7", at(Some(7), Some(1))), ("0", at(Some(0), None))]), "7 0", "both answer at once");
    }

    #[test]
    fn damage_and_then_what_is_lacking_come_last() {
        let away = Remembered { good: Some(false), ..SERVER };
        let damaged = Remembered { damaged: true, ..FOLDER };
        let lacks = Remembered { lacks: true, ..FOLDER };
        let all = [("lacks", lacks), ("damaged", damaged), ("away", away), ("server", SERVER)];
        assert_eq!(order(all), "server away damaged lacks");
    }

    #[test]
    fn those_that_are_alike_keep_the_order_of_the_plan() {
        assert_eq!(order([("b", FOLDER), ("a", FOLDER), ("c", FOLDER)]), "b a c");
        assert_eq!(order([]), "");
    }
}
