//! When a message that could not be sent is tried again.

use std::time::Duration;

/// In all, about eleven hours.
const TRIES: u32 = 16;
const FIRST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// Longest wait that a server may ask for.
const OBEYED: Duration = Duration::from_secs(6 * 60 * 60);

/// How long to wait after so many tries, one at least; `None`: it is given up. `asked`: what the server wants.
pub fn pause(tries: u32, asked: Option<Duration>) -> Option<Duration> {
    if tries >= TRIES {
        return None;
    }
    let own = FIRST.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(LONGEST);
    Some(asked.map_or(own, |asked| asked.min(OBEYED).max(own)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_tried_ever_more_seldom_and_not_for_ever() {
        let pauses: Vec<u64> = (1..).map_while(|tries| pause(tries, None)).map(|wait| wait.as_secs() / 60).collect();
        assert_eq!(pauses[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(pauses.len(), 15);
        assert!(pauses.iter().sum::<u64>() < 12 * 60);
        let asked = |seconds| pause(1, Some(Duration::from_secs(seconds))).unwrap().as_secs();
        assert_eq!((asked(5), asked(300), asked(u64::MAX)), (60, 300, 6 * 60 * 60));
    }
}
