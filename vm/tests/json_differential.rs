//! The event reader against slow and obvious ones: a tree walk over generated documents, and serde_json.

use cascata_vm::json::{
    DuplicateKeys, Extraction, JsonErrorKind, JsonFacts, PathTrie, ReadOptions, Validate, elements, entries, lookup,
    parse, validate, write_value,
};
use cascata_vm::{Array, Facts, Kind, Object, PathId, Segment, Value};
use proptest::prelude::*;

/// A document as it is written, duplicate keys included.
#[derive(Clone, Debug)]
enum Doc {
    Null,
    Bool(bool),
    /// The text of a number.
    Number(String),
    Text(Vec<Char>),
    Array(Vec<Doc>),
    Object(Vec<(Vec<Char>, Doc)>),
}

/// A character and whether to write it as an escape.
type Char = (char, bool);

fn plain(text: &[Char]) -> String {
    text.iter().map(|(char, _)| char).collect()
}

fn chars(pattern: &'static str) -> impl Strategy<Value = Vec<Char>> {
    (pattern, any::<u64>(), 0..3u8).prop_map(|(text, bits, style)| {
        let escaped = |i: usize| style == 0 && bits >> (i % 64) & 1 == 1;
        text.chars().enumerate().map(|(i, char)| (char, escaped(i))).collect()
    })
}

/// Few keys, so that duplicates and hits are common; some share their first eight bytes.
fn key() -> impl Strategy<Value = Vec<Char>> {
    prop_oneof![8 => chars("[abcd]"), 2 => chars("(longer_key_[ab]|longer_k|é|)"), 1 => chars("[a-z]{0,12}")]
}

fn doc() -> impl Strategy<Value = Doc> {
    let leaf = prop_oneof![
        Just(Doc::Null),
        any::<bool>().prop_map(Doc::Bool),
        any::<i64>().prop_map(|value| Doc::Number(value.to_string())),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?".prop_map(Doc::Number),
        chars("\\PC{0,20}").prop_map(Doc::Text),
        chars("[\"\\\\/\n\t\u{1}ab𝄞]{0,12}").prop_map(Doc::Text),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Doc::Array),
            proptest::collection::vec((key(), inner), 0..7).prop_map(Doc::Object),
        ]
    })
}

fn paths() -> impl Strategy<Value = Vec<Vec<Segment>>> {
    let segment = prop_oneof![
        5 => key().prop_map(|key| Segment::Key(plain(&key))),
        1 => (0..4u32).prop_map(Segment::Index),
    ];
    let path = proptest::collection::vec(segment, 0..5);
    let wide = proptest::collection::vec(key().prop_map(|key| vec![Segment::Key(plain(&key))]), 9..30);
    prop_oneof![4 => proptest::collection::vec(path, 0..9).boxed(), 1 => wide.boxed()]
}

fn print_string(text: &[Char], out: &mut String) {
    out.push('"');
    for &(char, escape) in text {
        match char {
            '/' if escape => out.push_str("\\/"),
            '\n' if escape => out.push_str("\\n"),
            '"' | '\\' => out.extend(['\\', char]),
            _ if escape || char < ' ' => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04X}"));
                }
            }
            _ => out.push(char),
        }
    }
    out.push('"');
}

fn print(doc: &Doc, space: &str, out: &mut String) {
    match doc {
        Doc::Null => out.push_str("null"),
        Doc::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Doc::Number(text) => out.push_str(text),
        Doc::Text(text) => print_string(text, out),
        Doc::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                out.push_str(space);
                print(item, space, out);
                out.push_str(space);
            }
            out.push(']');
        }
        Doc::Object(items) => {
            out.push('{');
            for (i, (key, item)) in items.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { "," });
                out.push_str(space);
                print_string(key, out);
                out.push_str(space);
                out.push(':');
                out.push_str(space);
                print(item, space, out);
                out.push_str(space);
            }
            out.push('}');
        }
    }
}

fn text_of(doc: &Doc, space: &str) -> String {
    let mut out = space.to_owned();
    print(doc, space, &mut out);
    out + space
}

