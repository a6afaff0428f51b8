//! `POST /slices?call_id=ID`: the packets of a call, for whoever bears the token.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::metrics::PATIENCE;
use super::{State, Token, query};
use crate::export::slices::SliceForm;
use crate::pipeline::Slice;

/// Slices that may be in memory at once, each as long as its client reads it.
const AT_ONCE: usize = 2;

/// Bytes that are handed to the connection at once.
const CHUNK: usize = 64 << 10;

/// Call-IDs are shorter.
const LONGEST_CALL_ID: usize = 4096;

/// Whom slices are given to, and in which form.
#[derive(Clone, Debug)]
pub struct SliceDesk {
    /// What a request must bear; without one none is answered.
    token: Option<Token>,
    /// How slices look; `None` where no packets are kept.
    form: Option<SliceForm>,
    room: Arc<Semaphore>,
}

impl SliceDesk {
    /// One that gives slices of this form to those who bear the token.
    pub fn new(token: Option<Token>, form: Option<SliceForm>) -> SliceDesk {
        SliceDesk {
            token,
            form,
            room: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Who may not ask is told so before anything else.
    fn admit(&self, headers: &HeaderMap) -> Result<SliceForm, Refusal> {
        let Some(token) = &self.token else {
            let text = "slices are given to nobody: set http.token or http.token_file in the configuration";
            return Err(Refusal(StatusCode::FORBIDDEN, text));
        };
        if !token.is_borne(headers) {
            tracing::warn!("a slice was asked for without the token");
            let text = "this takes the header Authorization: Bearer with the token of http.token or http.token_file";
            return Err(Refusal(StatusCode::UNAUTHORIZED, text));
        }
        let text = "slices are off: set slices.dir in the configuration, or --slices";
        self.form
            .ok_or(Refusal(StatusCode::SERVICE_UNAVAILABLE, text))
    }

    fn enter(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let entered = Arc::clone(&self.room).try_acquire_owned();
        entered.map_err(|_| BUSY)
    }
}

/// A status and a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal(StatusCode, &'static str);

const BUSY: Refusal = Refusal(
    StatusCode::SERVICE_UNAVAILABLE,
    "other slices are being given out: ask again in a moment",
);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Refusal(status, text) = self;
        let mut response = (status, format!("{text}\n")).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = header::HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        if self == BUSY {
            headers.insert(header::RETRY_AFTER, 1.into());
        }
        response
    }
}

/// The packets of a Call-ID as a pcapng file.
pub(super) async fn page(
    Shared(state): Shared<State>,
    RawQuery(asked): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let form = state.slices.admit(&headers)?;
    let call_id = call_id(asked.as_deref())?;
    let place = state.slices.enter()?;
    let Some(slice) = cut(&state, call_id).await? else {
        let text = "no packet with this Call-ID is kept: it never passed, or it passed longer ago than slices.seconds and slices.memory_mib allow";
        return Err(Refusal(StatusCode::NOT_FOUND, text));
    };
    tracing::info!(packets = slice.packets.len(), "a slice was asked for");
    let written = spawn_blocking(move || written(form, &slice, place)).await;
    written.map_err(|_| {
        let text = "the slice cannot be written";
        Refusal(StatusCode::INTERNAL_SERVER_ERROR, text)
    })
}

