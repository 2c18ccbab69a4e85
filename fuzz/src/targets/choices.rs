use serde_json::{Map, Value, json};

/// Bytes as a stream of choices; when they are used up, every further choice is the first one, which ends things.
pub struct Choices<'a>(&'a [u8]);

const KEYS: [&str; 6] = ["n", "s", "nums", "words", "obj", "a"];
const PATHS: [&str; 14] = [
    "n",
    "s",
    "nums",
    "words",
    "obj",
    "a",
    "obj.n",
    "obj.a.n",
    "absent",
    "nums[0]",
    "a[1]",
    "words[0].n",
    "obj[\"a\"].n",
    "a[0][0]",
];
const NUMBERS: [&str; 16] = [
    "0",
    "1",
    "-0.0",
    "0.1",
    "1e16",
    "1e-7",
    "9007199254740993",
    "9007199254740992.0",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1e300",
    "1e400",
    "340282366920938463463374607431768211456",
    "5.0",
    "-1e-320",
];
const TEXTS: [&str; 8] = ["", "a", "alpha", "alpha\n", "10", "True", "Ω\"\\", "😀b"];
const PIECES: [&str; 24] = [
    "a", "l", "p", ".", "\\d", "\\w", "\\W", "\\s", "[a-z]", "[^a]", "*", "+", "?", "{2}", "{,2}", "|", "(", ")",
    "(?:", "^", "$", "\\Z", "\\b", "(?i)",
];
const COMPARISONS: [&str; 6] = ["==", "!=", "<", "<=", ">", ">="];
const OPERATORS: [&str; 20] = [
    "EXISTS", "==", "!=", "<", "<=", ">", ">=", "IN", "NOT_IN", "CONTAINS", "MATCHES", "IS_NULL", "ALL", "ANY", "NONE",
    "SUM", "AVG", "MIN", "MAX", "COUNT",
];

impl<'a> Choices<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Choices(bytes)
    }

    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    fn one_of(&mut self, table: &[&'static str]) -> &'static str {
        let index = self.below(table.len());
        table[index]
    }

    fn number(&mut self) -> Value {
        match self.below(4) {
            0 => json!(self.byte().cast_signed()),
            1 => json!(f64::from(self.byte().cast_signed()) / 4.0),
            2 => serde_json::from_str(self.one_of(&NUMBERS)).expect("a JSON number"),
            _ => {
                let bytes = [0; 8].map(|_: u8| self.byte());
                let float = f64::from_le_bytes(bytes);
                if float.is_finite() { json!(float) } else { json!(i64::from_le_bytes(bytes)) }
            }
        }
    }

    fn text(&mut self) -> Value {
        if self.below(4) > 0 {
            return json!(self.one_of(&TEXTS));
        }
        let bytes: Vec<u8> = (0..self.below(6)).map(|_| self.byte()).collect();
        json!(String::from_utf8_lossy(&bytes))
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 8 } else { 12 }) {
            0 => Value::Null,
            1 => json!(self.byte() % 2 == 1),
            2..=4 => self.number(),
            5..=7 => self.text(),
            8..=10 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => Value::Object(
                (0..self.below(3)).map(|_| (self.one_of(&KEYS).to_owned(), self.value(depth - 1))).collect(),
            ),
        }
    }

    pub fn event(&mut self) -> Value {
        let mut event = Map::new();
        for key in KEYS {
            let value = self.value(3);
            if self.below(8) > 0 || !value.is_null() {
                event.insert(key.to_owned(), value);
            }
        }
        Value::Object(event)
    }

    pub fn condition(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 4 } else { 8 }) {
            0..=3 => self.leaf(),
            4 | 5 => self.nested("AND", depth),
            6 => self.nested("OR", depth),
            _ => json!({ "operator": "NOT", "conditions": [self.condition(depth - 1)] }),
        }
    }

    fn nested(&mut self, operator: &str, depth: usize) -> Value {
        let conditions: Vec<Value> = (0..=self.below(3)).map(|_| self.condition(depth - 1)).collect();
        json!({ "operator": operator, "conditions": conditions })
    }

    fn leaf(&mut self) -> Value {
        let operator = self.one_of(&OPERATORS);
        let mut condition = json!({ "field": self.one_of(&PATHS), "operator": operator });
        let value = match operator {
            "EXISTS" | "IS_NULL" => return condition,
            "MATCHES" => json!((0..self.below(8)).map(|_| self.one_of(&PIECES)).collect::<String>()),
            "IN" | "NOT_IN" if self.below(4) > 0 => (0..self.below(9)).map(|_| self.value(1)).collect(),
            _ => self.value(2),
        };
        condition["value"] = value;
        if matches!(operator, "ALL" | "ANY" | "NONE" | "SUM" | "AVG" | "MIN" | "MAX" | "COUNT") && self.below(2) == 1 {
            condition["compare"] = json!(self.one_of(&COMPARISONS));
        }
        condition
    }
}
