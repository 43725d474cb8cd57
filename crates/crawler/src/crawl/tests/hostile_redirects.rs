use std::time::Duration;

use crate::testing::{Catalog, Listed, Reply, Server, answer, crawl, ok, settings};
use crate::{CrawlSettings, Mode};

#[tokio::test]
async fn redirects_are_followed_checked_and_capped() {
    let server = Server::start(|path, _| {
        let to = |location: &str| answer("302 Found", &format!("Location: {location}\r\n"), b"");
        let reply = match path {
            "/good" => to("/target?x=1#part"),
            "/target?x=1" => ok(b"body"),
            "/self" => to("/self"),
            "/ping" => to("/pong"),
            "/pong" => to("/ping"),
            "/file" => to("file:///etc/passwd"),
            "/data" => to("data:image/png;base64,AAAA"),
            "/nowhere" => answer("302 Found", "", b""),
            "/flaky" => to("/gone"),
            "/gone" => answer("503 Busy", "", b""),
            long => {
                let n: u32 = long[1..].parse().unwrap();
                to(&format!("/{}", n + 1))
            }
        };
        (Duration::ZERO, reply)
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let paths = [
        "/good", "/self", "/ping", "/file", "/data", "/nowhere", "/0", "/flaky",
    ];
    let urls = paths.iter().map(|path| server.url(path)).collect();
    let mut catalog = Catalog::default();
    crawl(
        &folder.path().join("crawl.db"),
        &settings(),
        vec![Listed::engine("l", &[("x", vec![urls])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    assert_eq!(
        catalog.codes("x"),
        [
            "body",
            "too-many-redirects",
            "too-many-redirects",
            "bad-scheme",
            "bad-scheme",
            "http-status",
            "too-many-redirects",
            "server-error",
        ]
    );
    assert_eq!(
        server.count("/self"),
        1,
        "a loop is seen before it is asked again"
    );
    assert_eq!((server.count("/ping"), server.count("/pong")), (1, 1));
    assert_eq!(
        (server.count("/5"), server.count("/6")),
        (1, 0),
        "five redirects, not six"
    );
    assert_eq!((server.count("/flaky"), server.count("/gone")), (3, 3));
}

/// Crawls `/N` for each of these targets, which a server redirects there; gives the codes and the server.
async fn lead_to(targets: Vec<Vec<u8>>) -> (Vec<String>, Server) {
    let count = targets.len();
    let server = Server::start(move |path, _| {
        let target = path[1..].parse().ok().and_then(|n: usize| targets.get(n));
        let reply = match target {
            Some(target) => Reply::Raw(
                [
                    b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: ",
                    &target[..],
                    b"\r\n\r\n",
                ]
                .concat(),
            ),
            None => ok(b"body"),
        };
        (Duration::ZERO, reply)
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let urls = (0..count).map(|n| server.url(&format!("/{n}"))).collect();
    let mut catalog = Catalog::default();
    crawl(
        &folder.path().join("crawl.db"),
        &settings(),
        vec![Listed::engine("l", &[("x", vec![urls])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    (catalog.codes("x"), server)
}

#[tokio::test]
async fn a_redirect_leads_to_no_other_scheme_and_no_private_address() {
    let cases = [
        ("file:///etc/passwd", "bad-scheme"),
        ("data:image/png;base64,AAAA", "bad-scheme"),
        ("ftp://127.0.0.1/a.jpg", "bad-scheme"),
        ("javascript:alert(1)", "bad-scheme"),
        ("mailto:me@example.org", "bad-scheme"),
        ("http://169.254.169.254/latest/meta-data", "private-address"),
        ("http://[::ffff:169.254.169.254]/", "private-address"),
        ("http://2852039166/", "private-address"),
        ("http://10.0.0.1:8080/", "private-address"),
        ("http://[fd00::1]/", "private-address"),
        ("//192.168.0.1/", "private-address"),
        ("http://private.test/", "private-address"),
        ("http://private.test:8080/", "private-address"),
        ("http://metadata.test./", "private-address"),
        ("http://mapped.test/", "private-address"),
        ("http://public.test:8080/", "bad-port"),
        ("http://8.8.8.8:8080/", "bad-port"),
        ("http://unheard-of.test/", "dns"),
        ("http://", "bad-url"),
        ("http://[::1", "bad-url"),
        ("", "too-many-redirects"),
    ];
    let targets = cases.iter().map(|(to, _)| to.as_bytes().to_vec());
    let (codes, server) = lead_to(targets.collect()).await;
    for (n, ((to, code), got)) in cases.iter().zip(codes).enumerate() {
        assert_eq!(got, *code, "{to}");
        let most = if *code == "dns" { 3 } else { 1 };
        assert_eq!(server.count(&format!("/{n}")), most, "{to}");
    }
}

#[tokio::test]
async fn targets_are_read_as_browsers_read_them() {
    let cases: [(&[u8], &str); 8] = [
        (b"/slash", "/slash"),
        (b"no-slash?a=b#part", "/no-slash?a=b"),
        (b"../up", "/up"),
        (b" /blanks ", "/blanks"),
        (b"\\back", "/back"),
        ("/é".as_bytes(), "/%C3%A9"),
        (b"/\xe9", "/%E9"),
        (b"/a b|c", "/a%20b|c"),
    ];
    let targets = cases.iter().map(|(to, _)| to.to_vec()).collect();
    let (codes, server) = lead_to(targets).await;
    assert_eq!(codes, ["body"; 8]);
    for (_, path) in cases {
        assert_eq!(server.count(path), 1, "{path}");
    }
}

#[tokio::test]
async fn a_target_may_be_as_long_as_any_url() {
    let of = |length: usize| [b"/".to_vec(), vec![b'x'; length - 1]].concat();
    let (codes, server) = lead_to(vec![of(10_240), of(8_000)]).await;
    assert_eq!(codes, ["bad-url", "body"]);
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn nothing_but_the_request_crosses_to_another_host() {
    let target = Server::start(|_, _| (Duration::ZERO, ok(b"body"))).await;
    let to = target.host();
    let first = Server::start(move |path, _| {
        let name = &path[1..];
        let location = match name {
            "credentials" => format!("http://me:secret@{to}/credentials"),
            "relative" => format!("//{to}/relative"),
            name => format!("http://mixed.test:{}/{name}", to.split(':').nth(1).unwrap()),
        };
        let headers = format!(
            "Location: {location}\r\nSet-Cookie: a=b; Path=/; Domain=127.0.0.1\r\n\
             WWW-Authenticate: Basic realm=x\r\nSet-Cookie: c=d\r\n"
        );
        (Duration::ZERO, answer("302 Found", &headers, b""))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let mut urls: Vec<String> = ["credentials", "relative", "named"]
        .map(|name| first.url(&format!("/{name}")))
        .to_vec();
    urls.push(first.url("/own").replace("//", "//you:password@"));
    let one_by_one = CrawlSettings {
        per_host: 1,
        ..settings()
    };
    let mut catalog = Catalog::default();
    crawl(
        &folder.path().join("crawl.db"),
        &one_by_one,
        vec![Listed::engine("l", &[("x", vec![urls])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    assert_eq!(catalog.codes("x"), ["body"; 4]);
    let seen = [first.seen(), target.seen()].concat();
    assert_eq!(seen.len(), 8);
    for request in seen {
        let mut names: Vec<String> = request
            .head
            .lines()
            .skip(1)
            .filter_map(|line| Some(line.split_once(':')?.0.to_ascii_lowercase()))
            .collect();
        names.sort();
        assert_eq!(names, ["accept", "accept-encoding", "host", "user-agent"]);
        assert!(
            request
                .head
                .to_lowercase()
                .contains("accept-encoding: identity")
        );
    }
}

#[tokio::test]
async fn addresses_and_urls_are_refused_before_anything_is_dialled() {
    let folder = tempfile::tempdir().unwrap();
    let urls = [
        "http://169.254.169.254/latest/meta-data",
        "http://0x7f.1/",
        "http://[::1]/",
        "http://example.org:22/",
        "file:///etc/passwd",
        "ftp://example.org/a.jpg",
        "nonsense",
        "",
    ];
    let urls = urls.iter().map(|&url| url.to_owned()).collect();
    let limits = CrawlSettings {
        allow_private_hosts: false,
        ..settings()
    };
    let mut catalog = Catalog::default();
    let (report, _) = crawl(
        &folder.path().join("crawl.db"),
        &limits,
        vec![Listed::engine("l", &[("x", vec![urls])])],
        None,
        Mode::Continue,
        &mut catalog,
    )
    .await;
    assert_eq!(report.unwrap().counters.requests, 0);
    assert_eq!(
        catalog.codes("x"),
        [
            "private-address",
            "private-address",
            "private-address",
            "bad-port",
            "bad-scheme",
            "bad-scheme",
            "bad-url",
            "bad-url",
        ]
    );
}
