//! One SIP message: an index over its bytes, and the values looked up in it.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use smallvec::SmallVec;

use super::address::{Contact, NameAddr};
use super::body::{Entity, SdpBodies};
use super::cseq::CSeq;
use super::error::ParseError;
use super::fields::{End, Fields};
use super::header_name::HeaderName;
use super::media_type::MediaType;
use super::params::Params;
use super::scan::{all, find, number, position, split_at, trim};
use super::start_line::{StartLine, may_be_cut};
use super::text;
use super::value::unfold;
use super::via::Via;
use crate::rtp::PayloadMaps;
use crate::sdp::Session;

/// A SIP message, borrowed from the packet it came in.
///
/// Parsing finds the start line, the header fields and the body; everything else is looked up when asked for. Where a
/// header field that may stand once stands twice, the first counts.
#[derive(Debug)]
pub struct Message<'a> {
    /// From the first byte of the start line.
    pub(super) bytes: &'a [u8],
    /// The first line without its line end.
    pub(super) line: &'a [u8],
    pub(super) start: StartLine<'a>,
    pub(super) fields: Fields,
    /// The capture lacks its end.
    cut: bool,
    parsed: Parsed<'a>,
    sessions: OnceCell<Sessions>,
}

/// The session descriptions of a message, `None` for one that cannot be read.
type Sessions = SmallVec<[Option<Box<Session>>; 1]>;

/// What reading a message found, to go on with from its bytes alone: a message is read where it is sorted, and used elsewhere.
#[derive(Debug)]
pub struct MessageIndex {
    fields: Fields,
    cut: bool,
    sessions: OnceCell<Sessions>,
}

/// Values that every stage asks for: each is taken apart once, when it is first asked for.
#[derive(Debug, Default)]
struct Parsed<'a> {
    call_id_shown: OnceCell<Option<Cow<'a, str>>>,
    cseq: OnceCell<Option<CSeq<'a>>>,
    from: OnceCell<Option<NameAddr<'a>>>,
    to: OnceCell<Option<NameAddr<'a>>>,
    from_tag: OnceCell<Option<&'a [u8]>>,
    to_tag: OnceCell<Option<&'a [u8]>>,
    branch: OnceCell<Option<&'a [u8]>>,
    via: OnceCell<Option<Via<'a>>>,
}

