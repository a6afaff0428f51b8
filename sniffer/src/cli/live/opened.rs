//! What a live capture opens before it gives up its rights.

use std::net::{SocketAddr, TcpListener};

use super::args::LiveArgs;
use super::output::Output;
use crate::capture::{Live, LiveSettings};
use crate::cli::error::Error;
use crate::cli::masking::Maskings;
use crate::cli::{otlp, store};
use crate::config::{Config, TokenSource};
use crate::export::otel::OtelSettings;
use crate::http::{self, Token};
use crate::privileges::{Account, PrivilegeError, give_up};

/// What takes rights, or may be for root alone to read.
pub(super) struct Opened {
    pub(super) maskings: Maskings,
    /// What a request for packets must bear.
    pub(super) token: Option<Token>,
    pub(super) otel: Option<OtelSettings>,
    pub(super) output: Option<Output>,
    pub(super) listener: Option<TcpListener>,
    pub(super) taps: Live,
}

impl Opened {
    /// Opens all of it, then gives up the rights.
    pub(super) fn new(
        args: &LiveArgs,
        config: &Config,
        settings: &LiveSettings,
    ) -> Result<Opened, Error> {
        let token = config.http_token.as_ref().map(TokenSource::read);
        let opened = Opened {
            maskings: Maskings::of(&config.masking)?,
            token: token.transpose()?.map(|token| Token::of(token.reveal())),
            otel: otlp::of_live(args, &config.otel)?,
            output: Output::open(args.output.as_deref())?,
            listener: args.listen.or(config.listen).map(bind).transpose()?,
            taps: Live::open(settings)?,
        };
        give_up_privileges(args, config, &opened.taps)?;
        Ok(opened)
    }
}

/// All that takes rights is open, and no thread has been started yet that would keep them.
fn give_up_privileges(args: &LiveArgs, config: &Config, taps: &Live) -> Result<(), Error> {
    let user = args.user.as_deref().or(config.user.as_deref());
    let account = user.map(Account::of).transpose();
    let account = account.map_err(PrivilegeError::from)?;
    if let Some(account) = account
        && rustix::process::geteuid().is_root()
    {
        store::hand_over(args, &config.store, account)?;
    }
    give_up(account.as_ref(), taps.wants_media())?;
    Ok(())
}

fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    http::bind(address).map_err(|source| Error::Listen { address, source })
}
