//! `/metrics`: the counts of the moment, as Prometheus reads them.

use std::time::Duration;

use axum::extract::{RawQuery, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{State, process, query};
use crate::capture::{FilterCounts, TapCounts};
use crate::metrics::{Choice, Filter, Format, Host, InterfaceCounts, families, write};
use crate::pipeline::lock;

/// So long a scrape waits for the capture. It answers within a fifth of a second unless it is stuck.
const PATIENCE: Duration = Duration::from_secs(5);

/// The page; `collect[]` chooses families by the beginnings of their names.
pub(super) async fn page(
    Shared(state): Shared<State>,
    RawQuery(asked): RawQuery,
    headers: HeaderMap,
) -> Response {
    let (answer, survey) = oneshot::channel();
    state.remote.ask(move |survey| {
        // Whoever asked may have given up.
        let _ = answer.send(survey);
    });
    let Ok(Ok(survey)) = timeout(PATIENCE, survey).await else {
        tracing::warn!("a scrape got no answer from the capture");
        let text = "the capture does not answer\n";
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    let choice = Choice(query::values(asked.as_deref(), "collect[]"));
    let pulse = state.remote.pulse();
    let host = Host {
        interfaces: pulse.taps.iter().map(interface).collect(),
        filter: pulse.filter.map(filter),
        process: process::read(),
        exports: state.exports.clone(),
        shared: state.shared.clone(),
    };
    let accept = headers.get(header::ACCEPT);
    let accept = accept.and_then(|value| value.to_str().ok());
    let format = Format::accepted(accept.unwrap_or_default());
    let content_type = [(header::CONTENT_TYPE, format.content_type())];
    let mut tally = lock(&state.tally);
    let families = families(&survey, &mut tally, &host, choice);
    let page = write(&families, tally.exemplars(), format);
    (content_type, page).into_response()
}

fn filter(counts: FilterCounts) -> Filter {
    Filter {
        packets: counts.packets,
        endpoints: counts.endpoints,
        capacity: counts.capacity,
        refused: counts.refused,
    }
}

fn interface(tap: &TapCounts) -> InterfaceCounts {
    InterfaceCounts {
        name: tap.name.clone(),
        up: tap.up,
        stalled: tap.stalled,
        received: tap.received,
        dropped: tap.dropped,
        frames: tap.frames,
        returns: tap.returns,
    }
}
