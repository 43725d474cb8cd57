use super::*;

fn url(path: &str) -> Url {
    Url::parse("https://example.org")
        .unwrap()
        .join(path)
        .unwrap()
}

fn file(body: &[u8]) -> RobotsFile {
    let policy = OptOutPolicy::default();
    RobotsFile::parse(body, &policy.watched())
}

fn verdict(body: &str, path: &str) -> RobotsVerdict {
    file(body.as_bytes()).verdict(&url(path), &OptOutPolicy::default())
}

fn allowed(body: &str, path: &str) -> bool {
    matches!(verdict(body, path), RobotsVerdict::Allowed { .. })
}

/// Checks for one body which paths are allowed and which are not.
fn check(body: &str, open: &[&str], closed: &[&str]) {
    for path in open {
        assert!(allowed(body, path), "{path} is open in {body:?}");
    }
    for path in closed {
        assert!(!allowed(body, path), "{path} is closed in {body:?}");
    }
}

#[test]
fn the_longest_rule_decides_and_allow_wins_a_tie() {
    check(
        "user-agent: *\ndisallow: /",
        &["/robots.txt"],
        &["/", "/a", "/robots.txt?x", "/robots.txt/"],
    );
    check(
        "user-agent: *\nallow: /p\ndisallow: /",
        &["/page"],
        &["/other"],
    );
    check(
        "user-agent: *\ndisallow: /folder\nallow: /folder",
        &["/folder/page"],
        &[],
    );
    check(
        "user-agent: *\nallow: /page\ndisallow: /*.htm",
        &["/page"],
        &["/page.htm"],
    );
    check(
        "user-agent: *\nallow: /page\ndisallow: /*.ph",
        &["/page", "/page.php5"],
        &["/x.php"],
    );
    check(
        "user-agent: *\nallow: /$\ndisallow: /",
        &["/"],
        &["/page.htm", "/?a"],
    );
    check(
        "user-agent: *\ndisallow: /\nallow: /a/b\ndisallow: /a/b/c",
        &["/a/b", "/a/b/d"],
        &["/a", "/a/b/c"],
    );
    check("user-agent: *\ndisallow:", &["/"], &[]);
    check("user-agent: *\nallow:\ndisallow: /x", &["/"], &["/x"]);
}

#[test]
fn patterns_have_wildcards_ends_and_percent_encoding() {
    check(
        "user-agent: *\ndisallow: /a/*/c",
        &["/a/c", "/A/b/c"],
        &["/a/b/c", "/a/b/b/cd"],
    );
    check(
        "user-agent: *\ndisallow: /*.gif$",
        &["/a.gif?x", "/a.gifs"],
        &["/a.gif", "/b/c.gif"],
    );
    check("user-agent: *\ndisallow: *.gif", &["/a.jpg"], &["/a.gif"]);
    check("user-agent: *\ndisallow: a", &["/b"], &["/a"]);
    check(
        "user-agent: *\ndisallow: /a$b",
        &["/a", "/ab"],
        &["/a$b", "/a$bc"],
    );
    // RFC 9309, section 2.2.2: encoded and plain octets are the same.
    check(
        "user-agent: *\ndisallow: /foo/bar/\u{30c4}",
        &[],
        &["/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84"],
    );
    check(
        "user-agent: *\ndisallow: /foo/bar/%E3%83%84",
        &[],
        &["/foo/bar/\u{30c4}"],
    );
    check(
        "user-agent: *\ndisallow: /foo/bar/%62%61%7A",
        &["/foo/bar/ba"],
        &["/foo/bar/baz"],
    );
    check("user-agent: *\ndisallow: /a%2Fb", &["/a/b"], &["/a%2fb"]);
    check(
        "user-agent: *\ndisallow: /a-%2A-%24",
        &["/a-b-"],
        &["/a-*-$"],
    );
    check(
        "user-agent: *\ndisallow: /a?b=*c",
        &["/a?c", "/a"],
        &["/a?b=c", "/a?b=xc&d"],
    );
}

#[test]
fn groups_are_chosen_by_product_token_and_merged() {
    let twice = "user-agent: trawl\ndisallow: /a\n\nuser-agent: *\ndisallow: /\n\nuser-agent: Trawl\ndisallow: /b";
    check(twice, &["/c"], &["/a", "/b"]);
    check(
        "user-agent: *\ndisallow: /a\nuser-agent: *\ndisallow: /b",
        &["/c"],
        &["/a", "/b"],
    );
    check(
        "user-agent: other\nuser-agent: trawl\n\n# x\n\ndisallow: /a",
        &["/b"],
        &["/a"],
    );
    check(
        "user-agent: trawl\nsitemap: https://example.org/s\nuser-agent: other\ndisallow: /",
        &[],
        &["/a"],
    );
    check("user-agent: trawler\ndisallow: /", &["/"], &[]);
    check("user-agent: trawl/0.1\ndisallow: /", &[], &["/"]);
    check(
        "user-agent: trawl\n\nuser-agent: *\nallow: /x\ndisallow: /",
        &["/x"],
        &["/"],
    );
    check(
        "user-agent: trawl\ndisallow:\n\nuser-agent: *\ndisallow: /",
        &["/"],
        &[],
    );
    check("disallow: /", &["/"], &[]);
    check("", &["/"], &[]);
}

