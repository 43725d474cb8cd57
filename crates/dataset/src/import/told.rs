//! What a JSON object says of a picture: ours says all of it, others some, in types of their own.

use serde_json::Value;

use super::found::Class;
use crate::export::Facts;

/// Takes what is understood, field by field.
pub(super) fn facts(json: &Value) -> Facts {
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| {
        let number = json[name].as_u64().and_then(|n| u32::try_from(n).ok());
        number.unwrap_or_default()
    };
    Facts {
        id: text("id"),
        group: text("group"),
        url: text("url"),
        page_url: text("page_url"),
        title: text("title"),
        creator: text("creator"),
        license: text("license"),
        license_url: text("license_url"),
        attribution: text("attribution"),
        width: number("width"),
        height: number("height"),
        sha256: text("sha256"),
    }
}

/// The class, by the names that it goes by.
pub(super) fn class(json: &Value) -> Option<Class> {
    ["label", "class", "cls", "class_name"]
        .iter()
        .find_map(|name| match &json[*name] {
            Value::String(text) if !text.is_empty() => Some(Class::Label(text.clone())),
            Value::Number(number) => number.as_i64().map(Class::Index),
            _ => None,
        })
}
