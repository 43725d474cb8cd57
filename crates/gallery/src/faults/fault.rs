//! The kinds of faults, and how many URLs have each.

use crate::dice;
use crate::listing::Role;

/// A way in which a URL misbehaves, always the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// 429 with `Retry-After: 1` for the first request of a process, the image from then on.
    RateLimited,
    /// A redirect (301, 302, 307 or 308) to the image on another host.
    Redirect,
    /// Two URLs on two hosts that redirect to each other.
    Loop,
    /// A redirect to a `file:` address, which no client of the web may follow.
    Scheme,
    /// 404.
    NotFound,
    /// 403.
    Forbidden,
    /// 200 and headers, then nothing until the client leaves.
    Stall,
    /// A connection closed before all the bytes that `Content-Length` promised.
    Cut,
    /// A web page called `image/jpeg`.
    Html,
    /// A chunked body that begins as a JPEG and never ends, about 3 MB a second.
    Endless,
    /// A valid PNG header of 60,000 by 60,000 pixels in less than 100 bytes.
    Bomb,
    /// A picture of a single pixel.
    Pixel,
    /// A picture that says `NOT AVAILABLE`, the same bytes under every URL that has it.
    Placeholder,
}

/// How many of 1000 URLs have a fault, by what the URL is: primaries, copies, junk.
///
/// Junk always has one. Recoverable faults come first, as they cost no picture; permanent ones are rare among
/// primaries, so that each name keeps nearly all of its pictures. A picture in eight has a junk URL beside it, which
/// makes, with the builtin gallery's 430 primaries and 260 copies, between 20 and 25 % of all URLs faulty.
const TABLE: [(Fault, [u32; 3]); 13] = [
    (Fault::RateLimited, [40, 40, 0]),
    (Fault::Redirect, [40, 40, 0]),
    (Fault::Loop, [4, 10, 30]),
    (Fault::Scheme, [4, 10, 20]),
    (Fault::NotFound, [8, 30, 70]),
    (Fault::Forbidden, [6, 20, 50]),
    (Fault::Stall, [3, 8, 30]),
    (Fault::Cut, [6, 20, 50]),
    (Fault::Html, [6, 20, 80]),
    (Fault::Endless, [2, 6, 30]),
    (Fault::Bomb, [3, 10, 50]),
    (Fault::Pixel, [2, 10, 170]),
    (Fault::Placeholder, [4, 14, 420]),
];

impl Fault {
    /// Draws the fault of a path, if it has one.
    pub(crate) fn draw(path: &str, role: Role) -> Option<Self> {
        let column = match role {
            Role::Primary => 0,
            Role::Copy => 1,
            Role::Junk => 2,
        };
        let throw = dice::below("fault", path, 1000);
        let mut upto = 0;
        TABLE.iter().find_map(|(fault, shares)| {
            upto += shares[column];
            (throw < upto).then_some(*fault)
        })
    }

    /// Returns all kinds, in the order of the table.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|&(fault, _)| fault)
    }

    /// Returns the name that the request log shows.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RateLimited => "rate-limited",
            Self::Redirect => "redirect",
            Self::Loop => "redirect-loop",
            Self::Scheme => "redirect-scheme",
            Self::NotFound => "not-found",
            Self::Forbidden => "forbidden",
            Self::Stall => "stall",
            Self::Cut => "cut",
            Self::Html => "html",
            Self::Endless => "endless",
            Self::Bomb => "bomb",
            Self::Pixel => "pixel",
            Self::Placeholder => "placeholder",
        }
    }

    /// Says whether the answer's headers are those of the picture.
    pub(crate) fn promises_the_picture(self) -> bool {
        matches!(self, Self::Stall | Self::Cut)
    }

    /// Says whether a patient client gets the picture in the end.
    #[cfg(test)]
    pub(crate) fn serves_the_picture(self) -> bool {
        matches!(self, Self::RateLimited | Self::Redirect)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn junk_always_has_a_fault_and_never_one_that_serves_the_picture() {
        for n in 0..500 {
            let fault = Fault::draw(&format!("/image/{n}.jpg"), Role::Junk);
            assert!(
                fault.is_some_and(|fault| !fault.serves_the_picture()),
                "{fault:?}"
            );
        }
        let sum: u32 = TABLE.iter().map(|(_, shares)| shares[2]).sum();
        assert_eq!(sum, 1000);
    }

    #[test]
    fn each_kind_has_its_share() {
        let mut counts: HashMap<Fault, u32> = HashMap::new();
        for n in 0..20_000 {
            if let Some(fault) = Fault::draw(&format!("/image/{n}.jpg"), Role::Copy) {
                *counts.entry(fault).or_default() += 1;
            }
        }
        for (fault, shares) in TABLE {
            let (count, expected) = (counts[&fault], shares[1] * 20);
            assert!(
                count.abs_diff(expected) <= expected / 3,
                "{fault:?}: {count} of {expected}"
            );
        }
    }

    #[test]
    fn names_are_unique() {
        let names: std::collections::HashSet<_> = Fault::all().map(Fault::name).collect();
        assert_eq!(names.len(), TABLE.len());
    }
}
