use super::lines::{Kind, Line, lines};
use crate::optout::Watched;
use crate::optout::pattern::literal_dollars;

/// Bytes of a file that are read: the least that RFC 9309 (section 2.5) asks for, and all that Google reads.
const LIMIT: usize = robotxt::BYTE_LIMIT;

/// Rules with the watched tokens that they address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group<'a> {
    /// Watched tokens, and `*`; never empty.
    pub(super) agents: Vec<&'a str>,
    /// Everything but `User-agent` lines.
    pub(super) rules: Vec<Line<'a>>,
}

/// Splits a file into its groups, leaving out those that address nobody who is watched.
///
/// A group begins with `User-agent` lines and ends before the next one that follows a rule (RFC 9309,
/// section 2.1). `Content-Usage` is such a rule (AIPREF attachment draft, section 3), and so is
/// `Content-Signal`. Rules before the first group address nobody.
pub(super) fn groups<'a>(body: &'a [u8], watched: &'a Watched) -> Vec<Group<'a>> {
    let mut groups = Vec::new();
    let mut group = Group {
        agents: Vec::new(),
        rules: Vec::new(),
    };
    let mut naming = false;
    for line in lines(within_limit(body)) {
        if line.kind == Kind::Agent {
            if !naming {
                let done = std::mem::replace(
                    &mut group,
                    Group {
                        agents: Vec::new(),
                        rules: Vec::new(),
                    },
                );
                groups.push(done);
            }
            naming = true;
            if let Some(agent) = watched.named(line.value)
                && !group.agents.contains(&agent)
            {
                group.agents.push(agent);
            }
        } else {
            naming = false;
            if !group.agents.is_empty() {
                group.rules.push(line);
            }
        }
    }
    groups.push(group);
    groups.retain(|g| !g.agents.is_empty());
    groups
}

/// Writes a file down again with nothing in it but what concerns the watched tokens.
///
/// The result is a robots.txt that says the same, and is what is kept: most files shrink to a few lines.
pub(super) fn condense(body: &[u8], watched: &Watched) -> Vec<u8> {
    let mut text = Vec::new();
    let mut write = |name: &[u8], value: &[u8]| {
        text.extend_from_slice(name);
        text.push(b':');
        text.extend_from_slice(value);
        text.push(b'\n');
    };
    for group in groups(body, watched) {
        for agent in &group.agents {
            write(Kind::Agent.name(), agent.as_bytes());
        }
        let plain = |kind| matches!(kind, Kind::Allow | Kind::Disallow | Kind::CrawlDelay);
        if !group.rules.iter().any(|rule| plain(rule.kind)) {
            // Without a rule that robotxt knows, it would take the next group's rules for this one's.
            write(Kind::Allow.name(), b"");
        }
        for rule in &group.rules {
            match rule.kind {
                Kind::Allow | Kind::Disallow => {
                    write(rule.kind.name(), &literal_dollars(rule.value));
                }
                _ => write(rule.kind.name(), rule.value),
            }
        }
    }
    text
}

/// Cuts a file at its limit, and before that at the last end of a line: a cut rule would say something else.
fn within_limit(body: &[u8]) -> &[u8] {
    let Some(start) = body.get(..=LIMIT) else {
        return body;
    };
    let end = start.iter().rposition(|b| matches!(b, b'\r' | b'\n' | 0));
    &body[..end.unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use robotxt::Robots;

    use super::*;

    fn watched() -> Watched {
        Watched::new(&["CCBot".into(), "img2dataset".into()])
    }

    fn condensed(body: &str) -> String {
        String::from_utf8(condense(body.as_bytes(), &watched())).unwrap()
    }

    #[test]
    fn only_what_concerns_the_watched_is_kept() {
        let cases = [
            ("", ""),
            ("user-agent: other\ndisallow: /", ""),
            (
                "disallow: /\nuser-agent: *\nallow: /a",
                "user-agent:*\nallow:/a\n",
            ),
            (
                "User-agent: other\nUser-agent: TRAWL/1\nDisallow: /a\nSitemap: https://example.org/s\n\nUser-agent: x\nDisallow: /",
                "user-agent:trawl\ndisallow:/a\n",
            ),
            (
                "user-agent: trawl\nuser-agent: CCBot\nuser-agent: trawl\ncrawl-delay: 2\ndisallow: /$a$",
                "user-agent:trawl\nuser-agent:ccbot\ncrawl-delay:2\ndisallow:/%24a$\n",
            ),
            (
                "user-agent: trawl\ncontent-usage: train-ai=n\nuser-agent: ccbot\ndisallow: /",
                "user-agent:trawl\nallow:\ncontent-usage:train-ai=n\nuser-agent:ccbot\ndisallow:/\n",
            ),
            ("user-agent: trawl", "user-agent:trawl\nallow:\n"),
        ];
        for (body, expected) in cases {
            assert_eq!(condensed(body), expected, "{body:?}");
        }
    }

    #[test]
    fn a_line_across_the_limit_is_left_out() {
        let head = "user-agent: *\ndisallow: /kept\n";
        let tail = "disallow: /cut";
        for (filler, kept) in [
            (LIMIT - head.len() - tail.len(), true),
            (LIMIT - head.len() - tail.len() + 1, false),
        ] {
            let body = format!("{head}{}\n{tail}\nallow: /beyond\n", "#".repeat(filler - 1));
            let text = condensed(&body);
            assert!(text.contains("/kept"));
            assert_eq!(text.contains("/cut"), kept, "{filler}");
            assert!(!text.contains("/beyond"));
        }
        assert_eq!(condensed(&"x".repeat(LIMIT + 1)), "");
        assert_eq!(
            condensed(&format!("user-agent: *\n{}", "d".repeat(LIMIT))),
            "user-agent:*\nallow:\n"
        );
    }

    #[test]
    fn condensing_changes_nothing_that_robotxt_reads() {
        let words = [
            "user-agent: trawl",
            "User-Agent: *",
            "useragent: CCBot",
            "user-agent: other",
            "disallow: /a",
            "Disallow: /a/b*c",
            "disallow:",
            "allow: /a/b",
            "Allow: /$",
            "dissallow /q",
            "crawl-delay: 3",
            "sitemap: https://example.org/",
            "noindex: /",
            "# note",
            "",
            "disallow: /%7e\u{e9}#x",
            "allow",
            ":",
        ];
        let mut random = fastrand::Rng::with_seed(9309);
        for _ in 0..20_000 {
            let body: String = (0..random.usize(..14))
                .flat_map(|_| {
                    [
                        words[random.usize(..words.len())],
                        ["\n", "\r\n", "\r"][random.usize(..3)],
                    ]
                })
                .collect();
            let once = condense(body.as_bytes(), &watched());
            for agent in ["trawl", "ccbot", "img2dataset", "*"] {
                let before = Robots::parse(body.as_bytes(), agent);
                let after = Robots::parse(&once, agent);
                assert_eq!(before.rules(), after.rules(), "{agent}: {body:?}");
                assert_eq!(
                    before.crawl_delay(),
                    after.crawl_delay(),
                    "{agent}: {body:?}"
                );
                assert_eq!(before.user_agent(), after.user_agent(), "{agent}: {body:?}");
            }
            assert_eq!(condense(&once, &watched()), once, "{body:?}");
        }
    }
}
