//! What a crawl goes without and what its engines cannot do: said at its start, recorded with the dataset.

use trawl_crawler::SearchEngine;
use trawl_crawler::engine::Standing;
use trawl_crawler::optout::OptOutPolicy;
use trawl_dataset::{Override, Terms};

use crate::args::OptOutArgs;
use crate::config::{Config, Layers};
use crate::exit::Failure;
use crate::output::Output;

/// Lays the flags that were given over the configuration.
pub(super) fn apply(layers: &mut Layers, flags: OptOutArgs) -> Result<(), Failure> {
    let ignored = [
        ("optouts.robots", flags.ignore_robots),
        ("optouts.x_robots_tag", flags.ignore_x_robots_tag),
        ("optouts.tdmrep", flags.ignore_tdmrep),
        ("optouts.aipref", flags.ignore_aipref),
    ];
    ignored
        .into_iter()
        .filter(|(_, is_ignored)| *is_ignored)
        .try_for_each(|(key, _)| layers.flag(key, false))
}

/// The terms of a crawl with this configuration, wherever its values come from.
pub(super) fn of(config: &Config) -> Terms {
    let o = &config.optouts;
    let switches = [
        (
            "optouts.robots",
            o.robots,
            "robots.txt not obeyed, neither its rules nor its delay",
        ),
        (
            "optouts.x_robots_tag",
            o.x_robots_tag,
            "the header X-Robots-Tag not obeyed",
        ),
        (
            "optouts.tdmrep",
            o.tdmrep,
            "reservations by TDMRep not obeyed",
        ),
        (
            "optouts.aipref",
            o.aipref,
            "Content-Usage and Content-Signal not obeyed",
        ),
    ];
    let mut overrides: Vec<Override> = switches
        .into_iter()
        .filter(|(_, is_obeyed, _)| !is_obeyed)
        .map(|(key, _, meaning)| Override {
            setting: format!("{key} = false"),
            meaning: meaning.to_owned(),
        })
        .collect();
    overrides.extend(unwatched(&o.agents));
    if config.crawl.allow_private_hosts {
        overrides.push(Override {
            setting: "crawl.allow_private_hosts = true".to_owned(),
            meaning: "private, loopback and link-local addresses allowed, at any port".to_owned(),
        });
    }
    if !config.crawl.allow_ports.is_empty() {
        overrides.push(Override {
            setting: format!("crawl.allow_ports = {:?}", config.crawl.allow_ports),
            meaning: "public hosts asked at other ports than 80 and 443".to_owned(),
        });
    }
    Terms {
        overrides,
        licenses: config.search.license.clone().into(),
    }
}

/// Those of the default agents whose rules a configuration does not heed.
fn unwatched(agents: &[String]) -> Option<Override> {
    let is_watched = |agent: &String| agents.iter().any(|a| a.eq_ignore_ascii_case(agent));
    let missing: Vec<String> = OptOutPolicy::default()
        .agents
        .into_iter()
        .filter(|agent| !is_watched(agent))
        .collect();
    (!missing.is_empty()).then(|| Override {
        setting: format!("optouts.agents = {agents:?}"),
        meaning: format!("rules for {} not obeyed", missing.join(", ")),
    })
}

/// One line for each safeguard that crawls went without, and one for the licences they took.
pub(crate) fn lines(terms: &Terms) -> Vec<String> {
    let mut lines: Vec<String> = terms
        .overrides
        .iter()
        .map(|one| format!("{} ({})", one.meaning, one.setting))
        .collect();
    if !terms.licenses.is_empty() {
        lines.push(format!(
            "only pictures under {}; where nobody tells the licence, none is taken",
            terms.licenses.join(", ")
        ));
    }
    lines
}

/// Says what is in force and what the engines are, once, before anything is asked.
pub(super) fn announce(config: &Config, engines: &[Box<dyn SearchEngine>], output: Output) {
    for line in lines(&of(config)) {
        output.note(line);
    }
    for warning in missing_filters(engines) {
        output.warn(warning);
    }
    if let Some(note) = unofficial(engines) {
        output.note(note);
    }
}

fn missing_filters(engines: &[Box<dyn SearchEngine>]) -> Vec<String> {
    engines
        .iter()
        .filter_map(|engine| {
            let missing = engine.unfiltered();
            (!missing.is_empty()).then(|| {
                format!(
                    "{} cannot filter by {}; its results are taken as they come",
                    engine.id(),
                    missing.join(", ")
                )
            })
        })
        .collect()
}

