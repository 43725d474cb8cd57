use std::time::Duration;

use crate::testing::{Catalog, Reply, Server, answer, crawl, ok, settings};
use crate::{
    CrawlReport, CrawlSettings, End, EngineOptions, EngineSpec, EngineState, Mode, build_engine,
};

/// Crawls one name with one engine, whose answers are scripted; pictures come from the same server.
async fn run(spec: EngineSpec, server: &Server) -> (CrawlReport, Catalog) {
    let mut options = EngineOptions::default();
    options.endpoints.baidu = server.url("/");
    options.endpoints.bing = server.url("/");
    options.endpoints.duckduckgo = server.url("/");
    let folder = tempfile::tempdir().unwrap();
    let limits = CrawlSettings {
        tries: 2,
        ..settings()
    };
    let mut catalog = Catalog::default();
    let (report, _) = crawl(
        &folder.path().join("crawl.db"),
        &limits,
        vec![build_engine(&spec, &options).unwrap()],
        Some(&["cat"]),
        Mode::Continue,
        &mut catalog,
    )
    .await;
    (report.unwrap(), catalog)
}

fn heads(server: &Server, start: &str) -> Vec<String> {
    let seen = server.seen().into_iter();
    let asked = seen.filter(|seen| seen.path.starts_with(start));
    asked.map(|seen| seen.head.to_lowercase()).collect()
}

fn now(reply: Reply) -> (Duration, Reply) {
    (Duration::ZERO, reply)
}

/// Checks what every request must say of itself.
fn assert_fields(head: &str, fields: &[&str]) {
    for field in fields {
        assert!(head.contains(&format!("\r\n{field}")), "{field} in {head}");
    }
    let agents = head.matches("user-agent:").count();
    assert_eq!(agents, 1, "{head}");
    assert!(head.contains("trawl/"), "never a browser's: {head}");
}

