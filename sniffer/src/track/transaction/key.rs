//! What names a transaction, and what names the dialog that an ACK confirms.

use std::hash::{BuildHasher, Hash, Hasher};

use foldhash::fast::RandomState;

use crate::sip::{Message, Method};
use crate::track::registration::address_of_record;
use crate::track::repeats::has_magic_cookie;

/// Makes keys of messages. Those of one `Keys` can be compared with each other only.
#[derive(Debug, Default)]
pub(super) struct Keys {
    hasher: RandomState,
}

impl Keys {
    /// The transaction that a request of this method, or an answer to one, belongs to; `None` where Via or CSeq is missing.
    ///
    /// By branch, sent-by of the top Via and method (RFC 3261, 17.1.3 and 17.2.3). `received` and `rport`, which the server
    /// adds (RFC 3581), stay outside. Where the branch has no magic cookie the From counts as well, as in RFC 2543; To and
    /// Request-URI cannot, as answers change the one and lack the other. Call-ID and CSeq number are the same in all
    /// messages of a transaction and keep apart those of agents that use a branch twice.
    pub(super) fn transaction(&self, message: &Message<'_>, method: &Method<'_>) -> Option<u64> {
        let (via, cseq) = (message.via()?, message.cseq()?);
        let mut hash = self.hasher.build_hasher();
        (message.call_id(), cseq.seq, method.as_bytes()).hash(&mut hash);
        (via.host, via.port, message.branch()).hash(&mut hash);
        if !has_magic_cookie(message) {
            let from = message.from();
            from.map(|from| (from.uri, from.tag())).hash(&mut hash);
        }
        if *method == Method::Register {
            // By this a worker owns them: two of different owners must not be one transaction.
            address_of_record(message).hash(&mut hash);
        }
        Some(hash.finish())
    }

    /// The dialog between the caller and whoever gave a 2xx, with the number of its INVITE: the 2xx and its ACK share these
    /// and nothing else (RFC 3261, 13.2.2.4).
    pub(super) fn answer(&self, message: &Message<'_>) -> u64 {
        let mut hash = self.hasher.build_hasher();
        message.call_id().hash(&mut hash);
        message.cseq().map(|cseq| cseq.seq).hash(&mut hash);
        message.from_tag().hash(&mut hash);
        message.to_tag().hash(&mut hash);
        hash.finish()
    }
}
