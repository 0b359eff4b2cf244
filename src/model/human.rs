//! Numbers for people: "1.3 GB", "2 h ago", "31 s".

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Decimal units, as drives are sold: 1,300,000,000 → "1.3 GB".
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1000.0;
    let mut unit = 0;
    // 999.95 would be rounded to 1000.0 of the smaller unit.
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if value < 99.95 { format!("{value:.1} {}", UNITS[unit]) } else { format!("{value:.0} {}", UNITS[unit]) }
}

/// With thousands separators: "12,204".
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// "1 file", "12,204 files".
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A span for people, one or two units: "31 s", "4 min", "2 h 5 min", "3 days".
pub fn duration(span: SignedDuration) -> String {
    let s = span.as_secs().max(0);
    match s {
        0..60 => format!("{s} s"),
        60..3600 => format!("{} min", s / 60),
        3600..86400 if s % 3600 < 60 => format!("{} h", s / 3600),
        3600..86400 => format!("{} h {} min", s / 3600, s % 3600 / 60),
        86400..172_800 => "1 day".into(),
        _ => format!("{} days", s / 86400),
    }
}

/// "just now", "4 min ago", "2 h ago", "3 days ago"; in the future "in 4 min".
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let span = now.duration_since(at);
    let coarse = |span: SignedDuration| {
        if span.as_secs() >= 3600 { duration(SignedDuration::from_secs(span.as_secs() / 3600 * 3600)) } else { duration(span) }
    };
    if span.as_secs().abs() < 60 {
        if span.is_negative() { "in a moment".into() } else { "just now".into() }
    } else if span.is_negative() {
        format!("in {}", coarse(-span))
    } else {
        format!("{} ago", coarse(span))
    }
}

/// "today 20:00", "yesterday 18:02", "tomorrow 20:00", "Sat 21 Nov 20:00", "21 Nov 2025 20:00".
pub fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let days = now.date().duration_since(at.date()).as_hours() / 24;
    let time = at.strftime("%H:%M");
    match days {
        0 => format!("today {time}"),
        1 => format!("yesterday {time}"),
        -1 => format!("tomorrow {time}"),
        _ if at.year() == now.year() => format!("{} {time}", at.strftime("%a %-d %b")),
        _ => format!("{} {time}", at.strftime("%-d %b %Y")),
    }
}

/// The exact local time, as shown on hover: "2026-11-21 20:00:00 +0100".
pub fn exact(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %z").to_string()
}

/// For what is read long afterwards: "Sat 21 Nov 2026 20:00".
pub fn dated(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%a %-d %b %Y %H:%M").to_string()
}

/// With a capital first letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Reads "64M", "1.5 GiB", "500kB", "1000000". A bare letter means powers of 1024, as `tar` and `split` have it.
pub fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..split].parse().ok()?;
    let factor: u64 = match text[split..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return None,
    };
    let value = number * factor as f64;
    (value.is_finite() && value < u64::MAX as f64).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_short() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (1_300_000_000, "1.3 GB"),
            (99_960_000, "100 MB"),
            (999_960, "1.0 MB"),
        ];
        for (n, text) in cases {
            assert_eq!(bytes(n), text);
        }
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "file", "files"), "1 file");
    }

    #[test]
    fn times_are_relative() {
        let now: Timestamp = "2026-11-21T20:00:00Z".parse().unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(ago(at("2026-11-21T17:59:00Z"), now), "2 h ago");
        assert_eq!(ago(at("2026-11-21T20:05:00Z"), now), "in 5 min");
        assert_eq!(ago(at("2026-11-21T19:59:30Z"), now), "just now");
        assert_eq!(moment(at("2026-11-20T18:02:00Z"), now, &TimeZone::UTC), "yesterday 18:02");
        assert_eq!(moment(at("2025-11-20T18:02:00Z"), now, &TimeZone::UTC), "20 Nov 2025 18:02");
        assert_eq!(dated(at("2025-11-20T18:02:00Z"), &TimeZone::UTC), "Thu 20 Nov 2025 18:02");
    }

    #[test]
    fn sizes_are_read() {
        assert_eq!(parse_bytes("64M"), Some(64 << 20));
        assert_eq!(parse_bytes("1.5 GiB"), Some(3 << 29));
        assert_eq!(parse_bytes("500kB"), Some(500_000));
        assert_eq!(parse_bytes("12x"), None);
        assert_eq!(parse_bytes(""), None);
    }
}
