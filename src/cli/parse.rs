//! Reads single arguments: destinations, versions, schedules, sizes, paths.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use directories::BaseDirs;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::args::{MaxSize, Speed, Times, Until};
use crate::model::conditions::Conditions;
use crate::model::format::{Kind, Level};
use crate::model::human;
use crate::model::limits::{self, Hours};
use crate::model::location::{Location, SftpFolder};
use crate::model::max_size;
use crate::model::names;
use crate::model::path::PathBytes;
use crate::model::pause::Span;
use crate::model::problem::{Code, Problem};
use crate::model::restore::VersionChoice;
use crate::model::schedule::{self, When};
use crate::model::snapshot::VersionId;
use crate::model::volume_size::VolumeSize;
use crate::os::placeholders::of_this_machine;

/// From the beginning of a second to its last moment.
const LAST_OF_SECOND: SignedDuration = SignedDuration::from_nanos(999_999_999);

/// Bytes per second as a size, or `off`.
pub fn speed(text: &str) -> Result<Speed, String> {
    if text == "off" {
        return Ok(Speed(None));
    }
    // "2MB/s" is what people write.
    let bytes = human::parse_bytes(text.trim_end_matches("/s")).ok_or("expected a size, as in 500kB or 2MB, or off")?;
    if bytes < limits::SLOWEST {
        return Err(format!("servers take so slow a line for a dead one: {} or more, or off", human::bytes(limits::SLOWEST)));
    }
    Ok(Speed(Some(bytes)))
}

/// Bytes as a size, or `none`.
pub fn max_size(text: &str) -> Result<MaxSize, String> {
    if text == "none" {
        return Ok(MaxSize(None));
    }
    let bytes = human::parse_bytes(text).ok_or("expected a size, as in 200GB or 1.5TB, or none")?;
    if bytes < max_size::LEAST {
        return Err(format!("so little holds no version: {} or more, or none", human::bytes(max_size::LEAST)));
    }
    Ok(MaxSize(Some(bytes)))
}

/// As in 90m, 12h or 2d; a bare number is hours.
pub fn span(text: &str) -> Result<Span, String> {
    let hours = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if hours { format!("{text}h").parse() } else { text.parse() }
}

/// What a schedule waits for, or `none`.
pub fn conditions(text: &str) -> Result<Conditions, String> {
    text.parse()
}

/// `tomorrow`, `resumed`, or a time of day or date and time.
pub fn pause_until(text: &str) -> Result<Until, String> {
    let at = |text: &str| text.parse::<DateTime>().ok();
    match text {
        "tomorrow" => Ok(Until::Tomorrow),
        "resumed" => Ok(Until::Told),
        _ => at(text).map(Until::At).ok_or_else(|| "expected tomorrow, resumed, or a time as in 2026-11-27T08:00".into()),
    }
}

/// Two times of day, or `always`.
pub fn hours(text: &str) -> Result<Times, String> {
    if text == "always" { Ok(Times(None)) } else { Ok(Times(Some(text.parse::<Hours>()?))) }
}

/// Two times of day, or `off`.
pub fn quiet(text: &str) -> Result<Times, String> {
    if text == "off" { Ok(Times(None)) } else { Ok(Times(Some(text.parse::<Hours>()?))) }
}

/// `latest`, an id, or a time. A time without a zone is local; a date means the end of that day.
pub fn version(text: &str) -> Result<VersionChoice, String> {
    if text == "latest" {
        return Ok(VersionChoice::Latest);
    }
    if let Ok(id) = VersionId::try_from(text.to_string()) {
        return Ok(VersionChoice::Id(id));
    }
    time(text, &TimeZone::system())
        .map(VersionChoice::At)
        .ok_or_else(|| "expected latest, an id as `strongroom versions` prints it, or a time like 2026-11-20T18:00".into())
}

/// A version's id.
pub fn version_id(text: &str) -> Result<VersionId, String> {
    VersionId::try_from(text.to_string()).map_err(|_| "expected an id as `strongroom versions` prints it".into())
}

