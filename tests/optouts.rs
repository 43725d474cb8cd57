//! What websites say against crawling, from their first word to the dataset card.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::support::{Bench, Ended, Site};

const ROBOTS: &str = "User-agent: *\nDisallow: /private/\n";
const TDMREP: &str = r#"[{"location":"/reserved/*","tdm-reservation":1}]"#;
/// Pictures in each folder of the site.
const EACH: u32 = 3;
/// Its folders, and the reason why nothing is taken from each by default.
const FOLDERS: [(&str, Option<&str>); 4] = [
    ("open", None),
    ("private", Some("robots")),
    ("noai", Some("opt-out")),
    ("reserved", Some("opt-out")),
];

/// A site on loopback that has something against most of its pictures being taken; it ends with the process.
struct Reserved {
    address: SocketAddr,
    asked: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Reserved {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(BTreeMap::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                // A client that goes away in the middle is no concern of the site.
                std::thread::spawn(move || answer(stream, &log).ok());
            }
        });
        Self { address, asked }
    }

    /// Requests for a picture below a folder.
    fn asked(&self, folder: &str) -> u32 {
        let asked = self.asked.lock().unwrap();
        let below = asked
            .iter()
            .filter(|(path, _)| path.starts_with(&format!("/{folder}/")));
        below.map(|(_, count)| count).sum()
    }

    /// A list of all its pictures under one label; those of `/open/` have a licence, the first one a hostile title.
    fn list(&self) -> String {
        let row = |folder: &str, n: u32| {
            let (title, license) = match (folder, n) {
                ("open", 0) => ("[x](javascript:alert(1))", "CC BY 4.0"),
                ("open", _) => ("open", "CC0"),
                _ => ("", ""),
            };
            let picture = format!("http://{}/{folder}/{n}.png", self.address);
            format!("{picture},owl,{title},Jane,{license},,javascript:alert(2)")
        };
        let mut rows = vec!["url,label,title,creator,license,license_url,page_url".to_owned()];
        for (folder, _) in FOLDERS {
            rows.extend((0..EACH).map(|n| row(folder, n)));
        }
        rows.join("\n")
    }
}

