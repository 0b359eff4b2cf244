//! Lines of listings: MLSD's (RFC 3659), and what `LIST` gives on Unix and on Windows.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub kind: EntryKind,
    pub size: Option<u64>,
    /// Unknown in `LIST`, whose times are of a zone that nobody tells.
    pub modified: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    File,
    Folder,
    /// The folder itself, the one above it, a link, a device.
    Other,
}

/// `Type=file;Size=1024;Modify=20261121200000; name`.
pub fn of_mlsd(line: &str) -> Option<Entry> {
    let (facts, name) = line.split_once(' ')?;
    if name.is_empty() || !(facts.is_empty() || facts.ends_with(';')) {
        return None;
    }
    let mut entry = Entry { name: name.to_owned(), kind: EntryKind::Other, size: None, modified: None };
    for (fact, value) in facts.split(';').filter_map(|fact| fact.split_once('=')) {
        match fact.to_ascii_lowercase().as_str() {
            "type" => {
                entry.kind = match value.to_ascii_lowercase().as_str() {
                    "file" => EntryKind::File,
                    "dir" => EntryKind::Folder,
                    _ => EntryKind::Other,
                }
            }
            "size" => entry.size = value.parse().ok(),
            "modify" => entry.modified = time(value),
            _ => {}
        }
    }
    Some(entry)
}

/// `YYYYMMDDhhmmss` in UTC; fractions do not count.
pub fn time(text: &str) -> Option<Timestamp> {
    let digits = text.trim().split('.').next()?;
    if digits.len() != 14 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i16>().ok();
    let small = |from: usize| i8::try_from(number(from, from + 2)?).ok();
    // A leap second is the last one before it.
    let second = small(12)?.min(59);
    let at = DateTime::new(number(0, 4)?, small(4)?, small(6)?, small(8)?, small(10)?, second, 0).ok()?;
    Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// `-rw-r--r-- 1 ada users 1024 Nov 21 20:00 name`, or `11-21-26 08:00PM 1024 name`.
pub fn of_list(line: &str) -> Option<Entry> {
    match line.bytes().next()? {
        b'0'..=b'9' => of_windows(line),
        _ => of_unix(line),
    }
}

fn of_windows(line: &str) -> Option<Entry> {
    let mut words = Words(line, 0);
    let (date, clock, what) = (words.next()?.1, words.next()?.1, words.next()?);
    let is_date = date.split('-').count() == 3 && date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if !is_date || !clock.contains(':') {
        return None;
    }
    let (kind, size) = match what.1 {
        "<DIR>" => (EntryKind::Folder, None),
        digits => match digits.parse() {
            Ok(size) => (EntryKind::File, Some(size)),
            Err(_) => (EntryKind::Other, None),
        },
    };
    let rest = line.get(what.0 + what.1.len()..)?;
    let name = if kind == EntryKind::Folder { rest.trim_start() } else { rest.strip_prefix(' ')? };
    (!name.is_empty()).then(|| Entry { name: name.to_owned(), kind, size, modified: None })
}

fn of_unix(line: &str) -> Option<Entry> {
    let kind = match line.bytes().next()? {
        b'-' => EntryKind::File,
        b'd' => EntryKind::Folder,
        b'l' | b'b' | b'c' | b'p' | b's' => EntryKind::Other,
        _ => return None,
    };
    // Owners and groups may be any words: what stands before a date is the size.
    let words: Vec<(usize, &str)> = Words(line, 0).take(16).collect();
    let found = words.windows(4).skip(1).find_map(|four| {
        let [size, date @ ..] = four else { return None };
        let size: u64 = size.1.parse().ok()?;
        Some((size, end_of_date(date)?))
    });
    let (size, end) = found?;
    let name = line.get(end..)?.strip_prefix(' ')?;
    let size = (kind == EntryKind::File).then_some(size);
    (!name.is_empty()).then(|| Entry { name: name.to_owned(), kind, size, modified: None })
}

/// `Nov 21 20:00`, `Nov 21 2026`, `21 Nov 20:00`, `2026-11-21 20:00`: where it ends in the line.
fn end_of_date(words: &[(usize, &str)]) -> Option<usize> {
    let end = |word: &(usize, &str)| word.0 + word.1.len();
    let is_clock = |text: &str| text.contains(':') && text.bytes().all(|b| b.is_ascii_digit() || b == b':');
    let is_year = |text: &str| text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    let is_day = |text: &str| text.trim_end_matches('.').parse::<u8>().is_ok_and(|day| (1..=31).contains(&day));
    let is_month = |text: &str| !text.bytes().any(|b| b.is_ascii_digit());
    let [first, second, third] = words else { return None };
    if first.1.len() == 10 && first.1.split('-').count() == 3 && is_clock(second.1) {
        return Some(end(second));
    }
    let is_month_and_day = is_month(first.1) && is_day(second.1) || is_day(first.1) && is_month(second.1);
    (is_month_and_day && (is_clock(third.1) || is_year(third.1))).then(|| end(third))
}

/// Words of a line, and where they begin.
struct Words<'a>(&'a str, usize);

