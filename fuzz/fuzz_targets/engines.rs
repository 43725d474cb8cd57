//! Every engine's parser: any body and status give hits or a state, and the request after it can be written.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use trawl_crawler::{Answer, Ask, EngineOptions, Keys, SearchEngine, build_engine};

/// The engines, in the order of the first byte.
static ENGINES: LazyLock<Vec<Box<dyn SearchEngine>>> = LazyLock::new(|| {
    let key = || Some("k".repeat(32));
    let options = EngineOptions {
        keys: Keys {
            flickr: key(),
            pexels: key(),
            pixabay: key(),
            openverse: key().zip(key()),
            ..Keys::default()
        },
        ..EngineOptions::default()
    };
    let custom = concat!("custom:", env!("CARGO_MANIFEST_DIR"), "/../config/engines/");
    [
        "baidu".to_owned(),
        "bing".to_owned(),
        "duckduckgo".to_owned(),
        "flickr".to_owned(),
        "gallery".to_owned(),
        "openverse".to_owned(),
        "pexels".to_owned(),
        "pixabay".to_owned(),
        "wikimedia".to_owned(),
        format!("{custom}gallery.toml"),
        format!("{custom}example-html.toml"),
    ]
    .iter()
    .map(|spec| build_engine(&spec.parse().unwrap(), &options).unwrap())
    .collect()
});

fuzz_target!(|data: &[u8]| {
    let [which, status, body @ ..] = data else {
        return;
    };
    let engine = &ENGINES[usize::from(*which) % ENGINES.len()];
    let status = [200, 200, 200, 400, 401, 403, 404, 429, 500, 503][usize::from(*status) % 10];
    let answer = Answer {
        status,
        ..Answer::of(body)
    };
    drop(engine.refusal(&answer));
    drop(engine.open(&answer));
    let Ok(page) = engine.parse(None, &answer) else {
        return;
    };
    if let Some(next) = &page.next {
        // Whatever a page names as its next must make a request, and only to the engine's own site.
        let Ask::Web(request) = engine.ask("phrase", Some(next), Some("token")) else {
            panic!("an engine on the web")
        };
        let home = engine.endpoint().unwrap();
        assert_eq!(request.url.origin(), home.origin());
        drop(engine.parse(Some(next), &answer));
    }
});