/// The obvious reading of a path.
fn find<'d>(mut doc: &'d Doc, path: &[Segment], first: bool) -> Option<&'d Doc> {
    for segment in path {
        doc = match (segment, doc) {
            (Segment::Key(key), Doc::Object(items)) => {
                let mut same = items.iter().filter(|(name, _)| plain(name) == *key);
                let found = if first { same.next() } else { same.next_back() };
                &found?.1
            }
            (Segment::Index(index), Doc::Array(items)) => items.get(*index as usize)?,
            _ => return None,
        };
    }
    Some(doc)
}

fn has_duplicates(doc: &Doc) -> bool {
    match doc {
        Doc::Array(items) => items.iter().any(has_duplicates),
        Doc::Object(items) => {
            let mut keys: Vec<_> = items.iter().map(|(key, _)| plain(key)).collect();
            keys.sort();
            keys.windows(2).any(|pair| pair[0] == pair[1]) || items.iter().any(|(_, item)| has_duplicates(item))
        }
        _ => false,
    }
}

/// Whether a value is the document, looking at everything in it.
fn same(value: Value<'_>, doc: Option<&Doc>) -> bool {
    match (value, doc) {
        (Value::Missing, None) | (Value::Null, Some(Doc::Null)) => true,
        (Value::Bool(a), Some(Doc::Bool(b))) => a == *b,
        (Value::Float(a), Some(Doc::Number(b))) => {
            b.contains(['.', 'e', 'E']) && b.parse().is_ok_and(|b: f64| a.to_bits() == b.to_bits())
        }
        (Value::Int(a), Some(Doc::Number(b))) => b.parse() == Ok(a),
        (Value::BigInt(a), Some(Doc::Number(b))) => a == b && b.parse::<i64>().is_err() && !b.contains(['.', 'e', 'E']),
        (Value::Text(text), Some(Doc::Text(b))) => text == plain(b),
        (Value::EscapedText(raw), Some(Doc::Text(b))) => raw.contains('\\') && value.text().unwrap() == plain(b),
        (Value::Array(Array::Json(json)), Some(Doc::Array(items))) => {
            elements(json).count() == items.len() && elements(json).zip(items).all(|(a, b)| same(a, Some(b)))
        }
        (Value::Object(Object::Json(json)), Some(Doc::Object(items))) => {
            entries(json).count() == items.len()
                && entries(json).zip(items).all(|((key, a), (name, b))| key == plain(name) && same(a, Some(b)))
        }
        _ => false,
    }
}

const MODES: [(DuplicateKeys, Validate); 6] = [
    (DuplicateKeys::Last, Validate::Full),
    (DuplicateKeys::Last, Validate::Trusted),
    (DuplicateKeys::First, Validate::Full),
    (DuplicateKeys::First, Validate::Trusted),
    (DuplicateKeys::Reject, Validate::Full),
    (DuplicateKeys::Reject, Validate::Trusted),
];