/// When something begins; a time without a zone is local, a date its first moment.
pub fn since(text: &str) -> Result<Timestamp, String> {
    bound(text, false, &TimeZone::system())
}

/// Before when; a date means the end of that day.
pub fn until(text: &str) -> Result<Timestamp, String> {
    bound(text, true, &TimeZone::system())
}

fn bound(text: &str, past_date: bool, zone: &TimeZone) -> Result<Timestamp, String> {
    let read = || -> Option<Timestamp> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(at);
        }
        let at = match text.parse::<Date>() {
            Ok(date) if !text.contains(':') => (if past_date { date.tomorrow().ok()? } else { date }).to_datetime(Time::MIN),
            _ => text.parse::<DateTime>().ok()?,
        };
        Some(at.to_zoned(zone.clone()).ok()?.timestamp())
    };
    read().ok_or_else(|| "expected a date like 2026-11-20, or a time like 2026-11-20T18:00".into())
}

fn time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    // Versions are shown to the second: one that was begun within the second that is named was begun by then.
    let whole_second = |at: Timestamp| if text.contains('.') { Some(at) } else { at.checked_add(LAST_OF_SECOND).ok() };
    if let Ok(at) = text.parse::<Timestamp>() {
        return whole_second(at);
    }
    let local = match text.parse::<Date>() {
        // A date alone is read as a date and time at midnight too; what is meant is the day.
        Ok(date) if !text.contains(':') => date.to_datetime(Time::new(23, 59, 59, 0).ok()?),
        _ => text.parse::<DateTime>().ok()?,
    };
    whole_second(local.to_zoned(zone.clone()).ok()?.timestamp())
}

/// What runs by itself; `None`: nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rhythm(pub Option<When>);

/// `off`, `6h`, `30d`, `hourly`, `daily@20:00`, `weekly@03:00`, `monthly`.
pub fn schedule(text: &str) -> Result<Rhythm, String> {
    if text == "off" {
        return Ok(Rhythm(None));
    }
    let (every, at) = text.split_once('@').map_or((text, None), |(every, at)| (every, Some(at)));
    schedule::parse(every, at, None, Zoned::now().date()).map(|when| Rhythm(Some(when)))
}

/// `auto`, or a number that some codec has.
pub fn level(text: &str) -> Result<Level, String> {
    match text {
        "auto" => Ok(Level::Auto),
        _ => {
            let level = text.parse().ok().filter(|level| Kind::ALL.into_iter().any(|kind| kind.levels().contains(level)));
            level.map(Level::Fixed).ok_or_else(|| "expected auto, or a number from 0 to 19".into())
        }
    }
}

/// A volume's size within what the format allows.
pub fn volume_size(text: &str) -> Result<VolumeSize, String> {
    VolumeSize::parse(text).ok_or_else(|| "expected a size from 1M to 64G, like 64M or 1G, or whole".into())
}

/// A destination: a folder, or an address on a server with what its placeholders stand for here and now.
pub fn destination(text: &str) -> Result<Location, Problem> {
    if let Some(read) = Location::of_server(text) {
        let unusable = |fix: String| Problem::new(Code::Usage, "The destination is no address that can be used.", fix);
        let location = read.map_err(|why| unusable(why.in_words().into()))?;
        return of_this_machine().fill(location).map_err(|why| unusable(why.in_words()));
    }
    if text.is_empty() {
        return Err(Problem::new(Code::Usage, "The destination is empty.", "Give a folder."));
    }
    if let Some(meant) = SftpFolder::of_scp(text)
        && Path::new(text).symlink_metadata().is_err()
    {
        return Err(Problem::new(
            Code::Usage,
            "There is no folder of this name, and an address on a server is written in another way.",
            format!(
                "Give it as {}. For a folder of this name that is to be made, put ./ before it.",
                Location::Sftp(meant).display()
            ),
        ));
    }
    Ok(Location::local(real(Path::new(text))?))
}