fn answer(mut stream: TcpStream, log: &Mutex<BTreeMap<String, u32>>) -> std::io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0; 1_024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        request.extend_from_slice(&piece[..read]);
    }
    let head = String::from_utf8_lossy(&request);
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    *log.lock().unwrap().entry(path.clone()).or_default() += 1;
    let (header, body) = match path.as_str() {
        "/robots.txt" => ("Content-Type: text/plain", ROBOTS.as_bytes().to_vec()),
        "/.well-known/tdmrep.json" => {
            ("Content-Type: application/json", TDMREP.as_bytes().to_vec())
        }
        _ if path.starts_with("/noai/") => ("X-Robots-Tag: noai, noimageai", picture(&path)),
        _ => ("Content-Type: image/png", picture(&path)),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\n{header}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

/// A picture of its own for each path: blocks of grey, by a hash of path and place.
fn picture(path: &str) -> Vec<u8> {
    let shade = |x: u32, y: u32| {
        let seed = path.bytes().fold(x / 16 * 31 + y / 16 * 977, |seed, byte| {
            (seed ^ u32::from(byte)).wrapping_mul(0x9E37_79B1)
        });
        (seed >> 13).to_le_bytes()[0]
    };
    let image = image::RgbImage::from_fn(128, 128, |x, y| image::Rgb([shade(x, y); 3]));
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

/// Crawls the site's list into `data/owls` and gives what was said and printed.
fn crawl(bench: &Bench, site: &Reserved, flags: &[&str]) -> Ended {
    bench.write("list.csv", site.list());
    bench.write("trawl.toml", "[crawl]\nhost_interval = \"1ms\"\n");
    let mut args = vec!["crawl", "--engine", "urls:list.csv", "--out", "data/owls"];
    args.extend(["--config", "trawl.toml", "--allow-private-hosts"]);
    args.extend(flags);
    bench.run(&args)
}

fn read(bench: &Bench, file: &str) -> String {
    std::fs::read_to_string(bench.path("data/owls").join(file)).unwrap()
}

#[test]
fn what_a_site_reserves_is_not_taken_and_every_reason_is_explained() {
    let site = Reserved::start();
    let bench = Bench::new();
    let ended = crawl(&bench, &site, &["--json"]).expect(0);
    let owl = &ended.json()["summary"]["names"][0];
    assert_eq!(owl["kept"], EACH);
    for (folder, reason) in FOLDERS {
        let Some(reason) = reason else { continue };
        let alike = FOLDERS.iter().filter(|other| other.1 == Some(reason));
        let count = u32::try_from(alike.count()).unwrap() * EACH;
        assert_eq!(owl["reasons"][reason], count, "{folder}");
    }
    assert_eq!(site.asked("private") + site.asked("reserved"), 0);
    assert_eq!(site.asked("noai"), EACH, "a header is only seen by asking");
    let status = bench.run(&["status", "data/owls"]).expect(0).stdout;
    for words in ["robots.txt keeps crawlers off", "reserves it against"] {
        assert!(status.contains(words), "{words}\n{status}");
        assert!(read(&bench, "report.html").contains(words), "{words}");
    }
    assert!(!status.contains("optouts."), "{status}");
    assert!(!read(&bench, "README.md").contains("optouts."));
    bench.run(&["verify", "data/owls"]).expect(0);
}

#[test]
fn what_is_overridden_is_said_at_the_start_and_stays_said() {
    let site = Reserved::start();
    let bench = Bench::new();
    let all = [
        "--ignore-robots",
        "--ignore-x-robots-tag",
        "--ignore-tdmrep",
        "--ignore-aipref",
    ];
    let ended = crawl(&bench, &site, &all).expect(0);
    for (folder, _) in FOLDERS {
        assert_eq!(site.asked(folder), EACH, "{folder}");
    }
    let keys = ["robots", "x_robots_tag", "tdmrep", "aipref"];
    let snapshot = std::fs::read_dir(bench.path("data/owls/snapshots"))
        .unwrap()
        .flatten()
        .next()
        .unwrap()
        .path();
    let snapshot = std::fs::read_to_string(snapshot).unwrap();
    let header: serde_json::Value = serde_json::from_str(snapshot.lines().next().unwrap()).unwrap();
    let overrides: Vec<&str> = header["overrides"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["setting"].as_str().unwrap())
        .collect();
    assert_eq!(overrides.len(), 5, "{overrides:?}");
    let status = bench.run(&["status", "data/owls"]).expect(0).stdout;
    let report = read(&bench, "report.html");
    let card = read(&bench, "README.md").replace('\\', "");
    for key in keys {
        let setting = format!("optouts.{key} = false");
        assert!(overrides.contains(&setting.as_str()), "{overrides:?}");
        for said in [&ended.stderr, &status, &report, &card] {
            assert!(said.contains(&setting), "{setting}\n{said}");
        }
    }
    assert!(overrides.contains(&"crawl.allow_private_hosts = true"));
    // What a site said is on record, obeyed or not.
    let index = read(&bench, "index.jsonl");
    assert!(
        index.contains(r#""signals":["x-robots-tag: noai""#),
        "{index}"
    );
    // A refresh goes on under the same terms and says so, unless the environment has others.
    let refreshed = bench.run(&["refresh", "data/owls"]).expect(0);
    assert!(
        refreshed.stderr.contains("optouts.robots = false"),
        "{}",
        refreshed.stderr
    );
    let output = bench
        .command(&["refresh", "data/owls"])
        .env("TRAWL_OPTOUTS_ROBOTS", "true")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        !said.contains("optouts.robots") && said.contains("optouts.tdmrep"),
        "{said}"
    );
    let status = bench.run(&["status", "data/owls"]).expect(0).stdout;
    assert!(
        status.contains("optouts.robots = false"),
        "the pictures are still there\n{status}"
    );
}

#[test]
fn a_licence_filter_is_kept_to_told_and_credited() {
    let site = Reserved::start();
    let bench = Bench::new();
    let ended = crawl(&bench, &site, &["--license", "cc-by", "--per-name", "2"]);
    // One of two: the name is short, and its state says what for.
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("only pictures under cc-by"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stdout.contains("11 not under a wanted licence"),
        "{}",
        ended.stdout
    );
    assert_eq!(site.asked("open"), 1);
    let status = bench.run(&["status", "data/owls"]).expect(0).stdout;
    assert!(status.contains("only pictures under cc-by"), "{status}");
    assert!(read(&bench, "README.md").contains("cc-by"));
    let credits = read(&bench, "ATTRIBUTION.md");
    assert!(
        credits.contains(r"“\[x\](javascript:alert(1))” by Jane, licence CC BY 4.0"),
        "{credits}"
    );
    assert!(!credits.contains("(<javascript") && !credits.contains("alert(2)"));
    assert!(!read(&bench, "report.html").contains("href=\"javascript"));
}

#[test]
fn a_filter_that_an_engine_lacks_is_pointed_out() {
    let site = Site::start(false, std::time::Duration::ZERO);
    let bench = Bench::new();
    bench.write("names.txt", "bird\n");
    let config = bench.config(site.url(), "per_name = 5\nmin_per_name = 1");
    let config = config.to_str().unwrap();
    let args = ["crawl", "names.txt", "--config", config, "--size", "large"];
    let ended = bench.run(&args).expect(0);
    assert!(
        ended
            .stderr
            .contains("warning: gallery cannot filter by size"),
        "{}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("no documented interface"));
}
