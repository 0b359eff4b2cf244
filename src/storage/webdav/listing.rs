//! What a server says of a folder and its children: the answer to PROPFIND (RFC 4918, sections 9.1 and 14), read as it comes.

use std::io::{self, BufRead, BufReader, Read};

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;
use url::Url;

use super::places::{Place, place};
use crate::storage::web::failure::Failure;
use crate::storage::{LONGEST_LIST, name};

/// What is asked for.
pub const PROPERTIES: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:propfind xmlns:D=\"DAV:\"><D:prop><D:resourcetype/>\
    <D:getcontentlength/><D:getlastmodified/></D:prop></D:propfind>";
pub const QUOTA: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:propfind xmlns:D=\"DAV:\"><D:prop><D:resourcetype/>\
    <D:quota-available-bytes/><D:quota-used-bytes/></D:prop></D:propfind>";

/// What is more is no list of ours, and could go on for ever.
const LIMITS: Limits = Limits { entries: 1_000_000, bytes: 1 << 30, kept: LONGEST_LIST };
/// Bytes of one tag or text in it: a name of 255 bytes, each as `%XX`, below a path of 4000 such.
const LONGEST_ITEM: u64 = 64 << 10;
/// Elements within elements; lists have five.
const DEEPEST: usize = 32;

/// One thing of which the server tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub place: Place,
    pub is_folder: bool,
    pub size: Option<u64>,
    /// By the server's clock.
    pub modified: Option<Timestamp>,
    /// Bytes, where the server counts.
    pub free: Option<u64>,
    pub used: Option<u64>,
}

#[derive(Clone, Copy)]
struct Limits {
    entries: usize,
    bytes: u64,
    /// Bytes of what is made of it.
    kept: usize,
}

/// Reads an answer to the end. `folder`: what was asked for.
pub fn read(answer: impl Read, folder: &Url, each: &mut dyn FnMut(Told)) -> Result<(), Failure> {
    read_within(LIMITS, answer, folder, each)
}

fn read_within(limits: Limits, answer: impl Read, folder: &Url, each: &mut dyn FnMut(Told)) -> Result<(), Failure> {
    let source = Bounded { inner: BufReader::new(answer), left: limits.bytes, item: LONGEST_ITEM };
    let mut reader = NsReader::from_reader(source);
    reader.config_mut().expand_empty_elements = true;
    let mut reading = Reading {
        folder,
        open: Vec::new(),
        text: String::new(),
        one: One::default(),
        left: limits.entries,
        room: limits.kept,
        complete: false,
    };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        reader.get_mut().item = LONGEST_ITEM;
        let (of, event) = reader.read_resolved_event_into(&mut buffer).map_err(unread)?;
        match event {
            Event::Start(tag) => {
                let is_dav = of == ResolveResult::Bound(Namespace(b"DAV:"));
                reading.begin(if is_dav { Tag::of(tag.local_name().as_ref()) } else { Tag::Other })?;
            }
            Event::End(_) => {
                if let Some(told) = reading.end()? {
                    each(told);
                }
            }
            Event::Text(text) => reading.add(&text.decode().map_err(|e| nonsense(&e))?)?,
            Event::CData(text) => reading.add(&text.decode().map_err(|e| nonsense(&e))?)?,
            Event::GeneralRef(reference) => {
                let stands_for = character(&reference).ok_or_else(|| nonsense(&"an entity that is not known"))?;
                reading.add(&stands_for)?;
            }
            Event::DocType(_) => return Err(nonsense(&"it declares a type of its own")),
            Event::Eof => break,
            _ => {}
        }
    }
    if reading.complete { Ok(()) } else { Err(nonsense(&"it is none, or ends before its end")) }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Multistatus,
    Response,
    Href,
    Propstat,
    Prop,
    Status,
    Type,
    Collection,
    Length,
    Modified,
    Free,
    Used,
    Other,
}

