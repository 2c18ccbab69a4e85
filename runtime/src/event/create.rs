//! Events of common domains, in one call.

use std::hash::{BuildHasher as _, RandomState};

use serde_json::{Map, Value, json};

use super::{DomainType, Timestamp, UniversalEvent, object, version};

/// A payment. `transaction_type` is also the event's type; the usual one is `purchase`.
#[must_use]
pub fn create_finance_event(
    transaction_id: &str,
    user_id: &str,
    merchant_id: &str,
    amount: f64,
    currency: &str,
    transaction_type: &str,
    domain_data: Map<String, Value>,
) -> UniversalEvent {
    let own = json!({"transaction_type": transaction_type});
    event(
        DomainType::Finance,
        transaction_id,
        transaction_type,
        (user_id, merchant_id),
        (json!(amount), currency),
        own,
        domain_data,
    )
}

/// Something posted. Its value is the number of characters of `content`; the usual type is `post`.
#[must_use]
pub fn create_content_event(
    content_id: &str,
    user_id: &str,
    target: &str,
    content_type: &str,
    content: &str,
    domain_data: Map<String, Value>,
) -> UniversalEvent {
    let own = json!({"content": content, "content_type": content_type});
    let value = (json!(content.chars().count()), "characters");
    event(DomainType::ContentModeration, content_id, content_type, (user_id, target), value, own, domain_data)
}

/// Something done to a protected resource, with its risk from 0 to 1. The usual action is `access_attempt`.
#[must_use]
pub fn create_security_event(
    event_id: &str,
    user_id: &str,
    resource: &str,
    action: &str,
    risk_score: f64,
    domain_data: Map<String, Value>,
) -> UniversalEvent {
    let own = json!({"action": action});
    event(
        DomainType::Cybersecurity,
        event_id,
        action,
        (user_id, resource),
        (json!(risk_score), "risk_score"),
        own,
        domain_data,
    )
}

/// A support ticket, with its priority from 0 to 1; the usual one is 0.5.
#[must_use]
pub fn create_support_event(
    ticket_id: &str,
    customer_id: &str,
    category: &str,
    priority: f64,
    subject: &str,
    body: &str,
    domain_data: Map<String, Value>,
) -> UniversalEvent {
    let own = json!({"subject": subject, "body": body});
    let value = (json!(priority), "priority_score");
    event(DomainType::CustomerSupport, ticket_id, "ticket", (customer_id, category), value, own, domain_data)
}

fn event(
    domain: DomainType,
    id: &str,
    event_type: &str,
    (primary, secondary): (&str, &str),
    (value, unit): (Value, &str),
    own: Value,
    more: Map<String, Value>,
) -> UniversalEvent {
    let mut domain_data = object(own);
    domain_data.extend(more);
    UniversalEvent {
        id: Value::from(id),
        domain,
        event_type: Value::from(event_type),
        timestamp: Timestamp::now(),
        primary_entity: Value::from(primary),
        secondary_entity: Value::from(secondary),
        value,
        unit: Value::from(unit),
        domain_data: Value::Object(domain_data),
        correlation_id: Value::Null,
        source_system: Value::Null,
        event_version: version(),
    }
    .with_ids()
}

/// A prefix and random hexadecimal digits, at most 16. Unique enough to tell events apart, not a secret.
pub(super) fn random_id(prefix: &str, digits: usize) -> Value {
    let random = format!("{:016x}", RandomState::new().hash_one(prefix));
    Value::String(format!("{prefix}{}", random.get(..digits).unwrap_or(&random)))
}