/// A path as the file system knows it: absolute, without links. What does not exist (yet) keeps its name below what does.
pub fn real(path: &Path) -> Result<PathBuf, Problem> {
    let path = &*at_home(path);
    if let Ok(found) = dunce::canonicalize(path) {
        return Ok(found);
    }
    let plain = absolute(path)?;
    Ok(match (plain.parent().map(dunce::canonicalize), plain.file_name()) {
        (Some(Ok(parent)), Some(name)) => parent.join(name),
        _ => plain,
    })
}

/// `~/x` as shells have it, which some do not in `--to=~/x`: else a folder named `~` would be made.
fn at_home(path: &Path) -> Cow<'_, Path> {
    let rest = path.strip_prefix("~").ok().filter(|_| Path::new("~").symlink_metadata().is_err());
    match (rest, BaseDirs::new()) {
        (Some(rest), Some(dirs)) => Cow::Owned(dirs.home_dir().join(rest)),
        _ => Cow::Borrowed(path),
    }
}

/// An absolute path without `.` and `..`, taken literally: it need not exist on this machine.
pub fn absolute(path: &Path) -> Result<PathBuf, Problem> {
    let whole = std::path::absolute(at_home(path))
        .map_err(|e| Problem::new(Code::Usage, format!("\"{}\" is no path.", path.display()), "").with_detail(e.to_string()))?;
    let mut out = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => out.push(part),
            // The top has none above it.
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
        }
    }
    Ok(out)
}

/// A path as it was, for scripts: with the beginning that catalogs leave out.
pub fn original_path(path: &PathBytes) -> PathBytes {
    names::system_path(path.as_bytes())
}

/// The catalog path of an absolute one.
pub fn catalog_path(path: &Path) -> PathBytes {
    let path = PathBytes::from(path);
    names::catalog_path(path.as_bytes()).map_or(path, PathBytes::new)
}

