//! From flags to the statement that answers them.

use super::args::{
    CallFilters, MessageFilters, QueryArgs, RegistrationFilters, StreamFilters, Top, What,
};
use crate::cli::Error;
use crate::export::masking::{Masking, Way};
use crate::export::store::Select;

/// Follows every character that a user or number may have, so that what begins like a text is less than the text with it.
const BEHIND: char = '\u{ffff}';

/// What the flags ask for, when it is `now` seconds since 1970.
///
/// # Errors
/// Where a number is asked for that the store does not tell.
pub(super) fn select(args: &QueryArgs, now: u64, masking: &Masking) -> Result<Select, Error> {
    let mut select = match &args.what {
        What::Calls(filters) => calls(filters, masking)?,
        What::Registrations(filters) => registrations(filters, now, masking)?,
        What::Streams(filters) => streams(filters),
        What::Messages(filters) => messages(filters),
        What::Top { of } => top(*of, now),
    };
    if select.table != "location" {
        let column = match select.table {
            "messages" => "happened",
            _ => "start",
        };
        if let Some(since) = args.since {
            select.hold(&format!("{column} >= {{}}"), column, &since.written(now));
        }
        if let Some(until) = args.until {
            select.hold(&format!("{column} < {{}}"), column, &until.written(now));
        }
    }
    select.limit = (args.limit > 0).then_some(args.limit);
    Ok(select)
}

fn calls(filters: &CallFilters, masking: &Masking) -> Result<Select, Error> {
    let mut select = Select {
        table: "calls",
        columns: vec![
            "start",
            "from_user",
            "to_user",
            "outcome",
            "status",
            "duration_s",
            "pdd_ms",
            "mos_min",
            "findings",
            "call_id",
        ],
        rest: "ORDER BY calls.start DESC",
        ..Select::default()
    };
    if filters.failed {
        let failed = "(outcome = {} OR outcome = 'timeout')";
        select.hold(failed, "outcome", "failed");
    }
    if let Some(outcome) = &filters.outcome {
        select.hold("outcome = {}", "outcome", outcome);
    }
    for (column, start) in [("from_user", &filters.from), ("to_user", &filters.to)] {
        select.hold_user(column, start.as_deref(), masking)?;
    }
    if let Some(loss) = filters.min_loss {
        let lossy = "call_id IN (SELECT call_id FROM streams WHERE loss_percent >= {})";
        select.hold(lossy, "mos_min", &(loss * 100.0).to_string());
    }
    if let Some(mos) = filters.max_mos {
        select.hold("mos_min <= {}", "mos_min", &mos.to_string());
    }
    if let Some(call_id) = &filters.call_id {
        select.hold("call_id = {}", "call_id", call_id);
    }
    Ok(select)
}

fn registrations(
    filters: &RegistrationFilters,
    now: u64,
    masking: &Masking,
) -> Result<Select, Error> {
    let mut select = Select {
        table: "location",
        columns: vec![
            "username",
            "domain",
            "contact",
            "received",
            "expires",
            "last_modified",
            "user_agent",
        ],
        rest: "ORDER BY expires",
        ..Select::default()
    };
    select.hold("expires >= {}", "expires", &now.to_string());
    select.hold_user("username", filters.user.as_deref(), masking)?;
    if let Some(domain) = &filters.domain {
        select.hold("domain = {}", "domain", domain);
    }
    Ok(select)
}

fn streams(filters: &StreamFilters) -> Select {
    let mut select = Select {
        table: "streams",
        columns: vec![
            "start",
            "ssrc",
            "src",
            "dst",
            "codec",
            "packets",
            "loss_percent",
            "jitter_mean_ms",
            "mos",
            "call_id",
        ],
        rest: "ORDER BY streams.start DESC",
        ..Select::default()
    };
    if let Some(loss) = filters.min_loss {
        select.hold(
            "loss_percent >= {}",
            "loss_percent",
            &(loss * 100.0).to_string(),
        );
    }
    if let Some(mos) = filters.max_mos {
        select.hold("mos <= {}", "mos", &mos.to_string());
    }
    if let Some(call_id) = &filters.call_id {
        select.hold("call_id = {}", "call_id", call_id);
    }
    select
}

fn messages(filters: &MessageFilters) -> Select {
    let mut select = Select {
        table: "messages",
        columns: vec![
            "happened",
            "src",
            "dst",
            "transport",
            "method",
            "status",
            "cseq",
            "cseq_method",
            "retransmission",
            "length",
            "zstd AS text",
        ],
        rest: "ORDER BY messages.happened, number",
        ..Select::default()
    };
    select.hold("call_id = {}", "call_id", &filters.call_id);
    select
}

fn top(of: Top, now: u64) -> Select {
    let counted = |column, rest| Select {
        table: "calls",
        columns: vec![column, "COUNT(*) AS calls", "SUM(duration_s) AS talk_s"],
        rest,
        ..Select::default()
    };
    let by_user = "GROUP BY from_user ORDER BY calls DESC, from_user";
    let by_agent = "GROUP BY caller_user_agent ORDER BY calls DESC, caller_user_agent";
    let mut select = match of {
        Top::Talkers => counted("from_user", by_user),
        Top::UserAgents => counted("caller_user_agent", by_agent),
        Top::Failing => counted("to_user", "GROUP BY to_user ORDER BY calls DESC, to_user"),
        Top::Hours => counted(
            "SUBSTR(CAST(start AS CHAR(19)), 12, 2) AS hour",
            "GROUP BY SUBSTR(CAST(start AS CHAR(19)), 12, 2) ORDER BY calls DESC, hour",
        ),
        Top::Domains => Select {
            table: "location",
            columns: vec!["domain", "COUNT(*) AS bindings"],
            rest: "GROUP BY domain ORDER BY bindings DESC, domain",
            ..Select::default()
        },
    };
    match of {
        Top::Failing => {
            let failed = "outcome NOT IN ({}, 'in_progress')";
            select.hold(failed, "outcome", "answered");
        }
        Top::Domains => select.hold("expires >= {}", "expires", &now.to_string()),
        _ => {}
    }
    select
}

impl Select {
    fn hold(&mut self, condition: &str, column: &'static str, value: &str) {
        self.conditions
            .push((condition.to_owned(), column, value.to_owned()));
    }

    /// A user or number that begins like that; where the store hashes or encrypts them, one that is that.
    fn hold_user(
        &mut self,
        column: &'static str,
        asked: Option<&str>,
        masking: &Masking,
    ) -> Result<(), Error> {
        match (asked, masking.numbers()) {
            (Some(_), Way::Mask) => {
                let text = "numbers are struck out in this store (masking.store.numbers): they cannot be looked for";
                return Err(Error::Usage(text.to_owned()));
            }
            (Some(asked), Way::Hash | Way::Encrypt) => {
                self.hold(&format!("{column} = {{}}"), column, &masking.number(asked));
            }
            (start, _) => self.hold_beginning(column, start),
        }
        Ok(())
    }

    /// As a range, which an index can answer.
    fn hold_beginning(&mut self, column: &'static str, start: Option<&str>) {
        if let Some(start) = start {
            self.hold(&format!("{column} >= {{}}"), column, start);
            self.hold(
                &format!("{column} < {{}}"),
                column,
                &format!("{start}{BEHIND}"),
            );
        }
    }
}
