//! One line of a key log: a label, what it is found by, and a secret.

use super::super::secret::Secret;

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A secret of the session with this client random.
    Session([u8; 32], Label, Secret),
    /// A pre-master secret, by the first bytes of its encrypted form.
    Rsa([u8; 8], Secret),
    /// Nothing: blank, a comment, a label that is of no use here.
    Skipped,
    /// No line of a key log.
    Malformed,
}

/// Which secret of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Master,
    PreMaster,
    ClientEarly,
    ClientHandshake,
    ServerHandshake,
    ClientTraffic,
    ServerTraffic,
}

/// Labels of a secret that is found by client random. What `CLIENT_TRAFFIC_SECRET_1` and its like hold follows from
/// the secrets before them.
const LABELS: &[(&[u8], Label)] = &[
    (b"CLIENT_RANDOM", Label::Master),
    (b"PMS_CLIENT_RANDOM", Label::PreMaster),
    (b"CLIENT_EARLY_TRAFFIC_SECRET", Label::ClientEarly),
    (b"CLIENT_HANDSHAKE_TRAFFIC_SECRET", Label::ClientHandshake),
    (b"SERVER_HANDSHAKE_TRAFFIC_SECRET", Label::ServerHandshake),
    (b"CLIENT_TRAFFIC_SECRET_0", Label::ClientTraffic),
    (b"SERVER_TRAFFIC_SECRET_0", Label::ServerTraffic),
];

/// Reads a line, without its end.
pub(super) fn parse(line: &[u8]) -> Line {
    let mut words = line
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let Some(label) = words.next().filter(|label| !label.starts_with(b"#")) else {
        return Line::Skipped;
    };
    let (name, secret, more) = (words.next(), words.next(), words.next());
    let parsed = if label == b"RSA" {
        rsa(name, secret)
    } else if let Some(&(_, label)) = LABELS.iter().find(|(known, _)| *known == label) {
        session(label, name, secret)
    } else if is_label(label) {
        return Line::Skipped;
    } else {
        None
    };
    parsed.filter(|_| more.is_none()).unwrap_or(Line::Malformed)
}

fn session(label: Label, random: Option<&[u8]>, secret: Option<&[u8]>) -> Option<Line> {
    let secret = secret_of(secret?)?;
    let fits = match label {
        Label::Master | Label::PreMaster => secret.bytes().len() == 48,
        _ => matches!(secret.bytes().len(), 32 | 48),
    };
    let random = hex(random?)?;
    fits.then_some(Line::Session(random, label, secret))
}

fn rsa(encrypted: Option<&[u8]>, secret: Option<&[u8]>) -> Option<Line> {
    let secret = secret_of(secret?).filter(|secret| secret.bytes().len() == 48)?;
    Some(Line::Rsa(hex(encrypted?)?, secret))
}

fn is_label(word: &[u8]) -> bool {
    word.iter()
        .all(|&b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// Exactly `N` bytes in hexadecimal.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    fill(digits, &mut bytes)?;
    Some(bytes)
}

fn secret_of(digits: &[u8]) -> Option<Secret> {
    let mut bytes = [0; Secret::MAX];
    let bytes = bytes.get_mut(..digits.len() / 2)?;
    fill(digits, bytes)?;
    Secret::new(bytes)
}

fn fill(digits: &[u8], bytes: &mut [u8]) -> Option<()> {
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16);
    for (to, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *to = (digit(high)? << 4 | digit(low)?) as u8;
    }
    Some(())
}