impl Tag {
    fn of(name: &[u8]) -> Self {
        match name {
            b"multistatus" => Self::Multistatus,
            b"response" => Self::Response,
            b"href" => Self::Href,
            b"propstat" => Self::Propstat,
            b"prop" => Self::Prop,
            b"status" => Self::Status,
            b"resourcetype" => Self::Type,
            b"collection" => Self::Collection,
            b"getcontentlength" => Self::Length,
            b"getlastmodified" => Self::Modified,
            b"quota-available-bytes" => Self::Free,
            b"quota-used-bytes" => Self::Used,
            _ => Self::Other,
        }
    }
}

/// A `response` that is being read.
#[derive(Default)]
struct One {
    href: String,
    /// It is there.
    missing: bool,
    said: Said,
    /// Of the `propstat` that is being read, and whether these are values at all.
    group: Said,
    group_is_none: bool,
}

#[derive(Clone, Default)]
struct Said {
    is_folder: Option<bool>,
    size: Option<u64>,
    modified: Option<Timestamp>,
    free: Option<u64>,
    used: Option<u64>,
}

struct Reading<'a> {
    folder: &'a Url,
    open: Vec<Tag>,
    /// Of the innermost element.
    text: String,
    one: One,
    /// Entries that may still come.
    left: usize,
    /// Bytes that may be kept yet.
    room: usize,
    /// The whole of it was seen.
    complete: bool,
}

impl Reading<'_> {
    fn begin(&mut self, tag: Tag) -> Result<(), Failure> {
        if self.open.len() >= DEEPEST || self.complete {
            return Err(nonsense(&"elements within elements"));
        }
        if self.open.is_empty() && tag != Tag::Multistatus {
            return Err(nonsense(&"it is something else"));
        }
        match (self.open.last(), tag) {
            (Some(Tag::Multistatus), Tag::Response) => self.one = One::default(),
            (Some(Tag::Response), Tag::Propstat) => (self.one.group, self.one.group_is_none) = (Said::default(), false),
            (Some(Tag::Prop), Tag::Type) => self.one.group.is_folder = Some(false),
            (Some(Tag::Type), Tag::Collection) => self.one.group.is_folder = Some(true),
            _ => {}
        }
        self.open.push(tag);
        self.text.clear();
        Ok(())
    }

    fn add(&mut self, text: &str) -> Result<(), Failure> {
        if self.text.len() + text.len() > LONGEST_ITEM as usize {
            return Err(nonsense(&"a text without end"));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn end(&mut self) -> Result<Option<Told>, Failure> {
        let tag = self.open.pop();
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        let one = &mut self.one;
        match (self.open.last(), tag) {
            (None, _) => self.complete = true,
            (Some(Tag::Response), Some(Tag::Href)) => one.href = text.to_owned(),
            (Some(Tag::Response), Some(Tag::Status)) => one.missing = !is_good(text),
            (Some(Tag::Propstat), Some(Tag::Status)) => one.group_is_none = !is_good(text),
            (Some(Tag::Prop), Some(Tag::Length)) => one.group.size = text.parse().ok(),
            (Some(Tag::Prop), Some(Tag::Modified)) => one.group.modified = time(text),
            (Some(Tag::Prop), Some(Tag::Free)) => one.group.free = text.parse().ok(),
            (Some(Tag::Prop), Some(Tag::Used)) => one.group.used = text.parse().ok(),
            (Some(Tag::Response), Some(Tag::Propstat)) if !one.group_is_none => one.said.take(&one.group),
            (Some(Tag::Multistatus), Some(Tag::Response)) => return self.told(),
            _ => {}
        }
        Ok(None)
    }

    fn told(&mut self) -> Result<Option<Told>, Failure> {
        let too_long = || Failure::TooLong("a list without end".into());
        self.left = self.left.checked_sub(1).ok_or_else(too_long)?;
        if self.one.href.is_empty() {
            return Err(nonsense(&"an entry without a name"));
        }
        let place = place(self.folder, &self.one.href)?;
        let Said { is_folder, size, modified, free, used } = self.one.said.clone();
        let name = match &place {
            // Nothing of ours.
            Place::Other => return Ok(None),
            Place::Child(name) if !name::is_child(name) => return Ok(None),
            Place::Child(name) => name.len(),
            Place::Itself => 0,
        };
        if self.one.missing {
            return Ok(None);
        }
        self.room = self.room.checked_sub(size_of::<Told>() + name).ok_or_else(too_long)?;
        Ok(Some(Told { place, is_folder: is_folder.unwrap_or(false), size, modified, free, used }))
    }
}

impl Said {
    fn take(&mut self, more: &Self) {
        self.is_folder = more.is_folder.or(self.is_folder);
        self.size = more.size.or(self.size);
        self.modified = more.modified.or(self.modified);
        self.free = more.free.or(self.free);
        self.used = more.used.or(self.used);
    }
}

/// `HTTP/1.1 200 OK` and the like.
fn is_good(status: &str) -> bool {
    status.split_whitespace().nth(1).is_some_and(|code| code.starts_with('2'))
}

/// As HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn time(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()
}

