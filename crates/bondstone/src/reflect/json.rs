//! JSON in a column: as such, and not as the enum that it is stored as.
//!
//! JSON has a null of its own. In an `Option`, null is no value; so JSON's null is an array of it there, and an array of *that* is one
//! array deeper: nothing means two things, and all other JSON is as it is.

use bondstone_schema::stored::DEEPEST;
use bondstone_schema::{Malformed, Shape};
use serde_json::{Map, Number, Value as Json};

use super::value::ValueBuf;

/// Is JSON all that is in it?
pub(super) fn is_plain_json(shape: &Shape) -> bool {
    match shape {
        Shape::Struct(fields) => match &fields[..] {
            [only] if only.name == "0" => is_plain_json(&only.shape),
            _ => false,
        },
        shape => shape.is_json(),
    }
}

/// The JSON that a value stands for.
pub(super) fn json_of(value: &ValueBuf) -> Result<Json, Malformed> {
    json_at(value, 0)
}

fn json_at(value: &ValueBuf, depth: usize) -> Result<Json, Malformed> {
    if depth == DEEPEST {
        return Err(Malformed::new(format!("it is nested more than {DEEPEST} deep")));
    }
    let inside = |value: &ValueBuf| json_at(value, depth + 1);
    let field = |(name, value): &(String, ValueBuf)| Ok((name.clone(), inside(value)?));
    Ok(match value {
        ValueBuf::Json(json) => json.clone(),
        ValueBuf::Null => Json::Null,
        ValueBuf::Bool(value) => Json::Bool(*value),
        ValueBuf::Int(_) | ValueBuf::UInt(_) => Json::Number(number(value)?),
        #[cfg(feature = "decimal")]
        ValueBuf::Decimal(_) => Json::Number(number(value)?),
        ValueBuf::Float(value) => {
            let none = || Malformed::new(format!("JSON has no number {value}"));
            Json::Number(Number::from_f64(*value).ok_or_else(none)?)
        }
        ValueBuf::Text(text) => Json::from(text.as_str()),
        ValueBuf::List(items) => items.iter().map(inside).collect::<Result<_, _>>()?,
        ValueBuf::Struct(fields) => object(fields.iter().map(field))?,
        ValueBuf::Map(pairs) => object(pairs.iter().map(|(key, value)| match key {
            ValueBuf::Text(key) => Ok((key.clone(), inside(value)?)),
            other => Err(Malformed::new(format!("{other} is no name of a field of JSON"))),
        }))?,
        other => return Err(Malformed::new(format!("{} where JSON is wanted", other.kind()))),
    })
}

fn object(
    fields: impl Iterator<Item = Result<(String, Json), Malformed>>,
) -> Result<Json, Malformed> {
    let mut object = Map::new();
    for field in fields {
        let (name, value) = field?;
        if object.insert(name.clone(), value).is_some() {
            return Err(Malformed::new(format!("the field `{name}` is there twice")));
        }
    }
    Ok(Json::Object(object))
}

fn number(value: &ValueBuf) -> Result<Number, Malformed> {
    let text = value.to_string();
    text.parse().map_err(|_| Malformed::new(format!("JSON has no number {text}")))
}

/// JSON that an `Option` holds.
pub(super) fn in_option(json: Json) -> Json {
    if is_null_in_arrays(&json) { Json::Array(vec![json]) } else { json }
}

/// What an `Option` holds; nothing if it is the null.
pub(super) fn out_of_option(mut json: Json) -> Option<Json> {
    match &mut json {
        Json::Null => None,
        Json::Array(items) if items.len() == 1 && is_null_in_arrays(&items[0]) => items.pop(),
        _ => Some(json),
    }
}

fn is_null_in_arrays(mut json: &Json) -> bool {
    loop {
        match json {
            Json::Null => return true,
            Json::Array(items) if items.len() == 1 => json = &items[0],
            _ => return false,
        }
    }
}
