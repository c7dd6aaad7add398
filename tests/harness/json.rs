//! JSON for expectations: parts of a document as they stand, and "contains".

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The text of the member at `path` from the root of `text`, byte for byte.
#[must_use]
pub fn raw(text: &str, path: &[&str]) -> Option<String> {
    let mut now = text.to_owned();
    for key in path {
        now = members(&now)?.remove(*key)?;
    }
    Some(now.trim().to_owned())
}

/// The members of an object with their texts, byte for byte.
#[must_use]
pub fn members(text: &str) -> Option<BTreeMap<String, String>> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = BTreeMap::<String, Box<RawValue>>::deserialize(&mut reader).ok()?;
    Some(found.into_iter().map(|(key, value)| (key, value.get().to_owned())).collect())
}

/// Whether `all` contains `part`: every member of an object is contained, arrays have the same length with each
/// element contained, anything else is equal. A string `~TEXT` stands for any string with TEXT in it, and
/// the string `*` for any value at all.
///
/// # Errors
/// The path of the first difference.
pub fn contains(all: &Value, part: &Value) -> Result<(), String> {
    walk(all, part, "")
}

fn walk(all: &Value, part: &Value, path: &str) -> Result<(), String> {
    match (all, part) {
        (_, Value::String(any)) if any == "*" => Ok(()),
        (Value::String(text), Value::String(wanted)) if wanted.starts_with('~') => {
            let found = wanted.strip_prefix('~').is_some_and(|wanted| text.contains(wanted));
            if found { Ok(()) } else { Err(format!("{path}: {text:?} does not contain {wanted:?}")) }
        }
        (Value::Object(all), Value::Object(part)) => {
            part.iter().try_for_each(|(key, wanted)| match all.get(key) {
                Some(found) => walk(found, wanted, &format!("{path}/{key}")),
                None => Err(format!("{path}/{key} is missing")),
            })
        }
        (Value::Array(all), Value::Array(part)) if all.len() == part.len() => all
            .iter()
            .zip(part)
            .enumerate()
            .try_for_each(|(at, (found, wanted))| walk(found, wanted, &format!("{path}/{at}"))),
        _ if all == part => Ok(()),
        _ => Err(format!("{path}: {all} is not {part}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_part_is_contained() {
        let all = json!({"a": [1, {"b": "text", "c": null}], "d": 2});
        assert_eq!(contains(&all, &json!({"a": [1, {"b": "~ex"}]})), Ok(()));
        assert_eq!(contains(&all, &json!({"a": [1, {"b": "*", "c": null}]})), Ok(()));
        for wrong in [json!({"a": [1]}), json!({"e": "*"}), json!({"a": [1, {"b": "~z"}]}), json!({"d": 3})] {
            assert!(contains(&all, &wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn raw_texts_are_as_they_stand() {
        let text = r#"{"params" : {"n": 12345678901234567890123 , "o":{"z":1,"a":1.0}}}"#;
        assert_eq!(raw(text, &["params", "n"]).as_deref(), Some("12345678901234567890123"));
        assert_eq!(raw(text, &["params", "o"]).as_deref(), Some(r#"{"z":1,"a":1.0}"#));
        assert_eq!(raw(text, &["params", "x"]), None);
    }
}
