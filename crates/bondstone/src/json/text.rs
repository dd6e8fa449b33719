//! Values as JSON.

use serde_json::{Map, Number, Value as Json};

use crate::reflect::ValueBuf;

/// A value as JSON.
pub(crate) fn to_json(value: &ValueBuf) -> Json {
    match value {
        ValueBuf::Null => Json::Null,
        ValueBuf::Bool(value) => Json::from(*value),
        ValueBuf::Int(value) => i64::try_from(*value).map_or_else(|_| text(value), Json::from),
        ValueBuf::UInt(value) => u64::try_from(*value).map_or_else(|_| text(value), Json::from),
        ValueBuf::Float(value) => {
            Number::from_f64(*value).map_or_else(|| text(value), Json::Number)
        }
        ValueBuf::Text(value) => Json::from(value.as_str()),
        ValueBuf::List(items) => items.iter().map(to_json).collect(),
        ValueBuf::Map(pairs) => map(pairs),
        ValueBuf::Struct(named) => fields(named),
        ValueBuf::Variant(name, named) if named.is_empty() => Json::from(name.as_str()),
        ValueBuf::Variant(name, named) => Map::from_iter([(name.clone(), fields(named))]).into(),
        #[cfg(feature = "json")]
        ValueBuf::Json(json) => json.clone(),
        // Decimals, times, UUIDs.
        #[allow(unreachable_patterns, reason = "there are none without their features")]
        other => text(other),
    }
}

fn text(value: &impl ToString) -> Json {
    Json::from(value.to_string())
}

fn map(pairs: &[(ValueBuf, ValueBuf)]) -> Json {
    let named = |(key, value): &(ValueBuf, ValueBuf)| match key {
        ValueBuf::Text(key) => Some((key.clone(), to_json(value))),
        _ => None,
    };
    let object: Option<Map<String, Json>> = pairs.iter().map(named).collect();
    let pair = |(key, value): &(ValueBuf, ValueBuf)| Json::from(vec![to_json(key), to_json(value)]);
    object.map_or_else(|| pairs.iter().map(pair).collect(), Json::Object)
}

/// Those of a struct or a variant; without names a list, or the only one.
fn fields(named: &[(String, ValueBuf)]) -> Json {
    match named {
        [(name, only)] if name == "0" => to_json(only),
        [(name, _), ..] if name == "0" => named.iter().map(|(_, value)| to_json(value)).collect(),
        named => named.iter().map(|(name, value)| (name.clone(), to_json(value))).collect(),
    }
}