fn baidu_page(total: u32, pictures: &[&str]) -> Reply {
    let items: Vec<String> = pictures
        .iter()
        .map(|picture| format!(r#"{{"objURL":"{picture}","fromPageTitle":"it\'s"}},"#))
        .collect();
    let body = format!(r#"{{"listNum":{total},"data":[{}{{}}]}}"#, items.concat());
    ok(body.as_bytes())
}

#[tokio::test]
async fn baidu_is_visited_before_it_is_searched() {
    let pictures = Server::start(|path, _| now(ok(path.as_bytes()))).await;
    let (a, b) = (pictures.url("/a"), pictures.url("/b"));
    let server = Server::start(move |path, _| {
        now(match path {
            "/" => answer("200 OK", "Set-Cookie: BAIDUID=7; Path=/\r\n", b"<html>"),
            path if path.contains("&pn=30&") => baidu_page(31, &[&b]),
            _ => baidu_page(31, &[&a]),
        })
    })
    .await;
    let (report, catalog) = run(EngineSpec::Baidu, &server).await;
    assert_eq!(report.names[0].end, End::Exhausted);
    assert_eq!(catalog.codes("cat"), ["body", "body"]);
    assert_eq!(
        heads(&server, "/").len(),
        3,
        "the front page once, two pages"
    );
    let searches = heads(&server, "/search/acjson?");
    assert_eq!(searches.len(), 2);
    for head in searches {
        assert_fields(
            &head,
            &[
                "cookie: baiduid=7",
                "referer: https://image.baidu.com/",
                "accept-language: zh-cn",
            ],
        );
    }
}

#[tokio::test]
async fn baidu_that_takes_us_for_a_robot_is_blocked() {
    let flag = ok(br#"{"antiFlag":1,"message":"Forbid spider access"}"#);
    let captcha = answer("302 Found", "Location: /static/captcha?k=1\r\n", b"");
    for reply in [flag, captcha] {
        let server = Server::start(move |path, _| {
            now(if path == "/" {
                ok(b"<html>")
            } else {
                reply.clone()
            })
        })
        .await;
        let (report, _) = run(EngineSpec::Baidu, &server).await;
        let failed = report.engines[0].failed.as_ref();
        assert!(
            matches!(failed, Some(EngineState::Blocked { .. })),
            "{failed:?}"
        );
        assert_eq!(
            heads(&server, "/search").len(),
            1,
            "a refusal is taken at its word"
        );
    }
}

fn bing_page(pictures: &[String]) -> Reply {
    let tiles = pictures.iter().map(|picture| {
        format!("<li><a class=iusc m='{{&quot;murl&quot;:&quot;{picture}&quot;}}'></a></li>")
    });
    let tiles: Vec<String> = tiles.collect();
    ok(format!("<ul class=dgControl_list>{}</ul>", tiles.concat()).as_bytes())
}

#[tokio::test]
async fn bing_is_asked_from_where_it_stopped_until_nothing_comes() {
    let pictures = Server::start(|path, _| now(ok(path.as_bytes()))).await;
    let all: Vec<String> = (0..5).map(|n| pictures.url(&format!("/{n}"))).collect();
    let server = Server::start(move |path, _| {
        now(if path.contains("&first=1&") {
            bing_page(&all[..3])
        } else if path.contains("&first=4&") {
            bing_page(&all[3..])
        } else {
            ok(b"")
        })
    })
    .await;
    let (report, catalog) = run(EngineSpec::Bing, &server).await;
    assert_eq!(report.names[0].end, End::Exhausted);
    assert_eq!(catalog.codes("cat"), ["body"; 5]);
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen[2].path.contains("&first=6&"), "{}", seen[2].path);
    for head in heads(&server, "/images/async?") {
        assert_fields(
            &head,
            &[
                "referer: https://www.bing.com/",
                "accept-language: en-us",
                "accept-encoding: gzip",
            ],
        );
    }
}

#[tokio::test]
async fn bing_that_repeats_itself_ends() {
    let pictures = Server::start(|path, _| now(ok(path.as_bytes()))).await;
    let all = [pictures.url("/0")];
    let server = Server::start(move |_, _| now(bing_page(&all))).await;
    let (report, catalog) = run(EngineSpec::Bing, &server).await;
    assert_eq!(report.names[0].end, End::Exhausted);
    assert_eq!((catalog.codes("cat").len(), server.seen().len()), (1, 2));
}

#[tokio::test]
async fn duckduckgo_is_searched_with_the_token_of_the_phrase() {
    let pictures = Server::start(|path, _| now(ok(path.as_bytes()))).await;
    let (a, b) = (pictures.url("/a"), pictures.url("/b"));
    let server = Server::start(move |path, before| {
        let page = |picture: &str, next: &str| {
            ok(format!(r#"{{"results":[{{"image":"{picture}"}}]{next}}}"#).as_bytes())
        };
        now(if path.starts_with("/?q=cat&") {
            let body = format!("<script>vqd=\"4-{before}\"</script>");
            answer("200 OK", "Set-Cookie: k=v\r\n", body.as_bytes())
        } else if path.contains("&vqd=4-0&") && path.ends_with("&s=0") {
            page(&a, r#","next":"https://127.0.0.1:1/i.js?s=100&vqd=4-9""#)
        } else if path.contains("&vqd=4-1&") && path.ends_with("&s=100") {
            page(&b, "")
        } else {
            answer("403 Forbidden", "", b"")
        })
    })
    .await;
    let (report, catalog) = run(EngineSpec::DuckDuckGo, &server).await;
    assert_eq!(report.names[0].end, End::Exhausted);
    assert_eq!(catalog.codes("cat"), ["body", "body"]);
    assert_eq!(
        heads(&server, "/?q=").len(),
        2,
        "a token that ran out is replaced"
    );
    let searches = heads(&server, "/i.js?");
    assert_eq!(searches.len(), 3);
    for head in searches {
        assert_fields(
            &head,
            &[
                "cookie: k=v",
                "referer: https://duckduckgo.com/",
                "accept: */*",
                "sec-fetch-mode: cors",
                "sec-fetch-site: same-origin",
            ],
        );
        assert_eq!(head.matches("accept: ").count(), 1, "{head}");
    }
}

#[tokio::test]
async fn duckduckgo_without_a_token_wants_us_to_wait() {
    let server = Server::start(|_, _| now(ok(b"<html>later</html>"))).await;
    let (report, _) = run(EngineSpec::DuckDuckGo, &server).await;
    let failed = report.engines[0].failed.as_ref();
    assert!(
        matches!(failed, Some(EngineState::RateLimited { .. })),
        "{failed:?}"
    );
    let seen = server.seen();
    assert_eq!(seen.len(), 2, "as often as `tries` says");
    assert!(
        seen.iter()
            .all(|seen| seen.path == "/?q=cat&iar=images&iax=images&ia=images")
    );
}