fn options((duplicate_keys, validate): (DuplicateKeys, Validate)) -> ReadOptions {
    ReadOptions { duplicate_keys, validate, ..ReadOptions::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_mode_agrees_with_the_obvious_reading(doc in doc(), paths in paths(), space in "[ \n\t\r]{0,2}| {9}") {
        let text = text_of(&doc, &space);
        let trie = PathTrie::new(&paths);
        let mut extraction = Extraction::new();
        for mode in MODES {
            let read = extraction.read(&trie, text.as_bytes(), &options(mode));
            if mode.0 == DuplicateKeys::Reject && has_duplicates(&doc) {
                prop_assert_eq!(read.unwrap_err().kind, JsonErrorKind::DuplicateKey);
                continue;
            }
            let event = read.map_err(|error| TestCaseError::fail(format!("{error} in {text:?}")))?;
            let facts = JsonFacts::new(event, &extraction);
            for (i, path) in paths.iter().enumerate() {
                let value = facts.get(PathId::new(i as u32));
                let expected = find(&doc, path, mode.0 == DuplicateKeys::First);
                prop_assert!(same(value, expected), "{mode:?} {path:?} gave {value:?} in {text}");
            }
            prop_assert_eq!(extraction.root_kind(), parse(&text).kind());
        }
        for path in &paths {
            prop_assert!(same(lookup(&text, path), find(&doc, path, false)));
        }
    }

    #[test]
    fn canonical_text_is_the_same_document_and_a_fixed_point(doc in doc()) {
        let text = text_of(&doc, " ");
        let mut canonical = String::new();
        write_value(&parse(&text), &mut canonical);
        let mut again = String::new();
        write_value(&parse(&canonical), &mut again);
        prop_assert_eq!(&canonical, &again);
        let unique = ReadOptions { duplicate_keys: DuplicateKeys::Reject, ..ReadOptions::default() };
        prop_assert!(validate(canonical.as_bytes(), &unique).is_ok());
        let ours: serde_json::Value = serde_json::from_str(&canonical).unwrap();
        let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert!(alike(&ours, &theirs), "{} from {}", canonical, text);
    }

    #[test]
    fn damaged_documents_are_judged_as_by_serde_json_and_never_panic(
        doc in doc(),
        paths in paths(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), 0..4u8, any::<u8>(), 0..24usize), 1..4),
    ) {
        let mut bytes = text_of(&doc, " ").into_bytes();
        for (at, how, byte, pick) in damage {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            let likely = b"{}[]\",:\\0129.eE-+tnul x\x00"[pick];
            match how {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, likely),
                2 if at < bytes.len() => bytes[at] = likely,
                3 if at < bytes.len() => bytes[at] = byte,
                _ => {}
            }
        }
        let theirs = serde_json::from_slice::<serde_json::Value>(&bytes);
        let trie = PathTrie::new(&paths);
        let mut extraction = Extraction::new();
        for mode in MODES {
            let read = extraction.read(&trie, &bytes, &options(mode)).map(str::to_owned);
            if mode.1 == Validate::Full && mode.0 != DuplicateKeys::Reject {
                prop_assert_eq!(read.is_ok(), theirs.is_ok(), "{:?} {:?} on {:?}", read, theirs, String::from_utf8_lossy(&bytes));
            }
            let event = read.unwrap_or_default();
            for i in 0..paths.len() {
                let mut out = String::new();
                write_value(&extraction.get(&event, PathId::new(i as u32)), &mut out);
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let mut out = String::new();
        write_value(&parse(&text), &mut out);
        for path in &paths {
            let _ = lookup(&text, path);
        }
    }
}

/// Equal, where doubles may be written differently.
fn alike(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (a, b) {
        (Number(a), Number(b)) => {
            let (a, b) = (a.to_string(), b.to_string());
            let float = |text: &str| text.contains(['.', 'e', 'E']);
            let minus_zero = |text: &str| if text == "-0" { "0".to_owned() } else { text.to_owned() };
            if float(&a) || float(&b) {
                float(&a) && float(&b) && a.parse::<f64>() == b.parse::<f64>()
            } else {
                minus_zero(&a) == minus_zero(&b)
            }
        }
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Object(a), Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| alike(a, b)))
        }
        _ => a == b,
    }
}

fn key_path(keys: &[&str]) -> Vec<Segment> {
    keys.iter().map(|&key| Segment::Key(key.into())).collect()
}

#[test]
fn every_truncation_is_refused_as_ending_too_early() {
    let text = r#"{"a": [1, -2.5e+3, "x\"\ud83d\ude00é"], "b": {"c": [true, false, null, {}]}, "d": ""}"#;
    let trie = PathTrie::new(&[key_path(&["b", "c"]), key_path(&["d"])]);
    let mut extraction = Extraction::new();
    for cut in 0..text.len() {
        let error = extraction.read(&trie, &text.as_bytes()[..cut], &ReadOptions::default()).unwrap_err();
        let early = match error.kind {
            JsonErrorKind::UnexpectedEnd => error.offset == cut,
            // Cut inside a character, or between the halves of a pair.
            JsonErrorKind::NotUtf8 => !text.is_char_boundary(cut),
            kind => kind == JsonErrorKind::LoneSurrogate,
        };
        assert!(early, "{error} after {cut}");
    }
    assert!(extraction.read(&trie, text.as_bytes(), &ReadOptions::default()).is_ok());
}

