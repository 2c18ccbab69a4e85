//! Reads structured events from JSON. What a field may hold is left open; what is computed with must fit.

use serde_json::{Map, Value};

use super::context::{DeviceContext, EntityContext, EventContext, HistoricalContext, LocationContext, SessionContext};
use super::{DomainType, EventWithContext, Timestamp, TimestampError, UniversalEvent, empty, version};

/// JSON that is no structured event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StructuredEventError {
    /// The text is no JSON.
    #[error("structured event: {message}")]
    Json {
        /// What is wrong, and where.
        message: String,
    },
    /// A part must be an object.
    #[error("structured event: `{part}` must be an object")]
    NotAnObject {
        /// Which.
        part: &'static str,
    },
    /// There is no such domain.
    #[error("structured event: there is no domain {found}")]
    Domain {
        /// What stands there, as JSON.
        found: String,
    },
    /// The timestamp cannot be read.
    #[error("structured event: `timestamp`: {source}")]
    Timestamp {
        /// Why.
        #[from]
        source: TimestampError,
    },
    /// `value` must be a finite number, true or false, or the text of a finite number.
    #[error("structured event: `value`: {found} is no finite number")]
    Value {
        /// What stands there, as JSON.
        found: String,
    },
}

impl StructuredEventError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Json { .. } => "R0202",
            Self::NotAnObject { .. } => "R0203",
            Self::Domain { .. } => "R0204",
            Self::Timestamp { .. } => "R0205",
            Self::Value { .. } => "R0206",
        }
    }
}

impl EventWithContext {
    /// Reads `{"event": {…}, "context": {…}}`, or the event's fields at the top with an optional `context`.
    ///
    /// Missing fields take their defaults; the context's more special fields are not read.
    ///
    /// # Errors
    /// A part is no object, or domain, timestamp or value make no sense.
    pub fn from_value(data: &Value) -> Result<Self, StructuredEventError> {
        let data = object(data, "the whole")?;
        let event = match data.get("event") {
            Some(event) => object(event, "event")?,
            None => data,
        };
        let nothing = Map::new();
        let context = match data.get("context") {
            Some(context) => object(context, "context")?,
            None => &nothing,
        };
        Ok(Self::new(read_event(event)?, read_context(context)?))
    }

    /// The same, from JSON text.
    ///
    /// # Errors
    /// As [`EventWithContext::from_value`], and if the text is no JSON.
    pub fn from_json(text: &str) -> Result<Self, StructuredEventError> {
        let data: Value =
            serde_json::from_str(text).map_err(|error| StructuredEventError::Json { message: error.to_string() })?;
        Self::from_value(&data)
    }
}

fn read_event(event: &Map<String, Value>) -> Result<UniversalEvent, StructuredEventError> {
    let or = |key: &str, default: &str| event.get(key).cloned().unwrap_or_else(|| Value::from(default));
    let or_null = |key: &str| event.get(key).cloned().unwrap_or_default();
    let domain = match event.get("domain") {
        None => DomainType::Generic,
        Some(found) => found
            .as_str()
            .and_then(DomainType::named)
            .ok_or_else(|| StructuredEventError::Domain { found: found.to_string() })?,
    };
    let timestamp = match event.get("timestamp") {
        None => Timestamp::now(),
        Some(Value::String(text)) => Timestamp::parse(text)?,
        Some(other) => return Err(TimestampError { text: other.to_string() }.into()),
    };
    let value = event.get("value").map_or(Ok(Value::from(0.0)), number)?;
    Ok(UniversalEvent {
        id: or("id", ""),
        domain,
        event_type: or("event_type", "generic_event"),
        timestamp,
        primary_entity: or("primary_entity", "unknown"),
        secondary_entity: or("secondary_entity", "unknown"),
        value,
        unit: or("unit", "unit"),
        domain_data: event.get("domain_data").cloned().unwrap_or_else(empty),
        correlation_id: or_null("correlation_id"),
        source_system: or_null("source_system"),
        event_version: version(),
    })
}

fn read_context(context: &Map<String, Value>) -> Result<EventContext, StructuredEventError> {
    let nothing = Map::new();
    let part = |name: &'static str| context.get(name).map_or(Ok(&nothing), |part| object(part, name));
    Ok(EventContext {
        session: SessionContext::read(part("session")?),
        device: DeviceContext::read(part("device")?),
        location: LocationContext::read(part("location")?),
        historical: HistoricalContext::read(part("historical")?),
        entity: EntityContext::read(part("entity")?),
        domain_context: context.get("domain_context").cloned().unwrap_or_else(empty),
        ..EventContext::default()
    })
}

fn object<'a>(value: &'a Value, part: &'static str) -> Result<&'a Map<String, Value>, StructuredEventError> {
    value.as_object().ok_or(StructuredEventError::NotAnObject { part })
}

/// A double, from what Python's `float` takes, as long as it is finite.
fn number(found: &Value) -> Result<Value, StructuredEventError> {
    let read = match found {
        Value::Number(number) => number.as_f64(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::String(text) => decimal(text.trim()),
        _ => None,
    };
    match read.filter(|number| number.is_finite()) {
        Some(number) => Ok(Value::from(number)),
        None => Err(StructuredEventError::Value { found: found.to_string() }),
    }
}

/// Digits may be grouped by single underscores.
fn decimal(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    let grouped = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'_')
        .all(|(at, _)| digit(at.checked_sub(1)) && digit(at.checked_add(1)));
    grouped.then(|| text.replace('_', "").parse().ok()).flatten()
}
