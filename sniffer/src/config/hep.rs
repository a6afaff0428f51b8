//! The section `hep`: frames of capture agents, taken in and sent on.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use super::error::Fault;
use crate::export::hep::Target;

/// Whence and whither, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hep {
    /// Where agents are listened to.
    pub listen: Option<SocketAddr>,
    /// The certificates we show to agents that encrypt, and the key, as files of PEM.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// The server to send to.
    pub send: Option<Target>,
    /// Our number among agents.
    pub agent_id: u32,
    /// Our name among them.
    pub agent_name: Option<String>,
    /// What the server knows us by.
    pub password: Option<String>,
    /// Certificates of the authorities that TLS trusts, as a file of PEM.
    pub authorities: Option<PathBuf>,
}

/// The section as written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Section {
    listen: Option<String>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    send: Option<String>,
    agent_id: u32,
    agent_name: Option<String>,
    password: Option<String>,
    tls_authorities: Option<PathBuf>,
}

impl Section {
    pub(super) fn check(self) -> Result<Hep, Fault> {
        let fault = |key: &str, wrong, accepted| Fault {
            key: key.to_owned(),
            wrong,
            accepted,
        };
        let certificate = match (self.tls_certificate, self.tls_key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => {
                let wrong = "one of the two is missing".to_owned();
                let accepted = "the files of a certificate and of its key, or neither";
                return Err(fault("hep.tls_certificate, hep.tls_key", wrong, accepted));
            }
        };
        let address = |text: String| {
            let wrong = format!("{text:?} is no address");
            let accepted = "an IP address and a port, such as 0.0.0.0:9060 or [::]:9060";
            text.parse()
                .map_err(|_| fault("hep.listen", wrong, accepted))
        };
        let target = |text: String| {
            let wrong = format!("{text:?} is no capture server");
            let accepted = "udp://HOST:PORT, tcp://HOST:PORT or tls://HOST:PORT";
            text.parse().map_err(|_| fault("hep.send", wrong, accepted))
        };
        Ok(Hep {
            listen: self.listen.map(address).transpose()?,
            certificate,
            send: self.send.map(target).transpose()?,
            agent_id: self.agent_id,
            agent_name: self.agent_name,
            password: self.password,
            authorities: self.tls_authorities,
        })
    }
}