impl<'a> Iterator for Words<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.get(self.1..)?;
        let from = self.1 + rest.len() - rest.trim_start_matches(' ').len();
        let word = self.0.get(from..)?.split(' ').next().filter(|word| !word.is_empty())?;
        self.1 = from + word.len();
        Some((from, word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(entry: Option<Entry>) -> Option<(String, EntryKind, Option<u64>)> {
        entry.map(|entry| (entry.name, entry.kind, entry.size))
    }

    #[test]
    fn facts_are_read_in_any_order_and_case() {
        use EntryKind::{File, Folder, Other};

        for (line, name, kind, size) in [
            ("type=file;size=12;modify=20261121200000;UNIX.mode=0644; a b ", "a b ", File, Some(12)),
            ("Modify=20261121200000.123;Type=FILE;Size=1; ;x=y", ";x=y", File, Some(1)),
            ("type=dir;sizd=4096;modify=20261121200000; d", "d", Folder, None),
            ("type=cdir; .", ".", Other, None),
            ("type=OS.unix=slink:/etc;size=3; link", "link", Other, Some(3)),
            ("type=file;size=-1; n", "n", File, None),
            (" bare", "bare", Other, None),
        ] {
            assert_eq!(shown(of_mlsd(line)), Some((name.into(), kind, size)), "{line}");
        }
        let entry = of_mlsd("type=file;size=12;modify=20261121200000; a").unwrap();
        assert_eq!(entry.modified, Some("2026-11-21T20:00:00Z".parse().unwrap()));
        for line in ["", "type=file;", "type=file; ", "total 12", "ä"] {
            assert_eq!(of_mlsd(line), None, "{line:?}");
        }
        for text in ["", "2026112120000", "20261321200000", "2026112120000x", "99999999999999"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn lists_of_unix_and_windows_are_read() {
        use EntryKind::{File, Folder, Other};

        for (line, name, kind, size) in [
            ("-rw-r--r--    1 0        0              12 Nov 21 20:00 a", "a", File, Some(12)),
            ("-rw-------    1 ada      the users      12 Nov  1  2025  a  b", " a  b", File, Some(12)),
            ("drwx------    2 1000     1000         4096 Nov 21 20:00 2026 Jan 01 12:00", "2026 Jan 01 12:00", Folder, None),
            ("-rw-r--r-- 1 ftp 18446744073709551615 Jan 01 2026 x", "x", File, Some(u64::MAX)),
            ("-rw-r--r-- 1 a b 7 21. Nov 20:00 ä", "ä", File, Some(7)),
            ("-rw-r--r-- 1 a b 7 2026-11-21 20:00 z", "z", File, Some(7)),
            ("lrwxrwxrwx 1 a b 7 Nov 21 20:00 l -> /etc", "l -> /etc", Other, None),
            ("11-21-26  08:00PM       <DIR>          some folder", "some folder", Folder, None),
            ("11-21-2026  08:00PM                 1234 some file", "some file", File, Some(1234)),
        ] {
            assert_eq!(shown(of_list(line)), Some((name.into(), kind, size)), "{line}");
        }
        for line in ["", "total 12", "-rw-r--r--", "d", "-rw-r--r-- 1 a b x Nov 21 20:00 z", "1", "11-21-26 x 1 a", "\u{e4}-"] {
            assert_eq!(of_list(line), None, "{line:?}");
        }
    }
}