/// What a backup is called by default: the name of its first source.
pub fn default_name(source: &Path) -> String {
    let name = source.file_name().unwrap_or(OsStr::new("root"));
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn times_are_local_and_dates_whole_days() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| time(text, &zone).map(|t| t.to_string());
        assert_eq!(at("2026-11-20T18:00:00Z").as_deref(), Some("2026-11-20T18:00:00.999999999Z"));
        assert_eq!(at("2026-11-20T18:00:00.5Z").as_deref(), Some("2026-11-20T18:00:00.5Z"));
        assert_eq!(at("20261120T180000Z").as_deref(), Some("2026-11-20T18:00:00.999999999Z"));
        assert_eq!(at("2026-11-20T18:00").as_deref(), Some("2026-11-20T17:00:00.999999999Z"));
        assert_eq!(at("2026-11-20 18:00:30").as_deref(), Some("2026-11-20T17:00:30.999999999Z"));
        assert_eq!(at("2026-11-20").as_deref(), Some("2026-11-20T22:59:59.999999999Z"));
        assert_eq!(at("yesterday"), None);
    }

    #[test]
    fn spans_begin_and_end_with_days_where_dates_are_named() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str, past| bound(text, past, &zone).map(|at| at.to_string());
        assert_eq!(at("2026-11-20", false).unwrap(), "2026-11-19T23:00:00Z");
        assert_eq!(at("2026-11-20", true).unwrap(), "2026-11-20T23:00:00Z");
        assert_eq!(at("2026-11-20T18:00", true).unwrap(), "2026-11-20T17:00:00Z");
        assert_eq!(at("2026-11-20T18:00:00Z", true).unwrap(), "2026-11-20T18:00:00Z");
        assert!(at("yesterday", false).is_err() && at("", true).is_err());
    }

    #[test]
    fn versions_are_latest_an_id_or_a_time() {
        assert_eq!(version("latest"), Ok(VersionChoice::Latest));
        assert!(matches!(version("20261121T200000Z-full-5f3a9c2e"), Ok(VersionChoice::Id(_))));
        assert!(matches!(version("2026-11-20"), Ok(VersionChoice::At(_))));
        assert!(version("newest").is_err());
    }

    #[test]
    fn schedules_are_bounded() {
        let words = |text: &str| schedule(text).map(|rhythm| rhythm.0.map(|when| when.in_words()).unwrap_or_default());
        for (text, said) in [
            ("off", ""),
            ("6h", "every 6 hours"),
            ("28d", "every 28 days"),
            ("hourly", "every hour"),
            ("daily@20:05", "every day at 20:05"),
            ("weekly@03:00", "every Monday at 03:00"),
        ] {
            assert_eq!(words(text).as_deref(), Ok(said));
        }
        for bad in ["", "0h", "0d", "367d", "8785h", "4000d", "-1h", "daily@24:00", "daily@12", "dayly", "daily@"] {
            assert!(schedule(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn speeds_and_times_can_be_taken_away() {
        assert_eq!(speed("2MB/s"), Ok(Speed(Some(2_000_000))));
        assert_eq!((speed("off"), hours("always")), (Ok(Speed(None)), Ok(Times(None))));
        assert_eq!(hours("22:00-06:00").unwrap().0.unwrap().to_string(), "22:00-06:00");
        for bad in ["", "0", "1k", "fast", "-1"] {
            assert!(speed(bad).is_err(), "{bad}");
        }
        assert!(hours("8-18").is_err());
    }

    #[test]
    fn levels_are_auto_or_some_codecs() {
        assert_eq!((level("auto"), level("19")), (Ok(Level::Auto), Ok(Level::Fixed(19))));
        for bad in ["", "20", "-1", "fast", "3.5"] {
            assert!(level(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_within_the_format() {
        assert_eq!(volume_size("64M"), Ok(VolumeSize::Bytes(64 << 20)));
        assert!(volume_size("10k").is_err());
        assert!(volume_size("1000T").is_err());
    }

    #[test]
    fn paths_lose_dots_and_keep_their_bytes() {
        assert_eq!(absolute(Path::new("/a/./b/../c/")).unwrap(), Path::new("/a/c"));
        assert_eq!(absolute(Path::new("/../..")).unwrap(), Path::new("/"));
        let odd = Path::new(OsStr::from_bytes(b"/x/\xff"));
        assert_eq!(catalog_path(&absolute(odd).unwrap()).as_bytes(), b"x/\xff");
        assert_eq!(default_name(Path::new("/")), "root");
        assert_eq!(default_name(Path::new("/home/u/Documents")), "Documents");
    }

    #[test]
    fn addresses_are_refused_as_not_there_yet() {
        assert_eq!(destination("sftp://host/x").unwrap().path(), None);
        assert_eq!(destination("gopher://host/x").unwrap_err().code, Code::Usage);
        let problem = destination("sftp://ada:secret@host/x").unwrap_err();
        assert!(problem.code == Code::Usage && !format!("{problem:?}").contains("secret"), "{problem:?}");
        assert!(!destination("s3://bucket/x/{machine}").unwrap().display().contains("{machine}"));
        let problem = destination("s3://bucket/{env:NOT_SET_ANYWHERE}").unwrap_err();
        assert!(problem.code == Code::Usage && problem.fix.contains("NOT_SET_ANYWHERE"), "{problem}");
        assert!(destination("s3://bucket/{env:PATH}").unwrap_err().fix.contains("slashes"), "it would lead elsewhere");
        assert_eq!(destination("").unwrap_err().code, Code::Usage);
        for (text, form) in [
            ("s3:bucket", "s3://bucket/prefix"),
            ("sftp:/ada@nas/b", "sftp://user@host/path"),
            ("ada@nas:/srv/b", "sftp://ada@nas/srv/b"),
        ] {
            let problem = destination(text).unwrap_err();
            assert!(problem.code == Code::Usage && problem.fix.contains(form) && problem.fix.contains("./"), "{problem:?}");
        }
        for text in ["./s3:bucket", "./ada@nas:b", "notes:old"] {
            assert!(destination(text).unwrap().path().is_some(), "{text}");
        }
        assert!(destination("/tmp").is_ok());
    }
}
