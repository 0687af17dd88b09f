//! The part of JSON Schema (2020-12) that our documents use; an unknown keyword is an error, so that
//! every keyword is checked.

use serde_json::Value;

/// Resolves a `$ref` in the document, if present.
pub(crate) fn resolve<'a>(document: &'a Value, at: &'a Value) -> &'a Value {
    match at.get("$ref").and_then(Value::as_str) {
        None => at,
        Some(path) => document.pointer(path.trim_start_matches('#')).unwrap_or(&Value::Null),
    }
}

pub(crate) fn check(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolve(document, schema);
    let words = schema.as_object().ok_or("no schema")?;
    for (word, rule) in words {
        let holds = match word.as_str() {
            "type" => is_type(rule, value),
            "const" => rule == value,
            "enum" => rule.as_array().is_some_and(|allowed| allowed.contains(value)),
            "minLength" => length(value) >= rule.as_u64(),
            "maxLength" => length(value) <= rule.as_u64(),
            "maxItems" => value.as_array().map(|list| list.len() as u64) <= rule.as_u64(),
            "required" => {
                let names = rule.as_array().ok_or("required is a list")?;
                names.iter().all(|name| value.get(name.as_str().unwrap_or_default()).is_some())
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object().ok_or("properties are missing")?;
                let object = value.as_object().ok_or("not an object")?;
                rule == false && object.keys().all(|name| known.contains_key(name))
            }
            "properties" => {
                for (name, schema) in rule.as_object().ok_or("properties is an object")? {
                    if let Some(value) = value.get(name) {
                        check(document, schema, value).map_err(|why| format!("{name}: {why}"))?;
                    }
                }
                true
            }
            // Whether null is allowed, `type` says.
            "items" if value.is_null() => true,
            "items" => {
                for item in value.as_array().ok_or("not a list")? {
                    check(document, rule, item)?;
                }
                true
            }
            "description" => true,
            unknown => return Err(format!("unknown word {unknown}")),
        };
        if !holds {
            return Err(format!("{value} breaks {word} {rule}"));
        }
    }
    Ok(())
}

fn is_type(rule: &Value, value: &Value) -> bool {
    match rule {
        Value::Array(any) => any.iter().any(|rule| is_type(rule, value)),
        _ => match rule.as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("null") => value.is_null(),
            _ => false,
        },
    }
}

fn length(value: &Value) -> Option<u64> {
    value.as_str().map(|text| text.chars().count() as u64)
}