impl<'a> Message<'a> {
    /// Indexes a message: the payload of a datagram, or what [`framing`](super::framing) cut out of a stream.
    ///
    /// CR and LF before the message are passed over (RFC 3261, 7.5). Lenient: a message that breaks rules is shown as
    /// far as it can be read, also when the capture cut it short; [`Message::check`] says what is wrong with it.
    pub fn parse(bytes: &'a [u8]) -> Result<Message<'a>, ParseError> {
        Message::index(bytes, false)
    }

    /// Indexes a message whose end the capture lacks.
    ///
    /// A line that is not all there is left out: half a Call-ID names another call, half a port another stream. So there
    /// may be no header fields at all. [`Message::check`] judges what is there.
    ///
    /// # Errors
    /// [`ParseError::Truncated`] also where not even the first line is all there.
    pub fn parse_cut(bytes: &'a [u8]) -> Result<Message<'a>, ParseError> {
        let bytes = skip_line_ends(bytes);
        let end = bytes.iter().rposition(|&b| b == b'\n').map(|at| at + 1);
        match end.and_then(|end| bytes.get(..end)) {
            Some(lines) => Message::index(lines, true),
            None => Err(match Message::index(bytes, false) {
                Err(ParseError::NoHeaders) | Ok(_) => ParseError::Truncated,
                Err(error) => error,
            }),
        }
    }

    fn index(bytes: &'a [u8], cut: bool) -> Result<Message<'a>, ParseError> {
        let bytes = skip_line_ends(bytes);
        let end = find(bytes, b'\n');
        let line = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or(bytes);
        let line = without_cr(line);
        let start = StartLine::parse(line).map_err(|error| reason(error, bytes, line, end))?;
        let fields = Fields::index(bytes, end.map_or(bytes.len(), |end| end + 1))?;
        if fields.is_empty() && !cut {
            return Err(ParseError::NoHeaders);
        }
        Ok(Message {
            bytes,
            line,
            start,
            fields,
            cut,
            parsed: Parsed::default(),
            sessions: OnceCell::new(),
        })
    }

    /// The bytes of the message and what is known of them, for [`Message::from_index`].
    pub fn into_index(self) -> (&'a [u8], MessageIndex) {
        let index = MessageIndex {
            fields: self.fields,
            cut: self.cut,
            sessions: self.sessions,
        };
        (self.bytes, index)
    }

    /// The message that [`Message::into_index`] took apart. `None` for other bytes, as far as their first line tells.
    pub fn from_index(bytes: &'a [u8], index: MessageIndex) -> Option<Message<'a>> {
        let line = without_cr(bytes.get(..find(bytes, b'\n').unwrap_or(bytes.len()))?);
        Some(Message {
            bytes,
            line,
            start: StartLine::parse(line).ok()?,
            fields: index.fields,
            cut: index.cut,
            parsed: Parsed::default(),
            sessions: index.sessions,
        })
    }

    /// The Request-Line or Status-Line.
    pub fn start(&self) -> StartLine<'a> {
        self.start
    }

    /// Whether it is a request.
    pub fn is_request(&self) -> bool {
        self.start.is_request()
    }

    /// The value of the first header field of this name, unfolded. [`HeaderName::Other`] is the first unknown one.
    pub fn header(&self, name: HeaderName) -> Option<Cow<'a, [u8]>> {
        self.raw(name).map(unfold)
    }

    /// The values of all header fields of this name, unfolded, not parted at commas.
    pub fn headers(&self, name: HeaderName) -> impl Iterator<Item = Cow<'a, [u8]>> {
        let fields = self.fields.iter().filter(move |field| field.name == name);
        fields.map(|field| unfold(field.value_in(self.bytes)))
    }

    /// Every value of this name, unfolded: those of a comma-joined line one by one (RFC 3261, 7.3.1). Empty ones are
    /// left out. Names whose values may hold commas ([`HeaderName::is_list`]) give each line whole.
    pub fn values(&self, name: HeaderName) -> impl Iterator<Item = Cow<'a, [u8]>> {
        self.raw_values(name).map(unfold)
    }

    /// The value of the first header field of this name, unfolded: any name, in full or compact form, in any case.
    pub fn header_named(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        let known = HeaderName::from_bytes(name.as_bytes());
        if !self.fields.has(known) {
            return None;
        }
        let field = self.fields.iter().find(|field| {
            field.name == known
                && (known != HeaderName::Other
                    || field
                        .name_in(self.bytes)
                        .eq_ignore_ascii_case(name.as_bytes()))
        })?;
        Some(unfold(field.value_in(self.bytes)))
    }

    /// All header fields in their order: name as recognised, name as written, value unfolded.
    pub fn fields(&self) -> impl Iterator<Item = (HeaderName, &'a [u8], Cow<'a, [u8]>)> {
        self.fields.iter().map(|field| {
            let value = unfold(field.value_in(self.bytes));
            (field.name, field.name_in(self.bytes), value)
        })
    }

