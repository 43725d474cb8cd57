use serde::Serialize;
use serde_json::Value;

use super::super::{Color, Filters, Kind, Safe, Size};
use super::defect::Defect;
use super::file::{FilterTable, FiltersTable};
use crate::Licenses;

/// Is what the filters asked for come to at this site.
#[derive(Debug, Default)]
pub(super) struct Narrowed {
    /// Parameters that every request gets.
    pub(super) params: Vec<(String, String)>,
    /// Filters that were asked for and that the file has nothing for.
    pub(super) missed: Vec<&'static str>,
}

/// Names every value that a filter may have.
const SIZES: [Size; 5] = [
    Size::Any,
    Size::Small,
    Size::Medium,
    Size::Large,
    Size::Huge,
];
const KINDS: [Kind; 6] = [
    Kind::Any,
    Kind::Photo,
    Kind::Clipart,
    Kind::Line,
    Kind::Transparent,
    Kind::Animated,
];
const COLORS: [Color; 14] = [
    Color::Any,
    Color::Color,
    Color::Gray,
    Color::Red,
    Color::Orange,
    Color::Yellow,
    Color::Green,
    Color::Teal,
    Color::Blue,
    Color::Purple,
    Color::Pink,
    Color::Brown,
    Color::Black,
    Color::White,
];
const SAFES: [Safe; 3] = [Safe::Strict, Safe::Moderate, Safe::Off];
/// Whether a kind of licences holds all that are wanted.
type Holds = fn(&Licenses) -> bool;

/// What a site may be able to filter by licence, the narrowest first.
const LICENSES: [(&str, Holds); 5] = [
    ("public-domain", Licenses::is_public_domain),
    ("commercial-modify", |l| {
        l.is_commercial() && l.is_modifiable()
    }),
    ("commercial", Licenses::is_commercial),
    ("modify", Licenses::is_modifiable),
    ("any", |_| true),
];

impl Narrowed {
    /// Translates the filters by the table `filters`.
    ///
    /// # Errors
    ///
    /// The first [`Defect`] of the table, whether that filter was asked for or not.
    pub(super) fn compile(table: &FiltersTable, filters: &Filters) -> Result<Self, Defect> {
        let mut narrowed = Self::default();
        narrowed.add("size", table.size.as_ref(), &SIZES, filters.size, Size::Any)?;
        narrowed.add("type", table.kind.as_ref(), &KINDS, filters.kind, Kind::Any)?;
        narrowed.add(
            "color",
            table.color.as_ref(),
            &COLORS,
            filters.color,
            Color::Any,
        )?;
        narrowed.add(
            "safe",
            table.safe.as_ref(),
            &SAFES,
            filters.safe,
            Safe::Strict,
        )?;
        if let Some(table) = &table.license {
            check("license", table, &LICENSES.map(|(name, _)| name.to_owned()))?;
            let value = LICENSES
                .iter()
                .filter(|(_, holds)| holds(&filters.licenses))
                .find_map(|(name, _)| table.values.get(*name));
            // Candidates under other licences are refused by the crawl, with or without this.
            narrowed
                .params
                .extend(value.map(|value| (table.param.clone(), value.clone())));
        }
        Ok(narrowed)
    }

    fn add<V: Serialize + Copy + PartialEq>(
        &mut self,
        key: &'static str,
        table: Option<&FilterTable>,
        known: &[V],
        asked: V,
        usual: V,
    ) -> Result<(), Defect> {
        let known: Vec<String> = known.iter().map(|value| name(*value)).collect();
        if let Some(table) = table {
            check(key, table, &known)?;
        }
        match table.and_then(|table| Some((table, table.values.get(&name(asked))?))) {
            Some((table, value)) => self.params.push((table.param.clone(), value.clone())),
            None if asked != usual => self.missed.push(key),
            None => {}
        }
        Ok(())
    }
}

fn check(key: &str, table: &FilterTable, known: &[String]) -> Result<(), Defect> {
    let key = format!("filters.{key}");
    if table.param.is_empty() {
        return Err(Defect::at(&key, "param is empty: name the parameter"));
    }
    match table.values.keys().find(|value| !known.contains(value)) {
        Some(value) => Err(Defect::at(
            &format!("{key}.values.{value}"),
            format!("trawl knows no such value: use any of {}", known.join(", ")),
        )),
        None => Ok(()),
    }
}

/// Returns a filter's value as a person writes it in the configuration.
fn name(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => unreachable!("filters are enums without fields"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "[size]\nparam = 's'\nvalues = { large = 'l', small = 'xs' }\n[safe]\nparam = 'safe'\nvalues = { strict = '1', off = '0' }\n\
                         [license]\nparam = 'l'\nvalues = { commercial = 'c', any = '' }";

    fn narrowed(filters: &Filters) -> Narrowed {
        Narrowed::compile(&toml::from_str(TABLE).unwrap(), filters).unwrap()
    }

    #[test]
    fn what_was_asked_becomes_parameters_or_is_missed() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let usual = narrowed(&Filters::default());
        assert_eq!(usual.params, [pair("safe", "1"), pair("l", "")]);
        assert!(usual.missed.is_empty());
        let asked = narrowed(&Filters {
            size: Size::Large,
            color: Color::Red,
            safe: Safe::Moderate,
            licenses: "commercial-modify".parse().unwrap(),
            ..Filters::default()
        });
        assert_eq!(asked.params, [pair("s", "l"), pair("l", "c")]);
        assert_eq!(asked.missed, ["color", "safe"]);
    }

    #[test]
    fn values_that_trawl_does_not_know_are_refused() {
        let table = toml::from_str("[size]\nparam = 's'\nvalues = { tiny = 'l' }").unwrap();
        let defect = Narrowed::compile(&table, &Filters::default()).unwrap_err();
        let text = format!("{defect:?}");
        assert!(
            text.contains("filters.size.values.tiny") && text.contains("small"),
            "{text}"
        );
    }
}
