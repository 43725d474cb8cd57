use crate::Licenses;
use crate::engine::{Filters, Kind, Safe, Size};
use crate::license::License;

/// Returns the parameters that stand for the filters.
pub(super) fn narrowing(filters: &Filters) -> Vec<(&'static str, String)> {
    let mut pairs = Vec::new();
    pairs.extend(license_filter(&filters.licenses));
    let extension = match filters.kind {
        Kind::Animated => "gif",
        _ => "jpg,png",
    };
    pairs.push(("extension", extension.to_owned()));
    let size = match filters.size {
        Size::Any => None,
        Size::Small => Some("small"),
        Size::Medium => Some("medium"),
        Size::Large | Size::Huge => Some("large"),
    };
    pairs.extend(size.map(|size| ("size", size.to_owned())));
    let category = match filters.kind {
        Kind::Photo => Some("photograph"),
        Kind::Clipart => Some("illustration"),
        Kind::Any | Kind::Line | Kind::Transparent | Kind::Animated => None,
    };
    pairs.extend(category.map(|category| ("category", category.to_owned())));
    let mature = filters.safe == Safe::Off;
    pairs.push(("mature", mature.to_string()));
    pairs
}

/// Returns the parameter for the licences that are wanted: a kind of licence where one means just these, or else their list.
fn license_filter(licenses: &Licenses) -> Option<(&'static str, String)> {
    const TYPES: [(&str, &str); 3] = [
        ("commercial", "commercial"),
        ("modify", "modification"),
        ("commercial-modify", "commercial,modification"),
    ];
    if licenses.is_any() {
        return None;
    }
    let covered = licenses.covered();
    let means = |entry: &str| {
        entry
            .parse::<Licenses>()
            .is_ok_and(|l| l.covered() == covered)
    };
    if let Some((_, kind)) = TYPES.iter().find(|(entry, _)| means(entry)) {
        return Some(("license_type", (*kind).to_owned()));
    }
    let slugs: Vec<String> = covered.into_iter().filter_map(slug).collect();
    Some(("license", slugs.join(",")))
}

/// Returns the catalogue's name of a licence.
fn slug(license: License) -> Option<String> {
    match license {
        License::PublicDomain { is_cc0: true } => Some("cc0".to_owned()),
        License::PublicDomain { is_cc0: false } => Some("pdm".to_owned()),
        License::Cc { nc, nd, sa } => {
            let terms = [("-nc", nc), ("-nd", nd), ("-sa", sa)];
            let asked = terms.into_iter().filter(|(_, asked)| *asked);
            Some(asked.fold("by".to_owned(), |slug, (term, _)| slug + term))
        }
        License::Told { .. } | License::Other => None,
    }
}

/// Returns the filters that were asked for and have no parameter.
pub(super) fn missing(filters: &Filters) -> Vec<&'static str> {
    match filters.kind {
        Kind::Line | Kind::Transparent => filters.beyond(&["size", "safe"]),
        _ => filters.beyond(&["size", "safe", "type"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Color;

    fn query(filters: &Filters) -> String {
        let pairs = narrowing(filters);
        let pairs = pairs.iter().map(|(name, value)| format!("&{name}={value}"));
        pairs.collect::<String>() + "&"
    }

    #[test]
    fn filters_become_parameters_and_the_rest_is_named() {
        let licensed = |list: &str| {
            query(&Filters {
                licenses: list.parse().unwrap(),
                ..Filters::default()
            })
        };
        for (list, part) in [
            ("commercial", "&license_type=commercial&"),
            ("modify", "&license_type=modification&"),
            (
                "commercial-modify",
                "&license_type=commercial,modification&",
            ),
            ("cc0,cc-by-nc-sa", "&license=cc0,by-nc-sa&"),
            ("public-domain", "&license=cc0,pdm&"),
            ("cc", "&license=cc0,by,by-sa,by-nd,by-nc,by-nc-sa,by-nc-nd&"),
        ] {
            let query = licensed(list);
            assert!(query.contains(part), "{query}");
        }
        let sized = |size| {
            query(&Filters {
                size,
                ..Filters::default()
            })
        };
        assert!(sized(Size::Small).contains("&size=small&"));
        assert!(sized(Size::Medium).contains("&size=medium&"));
        assert!(sized(Size::Huge).contains("&size=large&"));
        let of = |kind| Filters {
            kind,
            ..Filters::default()
        };
        assert!(query(&of(Kind::Photo)).contains("&category=photograph&"));
        assert!(query(&of(Kind::Clipart)).contains("&category=illustration&"));
        assert!(query(&of(Kind::Animated)).contains("&extension=gif&"));
        let safe = |safe| {
            query(&Filters {
                safe,
                ..Filters::default()
            })
        };
        assert!(safe(Safe::Moderate).contains("&mature=false&"));
        assert!(safe(Safe::Off).contains("&mature=true&"));
        let without = |kind| {
            let filters = Filters {
                color: Color::Red,
                size: Size::Large,
                ..of(kind)
            };
            missing(&filters)
        };
        assert_eq!(without(Kind::Photo), ["color"]);
        assert_eq!(without(Kind::Line), ["type", "color"]);
    }
}