    /// The Call-ID (RFC 3261, 20.8); `None` where it is missing or empty.
    pub fn call_id(&self) -> Option<&'a [u8]> {
        self.raw(HeaderName::CallId).filter(|id| !id.is_empty())
    }

    /// The same as [`text::display`] shows it.
    pub fn call_id_shown(&self) -> Option<&str> {
        let show = || self.call_id().map(text::display);
        self.parsed.call_id_shown.get_or_init(show).as_deref()
    }

    /// The CSeq (RFC 3261, 20.16); `None` where it is missing or no 32-bit number and method.
    pub fn cseq(&self) -> Option<CSeq<'a>> {
        let parse = || self.raw(HeaderName::CSeq).and_then(CSeq::parse);
        *self.parsed.cseq.get_or_init(parse)
    }

    /// Who sends the request, or sent the one that is answered (RFC 3261, 20.20).
    pub fn from(&self) -> Option<NameAddr<'a>> {
        let parse = || self.raw(HeaderName::From).and_then(NameAddr::parse);
        *self.parsed.from.get_or_init(parse)
    }

    /// Whom the request is for (RFC 3261, 20.39).
    pub fn to(&self) -> Option<NameAddr<'a>> {
        let parse = || self.raw(HeaderName::To).and_then(NameAddr::parse);
        *self.parsed.to.get_or_init(parse)
    }

    /// The tag of [`Message::from`] (RFC 3261, 19.3).
    pub fn from_tag(&self) -> Option<&'a [u8]> {
        let find = || self.from().and_then(|from| from.tag());
        *self.parsed.from_tag.get_or_init(find)
    }

    /// The tag of [`Message::to`].
    pub fn to_tag(&self) -> Option<&'a [u8]> {
        let find = || self.to().and_then(|to| to.tag());
        *self.parsed.to_tag.get_or_init(find)
    }

    /// The branch of [`Message::via`], which names the transaction (RFC 3261, 8.1.1.7).
    pub fn branch(&self) -> Option<&'a [u8]> {
        let find = || self.via().and_then(|via| via.branch());
        *self.parsed.branch.get_or_init(find)
    }

    /// The Contact values that can be read (RFC 3261, 20.10).
    pub fn contacts(&self) -> impl Iterator<Item = Contact<'a>> {
        self.raw_values(HeaderName::Contact)
            .filter_map(Contact::parse)
    }

    /// The addresses of Route, Record-Route, Path, P-Asserted-Identity and their like that can be read.
    pub fn addresses(&self, name: HeaderName) -> impl Iterator<Item = NameAddr<'a>> {
        self.raw_values(name).filter_map(NameAddr::parse)
    }

    /// The topmost Via: who sent this request, or the one that is answered (RFC 3261, 20.42).
    pub fn via(&self) -> Option<Via<'a>> {
        let parse = || self.raw_values(HeaderName::Via).next().and_then(Via::parse);
        *self.parsed.via.get_or_init(parse)
    }

    /// All Via values that can be read, the topmost first.
    pub fn vias(&self) -> impl Iterator<Item = Via<'a>> {
        self.via().into_iter().chain(self.lower_vias())
    }

    /// The branches of [`Message::vias`].
    pub fn branches(&self) -> impl Iterator<Item = Option<&'a [u8]>> {
        let top = self.via().map(|_| self.branch());
        let lower = self.lower_vias().map(|via| via.branch());
        top.into_iter().chain(lower)
    }

    fn lower_vias(&self) -> impl Iterator<Item = Via<'a>> {
        self.raw_values(HeaderName::Via)
            .skip(1)
            .filter_map(Via::parse)
    }

    /// The Expires header field, in seconds (RFC 3261, 20.19).
    pub fn expires(&self) -> Option<u32> {
        self.raw(HeaderName::Expires).and_then(number)
    }

    /// The Content-Length, in bytes (RFC 3261, 20.14); `None` where it is missing or no number.
    pub fn content_length(&self) -> Option<u32> {
        self.raw(HeaderName::ContentLength).and_then(number)
    }

    /// The Content-Type (RFC 3261, 20.15).
    pub fn content_type(&self) -> Option<MediaType<'a>> {
        self.raw(HeaderName::ContentType).and_then(MediaType::parse)
    }

    /// What the sender calls itself: User-Agent, or else Server (RFC 3261, 20.41 and 20.35).
    pub fn user_agent(&self) -> Option<Cow<'a, [u8]>> {
        self.header(HeaderName::UserAgent)
            .or_else(|| self.header(HeaderName::Server))
            .filter(|name| !name.is_empty())
    }

    /// The Q.850 cause of a Reason header field (RFC 3326, 2): `Q.850;cause=16`.
    pub fn reason_q850(&self) -> Option<u16> {
        self.raw_values(HeaderName::Reason).find_map(|value| {
            let (protocol, params) = split_at(value, |b| b == b';');
            let cause = Params::new(params).value("cause")?;
            let named = trim(protocol).eq_ignore_ascii_case(b"Q.850");
            named
                .then(|| number(cause))?
                .and_then(|cause| cause.try_into().ok())
        })
    }

    /// Whether the sender answers a challenge: Authorization or Proxy-Authorization (RFC 3261, 22).
    pub fn has_credentials(&self) -> bool {
        self.raw(HeaderName::Authorization).is_some()
            || self.raw(HeaderName::ProxyAuthorization).is_some()
    }

    /// The body: as long as Content-Length says, or all there is where that is more or nothing is said
    /// (RFC 3261, 18.3).
    pub fn body(&self) -> &'a [u8] {
        let all = self.behind_headers();
        let stated = self
            .content_length()
            .and_then(|len| usize::try_from(len).ok());
        stated.and_then(|len| all.get(..len)).unwrap_or(all)
    }

    /// The session descriptions in the body: the body itself, or parts of a multipart body, also nested. Line ends
    /// before a description are passed over; a body whose type is not said is taken for one if it looks like one.
    pub fn sdp_bodies(&self) -> SdpBodies<'a> {
        SdpBodies::new(&Entity {
            media_type: self.content_type(),
            encoding: self.raw(HeaderName::ContentEncoding),
            body: self.body(),
        })
    }

    /// The session descriptions in the body that can be read, in their order. They are read once.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.read_sessions().iter().filter_map(Option::as_deref)
    }

    /// The first session description in the body, if that can be read.
    pub fn first_session(&self) -> Option<&Session> {
        self.read_sessions().first()?.as_deref()
    }

    /// Reads the session descriptions now, and takes payload maps that are equal from `maps`: what is kept of many calls then
    /// takes little room. Does nothing if they have been read.
    pub fn read_sessions_sharing(&self, maps: &mut PayloadMaps) {
        self.sessions.get_or_init(|| {
            let mut sessions = self.parse_sessions();
            let read = sessions.iter_mut().flatten();
            for media in read.flat_map(|session| &mut session.media) {
                media.payloads = maps.share(Arc::clone(&media.payloads));
            }
            sessions
        });
    }

    fn read_sessions(&self) -> &Sessions {
        self.sessions.get_or_init(|| self.parse_sessions())
    }

    fn parse_sessions(&self) -> Sessions {
        let parse = |body| Session::parse(body).ok().map(Box::new);
        self.sdp_bodies().map(parse).collect()
    }

    /// The start line and the header section as they stand, the empty line included.
    pub fn head(&self) -> &'a [u8] {
        self.bytes
            .get(..self.fields.body_start)
            .unwrap_or(self.bytes)
    }

    /// The message as it stands, from the start line to the end of [`Message::body`].
    pub fn as_bytes(&self) -> &'a [u8] {
        let len = self.fields.body_start + self.body().len();
        self.bytes.get(..len).unwrap_or(self.bytes)
    }

    /// Whether the header section ends with its empty line.
    pub fn has_whole_head(&self) -> bool {
        self.fields.end == End::Whole
    }

    /// Whether the capture lacks its end: see [`Message::parse_cut`].
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Everything behind the header section.
    pub(super) fn behind_headers(&self) -> &'a [u8] {
        self.bytes.get(self.fields.body_start..).unwrap_or_default()
    }

    /// The first value of this name, line folds still in it.
    pub(super) fn raw(&self, name: HeaderName) -> Option<&'a [u8]> {
        self.fields.first(self.bytes, name)
    }

    fn raw_values(&self, name: HeaderName) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .values(self.bytes, name)
            .filter(|value| !value.is_empty())
    }
}

pub(super) fn skip_line_ends(bytes: &[u8]) -> &[u8] {
    let start = position(bytes, |b| !matches!(b, b'\r' | b'\n'));
    bytes
        .get(start.unwrap_or(bytes.len())..)
        .unwrap_or_default()
}

fn without_cr(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r'] = line {
        line = rest;
    }
    line
}

/// What to say of bytes whose first line cannot be read.
fn reason(error: ParseError, bytes: &[u8], line: &[u8], end: Option<usize>) -> ParseError {
    if all(bytes, |b| matches!(b, b'\0' | b'\r' | b'\n')) {
        ParseError::KeepAlive
    } else if end.is_none() && may_be_cut(line) {
        ParseError::Truncated
    } else {
        error
    }
}