#[test]
fn depth_is_counted_the_same_walked_skipped_and_validated() {
    let nested = |depth: usize| "{\"a\":".repeat(depth) + "0" + &"}".repeat(depth);
    let tries = [
        PathTrie::new(&[]),
        PathTrie::new(&[key_path(&["a", "a", "a", "b"])]),
        PathTrie::new(&[key_path(&["a", "b"]), key_path(&["a", "a"])]),
        PathTrie::new(&[key_path(&["a"; 50])]),
    ];
    let mut extraction = Extraction::new();
    for limit in [0u32, 1, 2, 5, 70] {
        for duplicate_keys in [DuplicateKeys::Last, DuplicateKeys::First, DuplicateKeys::Reject] {
            let options = ReadOptions { max_depth: limit, duplicate_keys, ..ReadOptions::default() };
            for depth in 0..80usize {
                let text = nested(depth);
                let fits = depth <= limit as usize;
                assert_eq!(validate(text.as_bytes(), &options).is_ok(), fits);
                for trie in &tries {
                    let read = extraction.read(trie, text.as_bytes(), &options);
                    assert_eq!(read.is_ok(), fits, "{depth} of {limit}");
                    if let Err(error) = read {
                        assert_eq!((error.kind, error.offset), (JsonErrorKind::TooDeep, 5 * limit as usize));
                    }
                }
            }
        }
    }
}

#[test]
fn trusted_first_stops_where_all_is_found() {
    let trie = PathTrie::new(&[key_path(&["a", "b"]), key_path(&["c"])]);
    let event = r#"{"c": 1, "a": {"b": 2, this is never looked at"#;
    let mut extraction = Extraction::new();
    let event = extraction.read(&trie, event.as_bytes(), &options(MODES[3])).unwrap();
    assert!(matches!(extraction.get(event, PathId::new(0)), Value::Int(2)));
    assert!(matches!(extraction.get(event, PathId::new(1)), Value::Int(1)));
    assert!(extraction.read(&trie, event.as_bytes(), &ReadOptions::default()).is_err());
    assert!(matches!(extraction.get(event, PathId::new(1)), Value::Missing));
    assert_eq!(extraction.root_kind(), Kind::Missing);
}

#[test]
fn a_path_may_be_the_beginning_of_another() {
    let paths = [key_path(&["a"]), key_path(&["a", "b"]), vec![], key_path(&["a", "b"])];
    let trie = PathTrie::new(&paths);
    let mut extraction = Extraction::new();
    for mode in MODES {
        let event = extraction.read(&trie, br#" {"a": {"b": [1]} } "#, &options(mode)).unwrap();
        let get = |i| extraction.get(event, PathId::new(i));
        assert!(matches!(get(0), Value::Object(Object::Json(r#"{"b": [1]}"#))));
        assert!(matches!(get(1), Value::Array(Array::Json("[1]"))));
        assert!(matches!(get(2), Value::Object(Object::Json(r#"{"a": {"b": [1]} }"#))));
        assert!(matches!(get(3), Value::Array(Array::Json("[1]"))));
        assert!(matches!(get(4), Value::Missing));
    }
}

#[test]
fn errors_name_the_place() {
    let at = |text: &str, mode| {
        let trie = PathTrie::new(&[key_path(&["a"])]);
        let error = Extraction::new().read(&trie, text.as_bytes(), &options(mode)).unwrap_err();
        (error.kind, error.offset)
    };
    assert_eq!(at("", MODES[0]), (JsonErrorKind::UnexpectedEnd, 0));
    assert_eq!(at("{} x", MODES[0]), (JsonErrorKind::TrailingData, 3));
    assert_eq!(at("{\"a\" 1}", MODES[0]), (JsonErrorKind::ExpectedColon, 5));
    assert_eq!(at("{\"b\":[1 2]}", MODES[0]), (JsonErrorKind::ExpectedCommaOrEnd, 8));
    assert_eq!(at("{\"b\":{\"c\":01}}", MODES[0]), (JsonErrorKind::BadNumber, 10));
    assert_eq!(at("{\"a\":1,}", MODES[0]), (JsonErrorKind::ExpectedKey, 7));
    assert_eq!(at("{\"a\":nul}", MODES[0]), (JsonErrorKind::ExpectedValue, 5));
    assert_eq!(at("{\"x\":[{\"k\":1,\"\\u006b\":2}]}", MODES[4]), (JsonErrorKind::DuplicateKey, 13));
    assert_eq!(at("\u{FEFF}{}", MODES[0]), (JsonErrorKind::ExpectedValue, 0));
}