fn unofficial(engines: &[Box<dyn SearchEngine>]) -> Option<String> {
    let names: Vec<&str> = engines
        .iter()
        .filter(|engine| engine.standing() == Standing::Unofficial)
        .map(|engine| engine.id())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "no documented interface: {}; the operator's terms may forbid programs, and it may refuse or change at any time (docs/engines.md)",
            names.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use trawl_crawler::engine::{Answer, Ask, EngineState, Page};

    use super::*;

    #[derive(Debug)]
    struct Fake(&'static str, Standing, Vec<&'static str>);

    impl SearchEngine for Fake {
        fn id(&self) -> &str {
            self.0
        }

        fn standing(&self) -> Standing {
            self.1
        }

        fn unfiltered(&self) -> Vec<&'static str> {
            self.2.clone()
        }

        fn ask(&self, _: &str, _: Option<&str>, _: Option<&str>) -> Ask {
            Ask::Local(Page::default())
        }

        fn parse(&self, _: Option<&str>, _: &Answer) -> Result<Page, EngineState> {
            Ok(Page::default())
        }
    }

    fn engines(all: Vec<Fake>) -> Vec<Box<dyn SearchEngine>> {
        all.into_iter()
            .map(|one| Box::new(one) as Box<dyn SearchEngine>)
            .collect()
    }

    fn config(flags: &[(&str, toml::Value)]) -> Config {
        let mut layers = Layers::defaults();
        for (key, value) in flags {
            layers.flag(key, value.clone()).unwrap();
        }
        layers.finish().unwrap()
    }

    #[test]
    fn the_defaults_obey_everything_and_say_nothing() {
        assert_eq!(of(&config(&[])), Terms::default());
        let settings = config(&[]).crawl_settings();
        let defaults = trawl_crawler::CrawlSettings::default();
        assert_eq!(settings.opt_outs, defaults.opt_outs);
        assert_eq!(settings.max_crawl_delay, defaults.max_crawl_delay);
    }

    #[test]
    fn each_flag_sets_its_key_and_is_told() {
        let mut layers = Layers::defaults();
        let flags = OptOutArgs {
            ignore_robots: true,
            ignore_x_robots_tag: true,
            ignore_tdmrep: true,
            ignore_aipref: true,
        };
        apply(&mut layers, flags).unwrap();
        let config = layers.finish().unwrap();
        let policy = config.crawl_settings().opt_outs;
        assert!(!(policy.robots || policy.robots_tag || policy.tdmrep || policy.aipref));
        let settings: Vec<String> = of(&config)
            .overrides
            .into_iter()
            .map(|o| o.setting)
            .collect();
        assert_eq!(
            settings,
            [
                "optouts.robots = false",
                "optouts.x_robots_tag = false",
                "optouts.tdmrep = false",
                "optouts.aipref = false"
            ]
        );
        let mut layers = Layers::defaults();
        let one = OptOutArgs {
            ignore_tdmrep: true,
            ..OptOutArgs::default()
        };
        apply(&mut layers, one).unwrap();
        assert_eq!(of(&layers.finish().unwrap()).overrides.len(), 1);
    }

    #[test]
    fn fewer_agents_private_hosts_and_licences_are_told_too() {
        let list =
            |words: &[&str]| toml::Value::Array(words.iter().map(|word| (*word).into()).collect());
        let config = config(&[
            ("optouts.agents", list(&["ccbot", "Other"])),
            ("crawl.allow_private_hosts", true.into()),
            ("crawl.allow_ports", toml::Value::Array(vec![8080.into()])),
            ("search.license", list(&["cc0", "cc-by"])),
        ]);
        assert_eq!(
            lines(&of(&config)),
            [
                "rules for img2dataset, LAIONDownloader not obeyed (optouts.agents = [\"ccbot\", \"Other\"])",
                "private, loopback and link-local addresses allowed, at any port (crawl.allow_private_hosts = true)",
                "public hosts asked at other ports than 80 and 443 (crawl.allow_ports = [8080])",
                "only pictures under cc0, cc-by; where nobody tells the licence, none is taken",
            ]
        );
    }

    #[test]
    fn engines_are_named_for_what_they_lack() {
        let all = engines(vec![
            Fake("a", Standing::Documented, vec!["size", "color"]),
            Fake("b", Standing::Unofficial, Vec::new()),
            Fake("c", Standing::Unofficial, Vec::new()),
        ]);
        assert_eq!(
            missing_filters(&all),
            ["a cannot filter by size, color; its results are taken as they come"]
        );
        let note = unofficial(&all).unwrap();
        assert!(
            note.contains(": b, c;") && note.contains("docs/engines.md"),
            "{note}"
        );
        let documented = engines(vec![Fake("gallery", Standing::Documented, Vec::new())]);
        assert_eq!(unofficial(&documented), None);
    }
}