/// What `&amp;`, `&#65;` and the like stand for.
fn character(reference: &BytesRef<'_>) -> Option<String> {
    match reference.resolve_char_ref() {
        Ok(Some(c)) => Some(c.into()),
        Ok(None) => resolve_xml_entity(&reference.decode().ok()?).map(str::to_owned),
        Err(_) => None,
    }
}

fn nonsense(why: &dyn std::fmt::Display) -> Failure {
    Failure::Nonsense(format!("no list of a folder: {why}"))
}

fn unread(error: quick_xml::Error) -> Failure {
    match error {
        quick_xml::Error::Io(e) => match std::sync::Arc::try_unwrap(e) {
            Ok(e) if e.get_ref().is_some_and(|inner| inner.is::<WithoutEnd>()) => Failure::TooLong(e.to_string()),
            Ok(e) => e.into(),
            Err(shared) => Failure::Cut(shared.to_string()),
        },
        other => nonsense(&other),
    }
}

/// Ends a reading that takes more than there can be.
struct Bounded<R> {
    inner: R,
    /// Of all of it, in bytes.
    left: u64,
    /// Of the tag or text that is being read.
    item: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("a list without end")]
struct WithoutEnd;

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let most = usize::try_from(self.left.min(self.item)).unwrap_or(usize::MAX);
        let there = self.inner.fill_buf()?;
        if most == 0 && !there.is_empty() {
            return Err(io::Error::other(WithoutEnd));
        }
        Ok(&there[..there.len().min(most)])
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount as u64);
        self.item = self.item.saturating_sub(amount as u64);
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let there = self.fill_buf()?;
        let amount = there.len().min(buffer.len());
        buffer[..amount].copy_from_slice(&there[..amount]);
        self.consume(amount);
        Ok(amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<Vec<Told>, Failure> {
        let mut all = Vec::new();
        read(text.as_bytes(), &Url::parse("http://nas/d/f/").unwrap(), &mut |told| all.push(told)).map(|()| all)
    }

    fn response(inner: &str) -> String {
        format!("<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">{inner}</D:multistatus>")
    }

    #[test]
    fn a_list_is_read_whoever_writes_it() {
        // As Apache writes it, a property group that is not there included.
        let apache = r#"<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:ns0="DAV:">
<D:response xmlns:lp1="DAV:" xmlns:lp2="http://apache.org/dav/props/">
<D:href>/d/f/</D:href>
<D:propstat><D:prop><lp1:resourcetype><D:collection/></lp1:resourcetype>
<lp1:getlastmodified>Sun, 06 Nov 1994 08:49:37 GMT</lp1:getlastmodified></D:prop>
<D:status>HTTP/1.1 200 OK</D:status></D:propstat>
<D:propstat><D:prop><D:getcontentlength/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>
</D:response>
<D:response><D:href>/d/f/a%20&amp;%20b&#x21;</D:href>
<D:propstat><D:prop><lp1:resourcetype xmlns:lp1="DAV:"/><D:getcontentlength>12</D:getcontentlength></D:prop>
<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>
</D:multistatus>"#;
        let all = list(apache).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!((&all[0].place, all[0].is_folder, all[0].size), (&Place::Itself, true, None));
        assert_eq!(all[0].modified.unwrap().as_second(), 784_111_777);
        assert_eq!((&all[1].place, all[1].is_folder, all[1].size), (&Place::Child("a & b!".into()), false, Some(12)));
        // As Nextcloud does: another prefix, whole addresses, a quota.
        let cloud = r#"<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns"><d:response>
<d:href>https://inside/d/f/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype>
<d:quota-available-bytes>-3</d:quota-available-bytes><d:quota-used-bytes>7</d:quota-used-bytes></d:prop>
<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"#;
        let all = list(cloud).unwrap();
        assert_eq!((all[0].free, all[0].used, all[0].is_folder), (None, Some(7), true));
        // Names of other vocabularies mean nothing.
        let other = response(
            "<D:response><D:href>x</D:href><D:propstat><D:prop><getcontentlength>9</getcontentlength></D:prop></D:propstat></D:response>",
        );
        assert_eq!(list(&other).unwrap()[0].size, None);
        assert_eq!(list(&response("")).unwrap(), []);
        let gone = "<D:response><D:href>x</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>";
        assert_eq!(list(&response(gone)).unwrap(), []);
    }

    #[test]
    fn what_is_no_list_is_called_so() {
        let long = "x".repeat(70 << 10);
        for text in [
            "".into(),
            "<html><body>Please log in</body></html>".into(),
            "<!DOCTYPE html><html></html>".into(),
            "{\"error\":1}".into(),
            "<multistatus/>".into(),
            "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"b\">]><D:multistatus xmlns:D=\"DAV:\"/>".into(),
            response("<D:response><D:href>&a;</D:href></D:response>"),
            response("<D:response><D:href>/etc/passwd</D:href></D:response>"),
            response("<D:response><D:href>../../x</D:href></D:response>"),
            response("<D:response></D:response>"),
            response(&"<D:x>".repeat(40)),
            response("<D:response>").replace("</D:multistatus>", ""),
            response("") + &response(""),
        ] {
            assert!(matches!(list(&text), Err(Failure::Nonsense(_))), "{text}: {:?}", list(&text));
        }
        for text in [response(&format!("<D:{long}>")), response(&format!("<D:x>{long}</D:x>"))] {
            assert!(matches!(list(&text), Err(Failure::TooLong(_) | Failure::Nonsense(_))));
        }
    }

    #[test]
    fn a_list_without_end_is_ended() {
        let head = b"<D:multistatus xmlns:D=\"DAV:\">";
        for again in ["<D:response><D:href>x</D:href></D:response>", " ", "x", "<!-- -->", "<D:x>", "<?x?>"] {
            let endless = head.chain(Endless { of: again.repeat(10_000).into_bytes(), at: 0 });
            let limits = Limits { entries: 10_000, bytes: 1 << 20, kept: usize::MAX };
            let ended = read_within(limits, endless, &Url::parse("http://nas/d/f/").unwrap(), &mut |_| {});
            assert!(matches!(ended, Err(Failure::TooLong(_) | Failure::Nonsense(_))), "{again}: {ended:?}");
        }
    }

    #[test]
    fn only_so_much_is_kept_of_a_list() {
        let kept = |name: &str| {
            let one = format!("<D:response><D:href>{name}</D:href></D:response>");
            let text = response(&one.repeat(100));
            let mut all = Vec::new();
            let limits = Limits { entries: 1000, bytes: 1 << 20, kept: 10_000 };
            let read = read_within(limits, text.as_bytes(), &Url::parse("http://nas/d/f/").unwrap(), &mut |told| all.push(told));
            (read.is_ok(), all.len())
        };
        let (complete, count) = kept(&"x".repeat(255));
        assert!(!complete && (10..40).contains(&count), "{count}");
        for foreign in ["x".repeat(256), "x/deep".into(), "%FF".into(), "%00".into()] {
            assert_eq!(kept(&foreign), (true, 0), "{foreign}");
        }
    }

    /// The same again and again.
    struct Endless {
        of: Vec<u8>,
        at: usize,
    }

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = (&self.of[self.at..]).read(buffer)?;
            self.at = (self.at + length) % self.of.len();
            Ok(length)
        }
    }
}
