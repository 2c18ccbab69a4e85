//! Structured events: what happened (event) and around what (context), for any domain.
//!
//! Rules read the flat form: `event.*`, `context.*`, and shortcuts such as `value` or `country` at the top. A field that may
//! hold anything is a [`serde_json::Value`]; null stands for "not known".

mod context;
mod create;
mod parse;
#[cfg(test)]
mod tests;
mod timestamp;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use context::{DeviceContext, EntityContext, EventContext, HistoricalContext, LocationContext, SessionContext};
pub use create::{create_content_event, create_finance_event, create_security_event, create_support_event};
pub use parse::StructuredEventError;
pub use timestamp::{Timestamp, TimestampError};

macro_rules! domains {
    ($($variant:ident $name:literal $doc:literal;)*) => {
        /// The domain an event belongs to.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum DomainType {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)*
            /// Anything else.
            #[default]
            #[serde(rename = "GENERIC")]
            Generic,
        }

        impl DomainType {
            /// The name in events.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* Self::Generic => "GENERIC" }
            }

            /// The domain of that name; upper case, as [`DomainType::name`] gives it.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* "GENERIC" => Some(Self::Generic), _ => None }
            }
        }
    };
}

domains! {
    Finance "FINANCE" "Transactions, transfers.";
    Healthcare "HEALTHCARE" "Claims, prescriptions.";
    SupplyChain "SUPPLY_CHAIN" "Orders, invoices, deliveries.";
    Cybersecurity "CYBERSECURITY" "Access attempts, logins, calls of an API.";
    ContentModeration "CONTENT_MODERATION" "Posts, comments, messages.";
    CustomerSupport "CUSTOMER_SUPPORT" "Tickets, inquiries, complaints.";
    Insurance "INSURANCE" "Insurance claims and policies.";
    Retail "RETAIL" "Sales.";
    HrRecruiting "HR_RECRUITING" "Applications, interviews.";
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UniversalEvent {
    /// Names the event; made up if empty.
    #[serde(default)]
    pub id: Value,
    /// Its domain.
    #[serde(default)]
    pub domain: DomainType,
    /// What kind of event: `transaction`, `post`, anything.
    pub event_type: Value,
    /// When it happened.
    pub timestamp: Timestamp,
    /// Who did it.
    pub primary_entity: Value,
    /// To whom or what.
    pub secondary_entity: Value,
    /// How much: an amount, a size, a severity.
    pub value: Value,
    /// Of what: `USD`, `bytes`, `severity_score`.
    pub unit: Value,
    /// Whatever the domain adds.
    #[serde(default = "empty")]
    pub domain_data: Value,
    /// Ties events together; made up if empty.
    #[serde(default)]
    pub correlation_id: Value,
    /// Where it comes from.
    #[serde(default)]
    pub source_system: Value,
    /// The version of this structure.
    #[serde(default = "version")]
    pub event_version: Value,
}

impl UniversalEvent {
    fn to_map(&self) -> Map<String, Value> {
        object(json!({
            "id": self.id,
            "domain": self.domain.name(),
            "event_type": self.event_type,
            "timestamp": self.timestamp.to_string(),
            "primary_entity": self.primary_entity,
            "secondary_entity": self.secondary_entity,
            "value": self.value,
            "unit": self.unit,
            "domain_data": self.domain_data,
            "correlation_id": self.correlation_id,
            "source_system": self.source_system,
            "event_version": self.event_version,
        }))
    }

    /// Makes up the ids that are missing.
    fn with_ids(mut self) -> Self {
        if is_empty(&self.id) {
            self.id = create::random_id("evt_", 12);
        }
        if is_empty(&self.correlation_id) {
            self.correlation_id = create::random_id("corr_", 8);
        }
        self
    }
}

/// An event with its context: what a cascade of structured events decides on.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EventWithContext {
    /// What happened.
    pub event: UniversalEvent,
    /// Around what.
    pub context: EventContext,
}

impl EventWithContext {
    /// Puts the two together; missing ids of the event are made up.
    #[must_use]
    pub fn new(event: UniversalEvent, context: EventContext) -> Self {
        Self { event: event.with_ids(), context }
    }

    /// The flat form that rules read.
    #[must_use]
    pub fn to_flat(&self) -> Map<String, Value> {
        let (event, context) = (&self.event, &self.context);
        object(json!({
            "event": event.to_map(),
            "context": context.to_map(),
            "event_id": event.id,
            "domain": event.domain.name(),
            "event_type": event.event_type,
            "value": event.value,
            "unit": event.unit,
            "primary_entity": event.primary_entity,
            "secondary_entity": event.secondary_entity,
            "timestamp": event.timestamp.to_string(),
            "ip_address": context.session.ip_address,
            "device_type": context.device.device_type,
            "country": context.location.country,
            "account_age_days": context.historical.account_age_days,
            "trust_score": context.historical.trust_score,
        }))
    }
}

/// What `json!({…})` makes is an object.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn empty() -> Value {
    Value::Object(Map::new())
}

fn version() -> Value {
    Value::String("1.0".to_owned())
}

/// Null, false, zero and whatever has length 0: an id that is none.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
    }
}
