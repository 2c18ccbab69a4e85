//! Cascata with values that a host holds: no JSON is looked at, as the others look at none. An event without a field that the bench
//! counts on ends it: each `expect` says which.

use std::hint::black_box;

use cascata_vm::image::Program;
use cascata_vm::{Array, Facts, PathId, Segment, Value};
use peers_common::Rules;
use peers_common::rules::Payment;

use super::Answers;

/// Fields that the rules read.
const FIELDS: usize = 9;

/// A value for each path of the program, by its number.
struct Values<'e>([Value<'e>; FIELDS]);

impl Facts for Values<'_> {
    #[inline]
    fn get(&self, path: PathId) -> Value<'_> {
        self.0.get(path.index()).copied().unwrap_or_default()
    }
}

fn field<'e>(payment: &Payment<'e>, tags: &'e [Value<'e>], path: &str) -> Value<'e> {
    let user = payment.user.as_ref().expect("a user");
    match path {
        "amount" => Value::Int(payment.amount.expect("an amount")),
        "currency" => Value::Text(payment.currency.expect("a currency")),
        "country" => Value::Text(payment.country.expect("a country")),
        "user.email" => Value::Text(user.email.expect("an email")),
        "user.age_days" => Value::Int(user.age_days.expect("an age")),
        "user.verified" => user.verified.map_or(Value::Missing, Value::Bool),
        "user.profile.risk" => Value::Float(user.profile.as_ref().and_then(|profile| profile.risk).expect("a risk")),
        "device.vpn" => Value::Bool(payment.device.as_ref().and_then(|device| device.vpn).expect("a device")),
        "tags" => Value::Array(Array::Values(tags)),
        other => panic!("no field {other}"),
    }
}

pub fn engine<'e>(program: &'e Program<'e>, mut list: Rules, payments: &[Payment<'e>]) -> Answers<'e> {
    let name = |path: u32| {
        let keys = program.path(PathId::new(path));
        let keys: Vec<&str> =
            keys.iter().filter_map(|key| if let Segment::Key(key) = key { Some(&**key) } else { None }).collect();
        keys.join(".")
    };
    let paths: Vec<String> = (0..program.path_count()).map(|path| name(path as u32)).collect();
    let values = |payment: &Payment<'e>| {
        // Kept for the length of the run.
        let tags: Vec<Value<'e>> = payment.tags.iter().flatten().map(|tag| Value::Text(tag)).collect();
        let tags: &'e [Value<'e>] = tags.leak();
        let mut values = [Value::Missing; FIELDS];
        values.iter_mut().zip(&paths).for_each(|(value, path)| *value = field(payment, tags, path));
        Values(values)
    };
    let events: Vec<Values<'e>> = payments.iter().map(values).collect();
    Box::new(move |at| list.fired(program, black_box(&events[at])))
}
