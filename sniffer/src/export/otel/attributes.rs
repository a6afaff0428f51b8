//! Names with values, and records as values.

use std::net::SocketAddr;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::OtelSettings;
use crate::time::Timestamp;

/// Attributes being gathered; what is unknown is left out.
#[derive(Debug, Default)]
pub(super) struct Attributes(Vec<KeyValue>);

impl Attributes {
    pub(super) fn text(&mut self, key: &str, value: impl Into<String>) -> &mut Self {
        self.put(key, Value::StringValue(value.into()))
    }

    pub(super) fn maybe(&mut self, key: &str, value: Option<impl Into<String>>) -> &mut Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    pub(super) fn int(&mut self, key: &str, value: impl TryInto<i64>) -> &mut Self {
        self.put(key, Value::IntValue(value.try_into().unwrap_or(i64::MAX)))
    }

    pub(super) fn maybe_int(&mut self, key: &str, value: Option<impl TryInto<i64>>) -> &mut Self {
        match value {
            Some(value) => self.int(key, value),
            None => self,
        }
    }

    pub(super) fn figure(&mut self, key: &str, value: Option<f64>) -> &mut Self {
        match value {
            Some(value) => self.put(key, Value::DoubleValue(value)),
            None => self,
        }
    }

    /// The sender's address and the receiver's, as the convention for SIP names them.
    pub(super) fn ends(&mut self, src: SocketAddr, dst: SocketAddr) -> &mut Self {
        self.text("network.peer.address", src.ip().to_string())
            .int("network.peer.port", src.port())
            .text("network.local.address", dst.ip().to_string())
            .int("network.local.port", dst.port())
    }

    pub(super) fn take(&mut self) -> Vec<KeyValue> {
        std::mem::take(&mut self.0)
    }

    fn put(&mut self, key: &str, value: Value) -> &mut Self {
        self.0.push(pair(key, value));
        self
    }
}

fn pair(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

/// JSON as a value; null becomes a value without content.
pub(super) fn value(json: serde_json::Value) -> AnyValue {
    use serde_json::Value as Json;
    let value = match json {
        Json::Null => None,
        Json::Bool(value) => Some(Value::BoolValue(value)),
        Json::Number(number) => Some(match number.as_i64() {
            Some(whole) => Value::IntValue(whole),
            None => Value::DoubleValue(number.as_f64().unwrap_or_default()),
        }),
        Json::String(text) => Some(Value::StringValue(text)),
        Json::Array(items) => {
            let values = items.into_iter().map(value).collect();
            Some(Value::ArrayValue(ArrayValue { values }))
        }
        Json::Object(fields) => {
            let field = |(key, json)| KeyValue {
                key,
                value: Some(value(json)),
                ..KeyValue::default()
            };
            let values = fields.into_iter().map(field).collect();
            Some(Value::KvlistValue(KeyValueList { values }))
        }
    };
    AnyValue { value }
}

/// Who sends.
pub(super) fn resource(settings: &OtelSettings) -> Option<Resource> {
    let mut attributes = Attributes::default();
    attributes
        .text("service.name", "sipvane")
        .text("service.version", env!("CARGO_PKG_VERSION"))
        .maybe("service.instance.id", settings.instance.clone());
    Some(Resource {
        attributes: attributes.take(),
        ..Resource::default()
    })
}

/// What measured.
pub(super) fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope {
        name: "sipvane".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    })
}

/// Nanoseconds since 1970; before it, 0.
pub(super) fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.as_nanos()).unwrap_or_default()
}
