//! The virtual machine alone: rules over the host's own struct. No JSON is built, nothing is async, no engine runs.
//!
//! ```sh
//! cargo run --example 01_embed_vm
//! ```

use cascata::compiler::{Options, Source, compile};
use cascata::vm::eval::{NoTrace, Step, Walk};
use cascata::vm::image::{Action, LoadOptions, Program, RuleKind};
use cascata::vm::{Array, Facts, PathId, Segment, Value};

const RULES: &str = r#"
name: orders
version: "1"
stages:
  CHECK:
    name: CHECK
    handler: none
    routing_rules:
      - name: large_and_far
        priority: 20
        condition:
          operator: AND
          conditions:
            - {field: amount, operator: ">", value: 1000}
            - {field: customer.country, operator: NOT_IN, value: [CH, DE, AT, FR]}
        action: {type: terminate, outcome: review, reason: "a large order from far away"}
      - name: gift_card
        priority: 10
        condition: {field: tags, operator: CONTAINS, value: gift_card}
        action: {type: terminate, outcome: hold, reason: "gift cards go out by hand"}
      - name: new_customer
        condition: {field: customer.orders, operator: "<", value: 1}
        action: {type: set_field, field: greeting, value: welcome}
"#;

/// What the host has anyway. Texts and lists are lent to the machine, not copied.
struct Order<'a> {
    amount: f64,
    country: &'a str,
    orders: i64,
    tags: &'a [Value<'a>],
}

/// The fields that rules may read.
#[derive(Clone, Copy)]
enum Field {
    Amount,
    Country,
    Orders,
    Tags,
    Unknown,
}

/// An order as a program reads it. Paths are resolved once a program; a read is an index into `fields`.
struct OrderFacts<'a> {
    order: &'a Order<'a>,
    fields: &'a [Field],
}

impl Facts for OrderFacts<'_> {
    fn get(&self, path: PathId) -> Value<'_> {
        match self.fields.get(path.index()) {
            Some(Field::Amount) => Value::Float(self.order.amount),
            Some(Field::Country) => Value::Text(self.order.country),
            Some(Field::Orders) => Value::Int(self.order.orders),
            Some(Field::Tags) => Value::Array(Array::Values(self.order.tags)),
            Some(Field::Unknown) | None => Value::Missing,
        }
    }
}

/// Which field each path of the program is.
fn resolve(program: &Program<'_>) -> Vec<Field> {
    let keys = |path: u32| {
        let key = |segment| match segment {
            Segment::Key(key) => key,
            Segment::Index(index) => index.to_string(),
        };
        program.path(PathId::new(path)).into_iter().map(key).collect::<Vec<_>>().join(".")
    };
    (0..)
        .take(program.path_count())
        .map(|path| match keys(path).as_str() {
            "amount" => Field::Amount,
            "customer.country" => Field::Country,
            "customer.orders" => Field::Orders,
            "tags" => Field::Tags,
            _ => Field::Unknown,
        })
        .collect()
}

/// Everything that fires for an order, as text. The machine says what holds; acting on it is the host's affair. `walk` is kept from order
/// to order.
fn decide(program: &Program<'_>, order: &Order<'_>, fields: &[Field], walk: &mut Walk) -> Vec<String> {
    let facts = OrderFacts { order, fields };
    let mut fired = Vec::new();
    for stage in program.stages() {
        walk.start(stage.list(RuleKind::Routing));
        loop {
            match walk.next(program, &facts, &mut NoTrace) {
                Step::Fired(rule) => fired.extend(program.rule(rule).map(|rule| match rule.action() {
                    Action::Terminate { outcome: Some(Value::Text(outcome)), reason } => {
                        format!("{}: {outcome} ({})", rule.name(), reason.unwrap_or("no reason given"))
                    }
                    action => format!("{}: {}", rule.name(), action.name()),
                })),
                Step::Otherwise(rule) => fired.extend(program.rule(rule).map(|rule| format!("{}: else", rule.name()))),
                Step::Error { trap, .. } => fired.push(format!("error: {trap}")),
                Step::Done => break,
            }
        }
    }
    fired
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let compiled = compile(&Source::new("orders.yaml", RULES), &Options::default());
    let image = compiled.image.ok_or_else(|| format!("{:?}", compiled.diagnostics))?;
    let program = Program::verify(image, &LoadOptions::default())?;
    let fields = resolve(&program);
    let mut walk = Walk::new();

    let far = Order { amount: 1_250.0, country: "NZ", orders: 0, tags: &[] };
    let gift = Order { amount: 50.0, country: "CH", orders: 7, tags: &[Value::Text("gift_card")] };
    let plain = Order { amount: 80.0, country: "DE", orders: 3, tags: &[Value::Text("book")] };

    assert_eq!(
        decide(&program, &far, &fields, &mut walk),
        ["large_and_far: review (a large order from far away)", "new_customer: set_field"]
    );
    assert_eq!(decide(&program, &gift, &fields, &mut walk), ["gift_card: hold (gift cards go out by hand)"]);
    assert_eq!(decide(&program, &plain, &fields, &mut walk), [""; 0]);
    for order in [&far, &gift, &plain] {
        println!("{:>8.2} {} -> {:?}", order.amount, order.country, decide(&program, order, &fields, &mut walk));
    }
    Ok(())
}
