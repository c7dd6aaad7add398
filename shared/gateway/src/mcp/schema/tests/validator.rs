//! A validator of JSON Schema for what the generator writes: enough of 2020-12 to tell whether redaction left a value
//! valid. Patterns are the generator's two, formats its one.

use serde_json::{Map, Value};

pub(super) struct Validator<'a> {
    pub root: &'a Value,
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn matches(pattern: &Value, text: &str) -> bool {
    match pattern.as_str() {
        Some("@") => text.contains('@'),
        Some("^[a-z]+$") => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase()),
        other => panic!("unknown pattern {other:?}"),
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

fn is_type(kind: &Value, value: &Value) -> bool {
    match kind.as_str() {
        Some("string") => value.is_string(),
        Some("number") => value.is_number(),
        Some("integer") => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        other => panic!("unknown type {other:?}"),
    }
}

impl Validator<'_> {
    pub fn accepts(&self, value: &Value) -> bool {
        self.valid(self.root, value)
    }

    fn valid(&self, schema: &Value, value: &Value) -> bool {
        let Some(keywords) = schema.as_object() else { return schema == &Value::Bool(true) };
        keywords.iter().all(|(keyword, of)| {
            self.applied(keywords, keyword, of, value)
                && value.as_str().is_none_or(|text| string(keyword, of, text))
                && value.as_f64().is_none_or(|number| numeric(keyword, of, number))
                && value.as_array().is_none_or(|items| self.array(keywords, keyword, of, items))
                && value.as_object().is_none_or(|members| self.members(keywords, keyword, of, members))
        })
    }

    /// Keywords for values of every type.
    fn applied(&self, schema: &Map<String, Value>, keyword: &str, of: &Value, value: &Value) -> bool {
        match keyword {
            "$ref" => {
                let pointer = of.as_str().unwrap().replace("%24", "$");
                self.valid(self.root.pointer(pointer.trim_start_matches('#')).unwrap(), value)
            }
            "type" if of.is_string() => is_type(of, value),
            "type" => list(of).any(|kind| is_type(kind, value)),
            "enum" => list(of).any(|one| equal(one, value)),
            "const" => equal(of, value),
            "allOf" => list(of).all(|schema| self.valid(schema, value)),
            "anyOf" => list(of).any(|schema| self.valid(schema, value)),
            "oneOf" => list(of).filter(|schema| self.valid(schema, value)).count() == 1,
            "not" => !self.valid(of, value),
            "if" => {
                let branch = if self.valid(of, value) { "then" } else { "else" };
                schema.get(branch).is_none_or(|schema| self.valid(schema, value))
            }
            _ => true,
        }
    }

    fn array(&self, schema: &Map<String, Value>, keyword: &str, of: &Value, items: &[Value]) -> bool {
        let count = |name: &str| schema.get(name).and_then(Value::as_u64).map(|count| count as usize);
        match keyword {
            "minItems" => items.len() as u64 >= of.as_u64().unwrap(),
            "maxItems" => items.len() as u64 <= of.as_u64().unwrap(),
            "uniqueItems" => {
                of != &Value::Bool(true) || (1..items.len()).all(|i| !items[..i].contains(&items[i]))
            }
            "prefixItems" => list(of).zip(items).all(|(schema, item)| self.valid(schema, item)),
            "items" => {
                let before = schema.get("prefixItems").map_or(0, |prefix| list(prefix).count());
                items.iter().skip(before).all(|item| self.valid(of, item))
            }
            "contains" => {
                let found = items.iter().filter(|item| self.valid(of, item)).count();
                found >= count("minContains").unwrap_or(1)
                    && found <= count("maxContains").unwrap_or(usize::MAX)
            }
            _ => true,
        }
    }

    fn members(
        &self,
        schema: &Map<String, Value>,
        keyword: &str,
        of: &Value,
        members: &Map<String, Value>,
    ) -> bool {
        let has = |name: &Value| members.contains_key(name.as_str().unwrap());
        let declared = |name: &str| schema.get("properties").is_some_and(|it| it.get(name).is_some());
        let patterned = |name: &str| {
            schema.get("patternProperties").is_some_and(|patterns| {
                object(patterns).any(|(pattern, _)| matches(&Value::from(pattern.as_str()), name))
            })
        };
        match keyword {
            "required" => list(of).all(has),
            "minProperties" => members.len() as u64 >= of.as_u64().unwrap(),
            "maxProperties" => members.len() as u64 <= of.as_u64().unwrap(),
            "properties" => {
                object(of).all(|(name, schema)| members.get(name).is_none_or(|it| self.valid(schema, it)))
            }
            "patternProperties" => object(of).all(|(pattern, schema)| {
                let pattern = Value::from(pattern.as_str());
                members.iter().all(|(name, it)| !matches(&pattern, name) || self.valid(schema, it))
            }),
            "additionalProperties" => {
                members.iter().all(|(name, it)| declared(name) || patterned(name) || self.valid(of, it))
            }
            "propertyNames" => members.keys().all(|name| self.valid(of, &Value::from(name.as_str()))),
            "dependentRequired" => {
                object(of).all(|(name, more)| !members.contains_key(name) || list(more).all(has))
            }
            "dependentSchemas" => object(of).all(|(name, schema)| {
                !members.contains_key(name) || self.valid(schema, &Value::Object(members.clone()))
            }),
            _ => true,
        }
    }
}

fn string(keyword: &str, of: &Value, text: &str) -> bool {
    match keyword {
        "minLength" => text.chars().count() as u64 >= of.as_u64().unwrap(),
        "maxLength" => text.chars().count() as u64 <= of.as_u64().unwrap(),
        "pattern" => matches(of, text),
        "format" => of != "email" || text.contains('@'),
        _ => true,
    }
}

fn numeric(keyword: &str, of: &Value, number: f64) -> bool {
    let of = || of.as_f64().unwrap();
    match keyword {
        "minimum" => number >= of(),
        "maximum" => number <= of(),
        "exclusiveMinimum" => number > of(),
        "exclusiveMaximum" => number < of(),
        "multipleOf" => number % of() == 0.0,
        _ => true,
    }
}
