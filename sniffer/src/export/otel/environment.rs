//! What the environment says of a collector, under the names that OpenTelemetry gives its variables: for hosts where all programs
//! are told so. Our own configuration and flags are stronger.

use super::endpoint::Endpoint;

/// What is said there, as far as something is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, spoken to as `OTEL_EXPORTER_OTLP_PROTOCOL` says.
    pub endpoint: Option<Endpoint>,
    /// `OTEL_EXPORTER_OTLP_HEADERS`: names in lower case, and values.
    pub headers: Vec<(String, String)>,
}

/// A variable whose value is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {value:?} is not {accepted}")]
pub struct EnvironmentError {
    name: &'static str,
    value: String,
    accepted: &'static str,
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";

impl Environment {
    /// Reads it; an empty variable is none, and `OTEL_SDK_DISABLED=true` hides all.
    ///
    /// # Errors
    /// Where a value cannot be understood.
    pub fn read(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Environment, EnvironmentError> {
        let read = |name: &'static str| variable(name).filter(|value| !value.is_empty());
        if read("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Environment::default());
        }
        let protocol = read(PROTOCOL);
        let endpoint = read(ENDPOINT).map(|url| endpoint(url, protocol));
        let headers = read(HEADERS).map(|text| headers(&text)).transpose()?;
        Ok(Environment {
            endpoint: endpoint.transpose()?,
            headers: headers.unwrap_or_default(),
        })
    }
}

/// A URL of HTTP, whichever protocol is spoken; `http/protobuf` is usual.
fn endpoint(url: String, protocol: Option<String>) -> Result<Endpoint, EnvironmentError> {
    let ours = match protocol.as_deref() {
        None | Some("http/protobuf") => url.clone(),
        Some("grpc") => match url.split_once("://") {
            Some(("https", rest)) => format!("grpcs://{}", rest.trim_end_matches('/')),
            Some((_, rest)) => format!("grpc://{}", rest.trim_end_matches('/')),
            None => format!("grpc://{url}"),
        },
        Some(_) => {
            return Err(EnvironmentError {
                name: PROTOCOL,
                value: protocol.unwrap_or_default(),
                accepted: "grpc or http/protobuf",
            });
        }
    };
    ours.parse().map_err(|_| EnvironmentError {
        name: ENDPOINT,
        value: url,
        accepted: "http://HOST:PORT or https://HOST:PORT",
    })
}

/// `name=value,name=value`, values with per cent signs where they need them (W3C Baggage, 3.3.1). The value is not told where it is wrong: it
/// may hold a secret.
fn headers(text: &str) -> Result<Vec<(String, String)>, EnvironmentError> {
    let header = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let value = unescape(value.trim())?;
        let name = name.trim().to_ascii_lowercase();
        super::is_header(&name, &value).then_some((name, value))
    };
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    let headers: Option<Vec<_>> = pairs.map(header).collect();
    headers.ok_or(EnvironmentError {
        name: HEADERS,
        value: "***".to_owned(),
        accepted: "NAME=VALUE,NAME=VALUE",
    })
}

fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Environment, EnvironmentError> {
        Environment::read(|name| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn check(set: &[(&str, &str)], expected: Option<&str>) {
        let endpoint = read(set).unwrap().endpoint;
        assert_eq!(endpoint.map(|it| format!("{it}")).as_deref(), expected);
    }

    #[test]
    fn an_endpoint_is_spoken_to_as_the_protocol_says() {
        check(&[], None);
        check(&[(ENDPOINT, "")], None);
        check(&[(ENDPOINT, "http://a:4318")], Some("http://a:4318"));
        check(&[(ENDPOINT, "https://a/otlp")], Some("https://a:4318/otlp"));
        let grpc = (PROTOCOL, "grpc");
        check(&[(ENDPOINT, "http://a:4317"), grpc], Some("grpc://a:4317"));
        check(&[(ENDPOINT, "https://a:1/"), grpc], Some("grpcs://a:1"));
        check(
            &[(ENDPOINT, "http://a"), ("OTEL_SDK_DISABLED", "true")],
            None,
        );
        let wrong = read(&[(ENDPOINT, "http://a"), (PROTOCOL, "http/json")]).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "OTEL_EXPORTER_OTLP_PROTOCOL: \"http/json\" is not grpc or http/protobuf"
        );
        assert!(read(&[(ENDPOINT, "a b")]).is_err());
    }

    #[test]
    fn headers_are_pairs() {
        let headers = |text| read(&[(HEADERS, text)]).map(|found| found.headers);
        let expected = [("api-key", "a=b"), ("authorization", "Bearer abc")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            headers("Api-Key=a=b, authorization=Bearer%20abc").unwrap(),
            expected
        );
        for wrong in ["secret", "a=%2", "a b=c", "a=%0a"] {
            let error = headers(wrong).unwrap_err().to_string();
            assert!(!error.contains(wrong), "{error}");
        }
    }
}
