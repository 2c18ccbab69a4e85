//! The context of an event. One table per part says which fields the flat form has and which the JSON reader takes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Timestamp, empty, object, version};

/// One part of the context. `flat` or `own` says whether the flat form has the field or only the Rust struct; `read` or
/// `left` whether the JSON reader takes it or leaves it null.
macro_rules! part {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty, $flat:ident, $read:ident;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $name {
            pub(super) fn to_map(&self) -> Map<String, Value> {
                let mut map = Map::new();
                $(part!(@flat $flat, map, self, $field);)*
                map
            }

            pub(super) fn read(from: &Map<String, Value>) -> Self {
                let mut read = Self::default();
                $(part!(@read $read, from, read, $field);)*
                read
            }
        }
    };
    (@flat flat, $map:ident, $self:ident, $field:ident) => {
        $map.insert(stringify!($field).to_owned(), json!($self.$field));
    };
    (@flat own, $map:ident, $self:ident, $field:ident) => {};
    (@read read, $from:ident, $read:ident, $field:ident) => {
        $read.$field = $from.get(stringify!($field)).cloned().unwrap_or_default();
    };
    (@read left, $from:ident, $read:ident, $field:ident) => {};
}

part! {
    /// The session in which the event happened.
    SessionContext {
        /// Network address, as text.
        ip_address: Value, flat, read;
        /// What the client calls itself.
        user_agent: Value, flat, read;
        /// Names the session.
        session_id: Value, flat, read;
        /// When it began.
        login_timestamp: Option<Timestamp>, flat, left;
        /// How long it has lasted, in minutes.
        session_duration_minutes: Value, flat, left;
        /// Sessions before this one.
        previous_session_count: Value, flat, left;
        /// Whether the user is authenticated.
        is_authenticated: Value, flat, read;
        /// `password`, `oauth`, `sso`, `mfa`.
        auth_method: Value, flat, left;
    }
}

part! {
    /// The device from which it came.
    DeviceContext {
        /// Names the device.
        device_id: Value, flat, read;
        /// `mobile`, `desktop`, `tablet`, `iot`.
        device_type: Value, flat, read;
        /// Free text about it.
        device_info: Value, flat, left;
        /// Its operating system.
        operating_system: Value, flat, left;
        /// Its browser.
        browser: Value, flat, left;
        /// Version of the app.
        app_version: Value, flat, left;
        /// Whether it is trusted.
        is_trusted_device: Value, flat, read;
        /// Its fingerprint; not in the flat form.
        device_fingerprint: Value, own, left;
    }
}

part! {
    /// Where it happened.
    LocationContext {
        /// Where the device is.
        current_location: Value, flat, read;
        /// Where the user is registered.
        registered_location: Value, flat, left;
        /// `{lat, lng}` in degrees.
        coordinates: Value, flat, left;
        /// Country.
        country: Value, flat, read;
        /// Region.
        region: Value, flat, left;
        /// City.
        city: Value, flat, left;
        /// Time zone.
        timezone: Value, flat, left;
        /// Whether a VPN was found.
        vpn_detected: Value, flat, read;
        /// Whether a proxy was found.
        proxy_detected: Value, flat, left;
        /// `precise`, `city`, `region`, `country`; not in the flat form.
        location_accuracy: Value, own, left;
    }
}

part! {
    /// What the user did before.
    HistoricalContext {
        /// Age of the account, in days.
        account_age_days: Value, flat, read;
        /// Events before this one.
        previous_events_count: Value, flat, read;
        /// Their value on average.
        average_event_value: Value, flat, read;
        /// The largest of their values; not in the flat form.
        max_event_value: Value, own, left;
        /// When events usually happen: `["09:00-17:00"]`.
        typical_event_times: Value, flat, left;
        /// Where events usually happen.
        typical_locations: Value, flat, left;
        /// When the last one was.
        last_event_timestamp: Option<Timestamp>, flat, left;
        /// How many there are a day.
        event_frequency_per_day: Value, flat, left;
        /// Trust earned so far, 0 to 1.
        trust_score: Value, flat, read;
        /// What stood out before.
        risk_flags: Value, flat, read;
    }
}

part! {
    /// Who takes part.
    EntityContext {
        /// Names who did it.
        primary_entity_id: Value, flat, read;
        /// `user`, `customer`, `patient`, `employee`.
        primary_entity_type: Value, flat, read;
        /// Whether that is verified.
        primary_entity_verified: Value, flat, left;
        /// Names the other side.
        secondary_entity_id: Value, flat, read;
        /// `merchant`, `provider`, `vendor`.
        secondary_entity_type: Value, flat, left;
        /// Trust in the other side, 0 to 1.
        secondary_entity_trust: Value, flat, left;
        /// How long the two know each other, in days.
        relationship_age_days: Value, flat, left;
    }
}

/// The circumstances of an event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventContext {
    /// The session.
    pub session: SessionContext,
    /// The device.
    pub device: DeviceContext,
    /// The place.
    pub location: LocationContext,
    /// The past.
    pub historical: HistoricalContext,
    /// Who takes part.
    pub entity: EntityContext,
    /// Whatever the domain adds.
    pub domain_context: Value,
    /// When the context was put together.
    pub context_timestamp: Timestamp,
    /// The version of this structure.
    pub context_version: Value,
}

impl Default for EventContext {
    fn default() -> Self {
        Self {
            session: SessionContext::default(),
            device: DeviceContext::default(),
            location: LocationContext::default(),
            historical: HistoricalContext::default(),
            entity: EntityContext::default(),
            domain_context: empty(),
            context_timestamp: Timestamp::now(),
            context_version: version(),
        }
    }
}

impl EventContext {
    pub(super) fn to_map(&self) -> Map<String, Value> {
        object(json!({
            "session": self.session.to_map(),
            "device": self.device.to_map(),
            "location": self.location.to_map(),
            "historical": self.historical.to_map(),
            "entity": self.entity.to_map(),
            "domain_context": self.domain_context,
            "context_timestamp": self.context_timestamp.to_string(),
            "context_version": self.context_version,
        }))
    }
}