/// The answer with a slice, which keeps its place until it has been read.
fn written(form: SliceForm, slice: &Slice, place: OwnedSemaphorePermit) -> Response {
    let mut file = Vec::with_capacity(slice.bytes.len() + 64 * slice.packets.len() + 1024);
    let written = form.write(slice, &mut file);
    written.expect("a vector takes all that is written to it");
    let disposition = format!("attachment; filename=\"{}\"", form.file_name(slice));
    let headers = [
        (header::CONTENT_TYPE, "application/vnd.tcpdump.pcap"),
        (header::CONTENT_DISPOSITION, &*disposition),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let chunks = Chunks {
        left: file.into(),
        _place: place,
    };
    (headers, Body::new(chunks)).into_response()
}

fn call_id(asked: Option<&str>) -> Result<String, Refusal> {
    let mut given = query::values(asked, "call_id").into_iter();
    let fits = |id: &String| (1..=LONGEST_CALL_ID).contains(&id.len());
    let text = "name one call: POST /slices?call_id=ID, with % codes for what a URL cannot hold";
    match (given.next().filter(fits), given.next()) {
        (Some(call_id), None) => Ok(call_id),
        _ => Err(Refusal(StatusCode::BAD_REQUEST, text)),
    }
}

/// Asks the capture, which never waits for who asks.
async fn cut(state: &State, call_id: String) -> Result<Option<Slice>, Refusal> {
    let (answer, slice) = oneshot::channel();
    let answer = |slice| {
        // Whoever asked may have given up.
        let _ = answer.send(slice);
    };
    if !state.remote.ask_for_slice(call_id, answer) {
        return Err(BUSY);
    }
    let text = "the capture does not answer";
    match timeout(PATIENCE, slice).await {
        Ok(Ok(slice)) => Ok(slice),
        _ => Err(Refusal(StatusCode::SERVICE_UNAVAILABLE, text)),
    }
}

/// A file that is read bit by bit, and the place it takes until then.
struct Chunks {
    left: Bytes,
    _place: OwnedSemaphorePermit,
}

impl hyper::body::Body for Chunks {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let n = self.left.len().min(CHUNK);
        let chunk = self.left.split_to(n);
        Poll::Ready((n > 0).then(|| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use http_body_util::BodyExt;

    use super::*;

    const TOKEN: &str = "0123456789abcdef";
    const FORM: SliceForm = SliceForm {
        payload: false,
        secrets: false,
    };

    fn check(token: Option<&str>, form: Option<SliceForm>, borne: Option<&str>, expected: u16) {
        let desk = SliceDesk::new(token.map(Token::of), form);
        let mut headers = HeaderMap::new();
        if let Some(borne) = borne {
            let value = HeaderValue::from_str(&format!("Bearer {borne}")).unwrap();
            headers.insert(header::AUTHORIZATION, value);
        }
        let status = match desk.admit(&headers) {
            Ok(_) => 200,
            Err(Refusal(status, _)) => status.as_u16(),
        };
        assert_eq!(status, expected, "{token:?} {form:?} {borne:?}");
    }

    #[test]
    fn who_may_not_ask_learns_nothing() {
        check(None, Some(FORM), Some(TOKEN), 403);
        check(None, None, None, 403);
        check(Some(TOKEN), None, None, 401);
        check(Some(TOKEN), Some(FORM), Some("0123456789abcdeF"), 401);
        check(Some(TOKEN), None, Some(TOKEN), 503);
        check(Some(TOKEN), Some(FORM), Some(TOKEN), 200);
    }

    #[test]
    fn one_call_is_named() {
        let check = |asked: Option<&str>, expected: Option<&str>| {
            assert_eq!(call_id(asked).ok().as_deref(), expected, "{asked:?}");
        };
        check(Some("call_id=a%2Bb%40c"), Some("a+b@c"));
        check(Some("call_id="), None);
        check(Some("call_id=a&call_id=b"), None);
        check(Some("callid=a"), None);
        check(None, None);
        let long = format!("call_id={}", "a".repeat(LONGEST_CALL_ID + 1));
        check(Some(&long), None);
    }

    #[tokio::test]
    async fn a_file_comes_whole_and_keeps_its_place_until_then() {
        let desk = SliceDesk::new(None, None);
        let file: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
        let mut body = Body::new(Chunks {
            left: file.clone().into(),
            _place: desk.enter().unwrap(),
        });
        assert_eq!(hyper::body::Body::size_hint(&body).exact(), Some(200_000));
        let mut read = Vec::new();
        while let Some(frame) = body.frame().await {
            assert_eq!(desk.room.available_permits(), AT_ONCE - 1);
            read.extend(frame.unwrap().into_data().unwrap());
        }
        assert_eq!(read, file);
        drop(body);
        assert_eq!(desk.room.available_permits(), AT_ONCE);
    }

    #[test]
    fn so_many_are_given_out_at_once() {
        let desk = SliceDesk::new(None, None);
        let places: Vec<_> = (0..AT_ONCE).map(|_| desk.enter().unwrap()).collect();
        assert_eq!(desk.enter().unwrap_err(), BUSY);
        drop(places);
        assert!(desk.enter().is_ok());
    }
}
