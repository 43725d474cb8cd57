//! What the sections refuse, and what they hand to the libraries.

use trawl_crawler::CrawlSettings;

use super::Layers;
use super::sections::user_agent;

#[test]
fn values_out_of_range_name_their_key() {
    for (key, value) in [
        ("crawl.per_name", 0),
        ("crawl.tries", 0),
        ("dataset.margin", 16),
        ("dataset.near_distance", 200),
    ] {
        let mut layers = Layers::defaults();
        layers.flag(key, value).unwrap();
        assert!(
            layers.finish().unwrap_err().to_string().contains(key),
            "{key}"
        );
    }
}

#[test]
fn the_network_defaults_are_those_of_the_library() {
    let ours = Layers::defaults().finish().unwrap().crawl_settings();
    let expected = CrawlSettings {
        user_agent: ours.user_agent.clone(),
        // A crawl of one's own goes deeper than a caller of the library asks for.
        max_pages: ours.max_pages,
        ..CrawlSettings::default()
    };
    assert_eq!(ours, expected);
}

#[test]
fn a_proxy_is_written_down_without_its_password() {
    for (given, written) in [
        ("", ""),
        ("http://proxy:3128", "http://proxy:3128"),
        ("http://me:se@cret@proxy:3128", "http://proxy:3128"),
    ] {
        let mut layers = Layers::defaults();
        layers.flag("crawl.proxy", given).unwrap();
        let config = layers.finish().unwrap();
        let record = serde_json::to_value(&config).unwrap();
        assert_eq!(record["crawl"]["proxy"], written);
        let settings = config.crawl_settings();
        assert_eq!(settings.proxy.unwrap_or_default(), given);
    }
}

#[test]
fn ports_are_read_from_the_environment() {
    let mut layers = Layers::defaults();
    let variable = (
        "TRAWL_CRAWL_ALLOW_PORTS".to_owned(),
        "8080, 8443".to_owned(),
    );
    layers.environment([variable].into_iter()).unwrap();
    let settings = layers.finish().unwrap().crawl_settings();
    assert_eq!(settings.allow_ports, [8080, 8443]);
}

#[test]
fn the_user_agent_carries_the_contact_and_is_no_browser() {
    let agent = user_agent("https://example.org/bot", "me@example.org");
    assert!(
        agent.contains("trawl/")
            && agent.contains("+https://example.org/bot;")
            && agent.ends_with("me@example.org)"),
        "{agent}"
    );
    assert!(!agent.contains("Chrome") && !agent.contains("Firefox"));
}