#[test]
fn a_group_for_another_watched_token_counts_unless_trawl_has_its_own() {
    for agent in ["img2dataset", "CCBot", "ccbot/2.0", "LAIONDownloader"] {
        let body = format!("user-agent: *\nallow: /\n\nuser-agent: {agent}\ndisallow: /");
        check(&body, &[], &["/a"]);
        check(
            &format!("{body}\n\nuser-agent: trawl\ndisallow: /b"),
            &["/a"],
            &["/b"],
        );
    }
    check("user-agent: GPTBot\ndisallow: /", &["/a"], &[]);
    check(
        "user-agent: CCBot\ndisallow: /a\n\nuser-agent: *\ndisallow: /b",
        &["/c"],
        &["/a", "/b"],
    );
    // The other token falls back on `*` no second time, and its `Allow` lifts nothing.
    check(
        "user-agent: CCBot\nallow: /\n\nuser-agent: *\ndisallow: /b",
        &["/c"],
        &["/b"],
    );
    let nobody = OptOutPolicy {
        agents: Vec::new(),
        ..OptOutPolicy::default()
    };
    let unwatched = RobotsFile::parse(b"user-agent: CCBot\ndisallow: /", &nobody.watched());
    assert_eq!(
        unwatched.verdict(&url("/a"), &nobody),
        RobotsVerdict::Allowed { rule: None }
    );
}

#[test]
fn marks_line_ends_and_noise_do_not_matter() {
    check("\u{feff}user-agent: *\ndisallow: /a", &["/b"], &["/a"]);
    check("user-agent: *\r\ndisallow: /a\r\n", &["/b"], &["/a"]);
    check("user-agent: *\rdisallow: /a\r", &["/b"], &["/a"]);
    check("USER-AGENT : *\n\tDISALLOW\t:\t/a\t# no", &["/b"], &["/a"]);
    check(
        "<html><body>Not found: user-agent: *<br>disallow: /</body></html>",
        &["/a"],
        &[],
    );
    let noise: Vec<u8> = (0..=255).cycle().take(60_000).collect();
    let _ = file(&noise);
}

#[test]
fn evidence_names_the_rule_and_whom_it_addresses() {
    let body = "user-agent: *\nallow: /a\n\nuser-agent: CCBot\ndisallow: /*.jpg";
    let RobotsVerdict::Refused(refusal) = verdict(body, "/a/b.jpg") else {
        panic!("refused");
    };
    assert_eq!(
        refusal.to_string(),
        "robots: disallow: /*.jpg (user-agent ccbot)"
    );
    let rule = Some("/a".to_owned());
    assert_eq!(verdict(body, "/a/b.png"), RobotsVerdict::Allowed { rule });
    let RobotsVerdict::Refused(refusal) = verdict("user-agent: *\ncontent-usage: train-ai=n", "/a")
    else {
        panic!("refused");
    };
    assert_eq!(
        refusal.to_string(),
        "robots-content-usage: train-ai=n (user-agent *)"
    );
}

#[test]
fn each_switch_turns_off_its_own_rules() {
    let body = file(b"user-agent: *\ndisallow: /a\ncontent-usage: /b train-ai=n");
    let refused = |robots, aipref, path: &str| {
        let policy = OptOutPolicy {
            robots,
            aipref,
            ..OptOutPolicy::default()
        };
        matches!(body.verdict(&url(path), &policy), RobotsVerdict::Refused(_))
    };
    assert_eq!(
        [refused(true, false, "/a"), refused(true, false, "/b")],
        [true, false]
    );
    assert_eq!(
        [refused(false, true, "/a"), refused(false, true, "/b")],
        [false, true]
    );
    assert_eq!(
        [refused(false, false, "/a"), refused(false, false, "/b")],
        [false, false]
    );
}

#[test]
fn the_crawl_delay_is_that_of_trawls_rules() {
    let seconds = |body: &str| file(body.as_bytes()).crawl_delay().map(|d| d.as_secs_f64());
    assert_eq!(seconds("user-agent: *\ncrawl-delay: 1.5"), Some(1.5));
    assert_eq!(
        seconds("user-agent: *\ncrawl-delay: 9\n\nuser-agent: trawl\ncrawl-delay: 2"),
        Some(2.0)
    );
    assert_eq!(seconds("user-agent: CCBot\ncrawl-delay: 9"), None);
    for bad in ["-1", "inf", "NaN", "1e400", "ten", ""] {
        assert_eq!(
            seconds(&format!("user-agent: *\ncrawl-delay: {bad}")),
            None,
            "{bad}"
        );
    }
}

#[test]
fn huge_files_are_read_and_weighed() {
    let body = format!(
        "user-agent: *\n{}disallow: /last",
        "disallow:/x*y\n".repeat(30_000)
    );
    check(&body, &["/a"], &["/last", "/x/y"]);
    let heavy = file(body.as_bytes()).weight();
    assert!((500_000..10_000_000).contains(&heavy), "{heavy}");
    assert!(file(b"").weight() < 1_000);
    let sitemaps = "sitemap: https://example.org/s\n".repeat(10_000);
    assert!(file(sitemaps.as_bytes()).weight() < 1_000);
    let agents = format!("{}disallow: /", "user-agent: trawl\n".repeat(20_000));
    check(&agents, &[], &["/a"]);
}

#[test]
fn a_file_read_back_from_its_condensed_form_is_the_same() {
    let policy = OptOutPolicy::default();
    let watched = policy.watched();
    for body in [
        "user-agent: *\nallow: /a$b$\ndisallow: /\ncontent-usage: /x train-ai=n\n\nuser-agent: ccbot\ndisallow: /q",
        "user-agent: trawl\ncontent-usage: train-ai=n\nuser-agent: *\ndisallow: /",
        "",
    ] {
        let condensed = RobotsFile::condense(body.as_bytes(), &watched);
        let again = RobotsFile::read(&condensed, &watched);
        assert_eq!(
            again,
            RobotsFile::parse(body.as_bytes(), &watched),
            "{body:?}"
        );
    }
}
