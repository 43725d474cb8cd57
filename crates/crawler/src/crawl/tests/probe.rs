use std::time::{Duration, Instant};

use crate::optout::OptOutPolicy;
use crate::testing::{Reply, Server, answer, ok, settings};
use crate::{
    CrawlSettings, EngineOptions, EngineSpec, EngineState, ProbeOutcome, ProbeReport, Prober,
    RobotsProbe, SearchEngine, build_engine,
};

fn gallery(server: &str) -> Box<dyn SearchEngine> {
    let mut options = EngineOptions::default();
    options.endpoints.gallery = server.to_owned();
    build_engine(&EngineSpec::Gallery, &options).unwrap()
}

async fn probe(engine: &dyn SearchEngine, limits: &CrawlSettings) -> ProbeReport {
    let prober = Prober::new(limits).unwrap();
    prober.engine(engine, "red fox").await
}

const PAGE: &[u8] = b"{\"results\":[{\"url\":\"http://127.0.0.1:1/a\"},{\"url\":\"http://127.0.0.1:1/b\"}],\"next\":2}";

#[tokio::test]
async fn an_engine_that_answers_is_asked_once() {
    let server = Server::start(|_, _| {
        let reply = answer("200 OK", "Date: Sat, 06 Nov 2094 08:49:37 GMT\r\n", PAGE);
        (Duration::ZERO, reply)
    })
    .await;
    let report = probe(&*gallery(&server.url("")), &settings()).await;
    let ProbeOutcome::Found { hits, picture, .. } = &report.outcome else {
        panic!("{report:?}")
    };
    assert_eq!(*hits, 2);
    assert_eq!(picture.as_ref().unwrap().as_str(), "http://127.0.0.1:1/a");
    assert_eq!((report.requests, server.seen().len()), (1, 1));
    let date = report.date.unwrap();
    let year = date
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        / 31_556_952
        + 1970;
    assert_eq!(year, 2094);
}

/// Says whether a state is the one that is meant.
type IsRight = fn(&EngineState) -> bool;

#[tokio::test]
async fn what_else_it_says_is_told_and_nothing_is_tried_again() {
    let cases: [(Reply, IsRight); 8] = [
        (ok(b"{\"results\":[]}"), |s| *s == EngineState::Empty),
        (answer("403 No", "", b""), |s| {
            matches!(s, EngineState::Blocked { .. })
        }),
        (answer("302 F", "Location: /captcha\r\n", b""), |s| {
            matches!(s, EngineState::Blocked { .. })
        }),
        (answer("429 Slow", "Retry-After: 90\r\n", b""), |s| {
            let wait = Some(Duration::from_secs(90));
            *s == EngineState::RateLimited { wait }
        }),
        (
            answer(
                "429 Slow",
                "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
                b"",
            ),
            |s| {
                let wait = Some(Duration::from_hours(24));
                *s == EngineState::RateLimited { wait }
            },
        ),
        (answer("429 Slow", "", b""), |s| {
            *s == EngineState::RateLimited { wait: None }
        }),
        (ok(b"{\"new\":1}"), |s| {
            matches!(s, EngineState::SchemaChanged { sample: None, .. })
        }),
        (
            answer("503 Busy", "", b""),
            |s| matches!(s, EngineState::Unreachable { detail } if detail.contains("503")),
        ),
    ];
    for (reply, is_right) in cases {
        let server = Server::start(move |_, _| (Duration::ZERO, reply.clone())).await;
        let report = probe(&*gallery(&server.url("")), &settings()).await;
        let ProbeOutcome::Failed { state, code: None } = &report.outcome else {
            panic!("{report:?}")
        };
        assert!(is_right(state), "{state:?}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn no_answer_has_its_own_code() {
    let code = |report: ProbeReport| match report.outcome {
        ProbeOutcome::Failed { code, .. } => code,
        ProbeOutcome::Found { .. } => panic!("{report:?}"),
    };
    let closed = gallery("http://127.0.0.1:1");
    assert_eq!(code(probe(&*closed, &settings()).await), Some("connection"));
    let unknown = gallery("http://nowhere.example");
    assert_eq!(code(probe(&*unknown, &settings()).await), Some("dns"));
    let guarded = CrawlSettings {
        allow_private_hosts: false,
        ..settings()
    };
    let report = probe(&*closed, &guarded).await;
    assert_eq!(code(report), Some("private-address"));
    let plain = Server::start_raw(answer("200 OK", "", b"no TLS here")).await;
    let tls = gallery(&plain.url("").replace("http:", "https:"));
    assert_eq!(code(probe(&*tls, &settings()).await), Some("tls"));
    let silent = Server::start_raw(Reply::Stall(Vec::new())).await;
    let began = Instant::now();
    let limits = CrawlSettings {
        connect_timeout: Duration::from_millis(200),
        idle_timeout: Duration::from_millis(200),
        ..settings()
    };
    let report = probe(&*gallery(&silent.url("")), &limits).await;
    assert_eq!(code(report), Some("timeout-header"));
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn what_must_be_opened_is_opened_first_and_no_secret_is_told() {
    let server = Server::start(|path, _| {
        let body: &[u8] = match path {
            "/v1/auth_tokens/token/" => b"{\"access_token\":\"t0ken\",\"expires_in\":43200}",
            _ => b"{\"page_count\":1,\"results\":[{\"url\":\"http://127.0.0.1:1/a\"}]}",
        };
        (Duration::ZERO, ok(body))
    })
    .await;
    let mut options = EngineOptions::default();
    options.endpoints.openverse = server.url("/v1/images/");
    options.keys.openverse = Some(("client-7".to_owned(), "s3cret".to_owned()));
    let engine = build_engine(&EngineSpec::Openverse, &options).unwrap();
    let report = probe(&*engine, &settings()).await;
    assert!(
        matches!(report.outcome, ProbeOutcome::Found { hits: 1, .. }),
        "{report:?}"
    );
    assert_eq!((report.requests, server.seen().len()), (2, 2));
    assert!(server.seen()[1].head.contains("Bearer t0ken"));
    let shown = format!("{report:?}");
    for secret in ["client-7", "s3cret", "t0ken"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn robots_txt_is_fetched_and_read() {
    let server = Server::start(|path, _| {
        assert_eq!(path, "/robots.txt");
        let body = b"User-agent: *\nDisallow: /private/\n";
        (Duration::ZERO, answer("200 OK", "", body))
    })
    .await;
    let obeying = CrawlSettings {
        opt_outs: OptOutPolicy::default(),
        ..settings()
    };
    let prober = Prober::new(&obeying).unwrap();
    let url = |path: &str| server.url(path).parse().unwrap();
    assert_eq!(prober.robots(&url("/a.jpg")).await, RobotsProbe::Allowed);
    let refused = prober.robots(&url("/private/a.jpg")).await;
    assert!(matches!(refused, RobotsProbe::Refused(_)), "{refused:?}");
    let down = Server::start(|_, _| (Duration::ZERO, answer("500 Oops", "", b""))).await;
    let said = prober.robots(&down.url("/a.jpg").parse().unwrap()).await;
    let RobotsProbe::Unreachable(reject) = said else {
        panic!("{said:?}")
    };
    assert!(reject.to_string().contains("status 500"), "{reject}");
    let closed = "http://127.0.0.1:1/a".parse().unwrap();
    let said = prober.robots(&closed).await;
    assert!(matches!(said, RobotsProbe::Unreachable(_)));
}
