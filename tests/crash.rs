//! Kill -9 at random moments: ids, labels and splits equal those of an undisturbed run, and no URL is asked above its tries.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::support::{Bench, Fickle, Site, published};

const LABELS: [&str; 5] = ["bird", "insect", "fruit", "flower", "fish"];

#[test]
fn five_kills_change_nothing() {
    let plan = Plan {
        per_name: 12,
        listed: 4,
        kills_each: 5,
        tries: 3,
    };
    kills(5, &plan, seed());
}

#[test]
#[ignore = "slow: two hundred kills"]
fn two_hundred_kills_change_nothing() {
    let plan = Plan {
        per_name: 20,
        listed: 10,
        kills_each: 10,
        // A request that a kill found under way counts, since the server has had it, and a picture whose server fails at first needs two.
        // With three tries it is given up, rightly, for another copy when two of these ten kills find it under way.
        tries: 5,
    };
    kills(200, &plan, seed());
}

/// Is what is crawled, and how often each crawl is killed.
struct Plan {
    per_name: u32,
    /// Pictures of each name that fail at first.
    listed: u32,
    kills_each: usize,
    /// Requests that a URL may take.
    tries: usize,
}

/// Is a gallery with its faults and hosts that fail at first, and the folder that they are crawled into.
struct Web {
    gallery: Site,
    fickle: Fickle,
    bench: Bench,
    config: String,
    tries: usize,
}

impl Web {
    /// Starts servers of its own, so that their logs tell of one crawl alone and their first answers are still to come.
    fn start(plan: &Plan) -> Self {
        let gallery = Site::start(true, Duration::from_millis(20));
        let fickle = Fickle::start(plan.listed * u32::try_from(LABELS.len()).unwrap());
        let bench = Bench::new();
        let names = LABELS.join("\n").replace("fish", "fish: 鱼");
        bench.write("names.txt", names);
        bench.write("list.csv", fickle.list(&LABELS, plan.listed));
        // A stall costs a second, and nothing else is given up on a machine that has much to do.
        let config = format!(
            "[crawl]\nengines = [\"gallery\", \"urls:list.csv\"]\nallow_private_hosts = true\nper_name = {}\ntries = {}\n\
             idle_timeout = \"1s\"\nheader_timeout = \"20s\"\ntotal_timeout = \"30s\"\nmax_body = \"2 MiB\"\nengine_interval = \"20ms\"\n\
             host_interval = \"5ms\"\nslowest_interval = \"50ms\"\nbackoff_base = \"50ms\"\nbackoff_cap = \"1s\"\n\
             [engines]\ngallery = \"{}\"\n",
            plan.per_name,
            plan.tries,
            gallery.url()
        );
        let config = bench.write("trawl.toml", config);
        Self {
            gallery,
            fickle,
            tries: plan.tries,
            config: config.to_str().unwrap().to_owned(),
            bench,
        }
    }

    fn arguments(&self) -> [&str; 4] {
        ["crawl", "names.txt", "--config", &self.config]
    }

    /// Crawls to the end.
    fn crawl(&self) {
        self.bench.run(&self.arguments()).expect(0);
    }

    /// Starts a crawl and kills it after that time; says whether it was still running.
    fn kill_after(&self, life: Duration) -> bool {
        let deadline = Instant::now() + life;
        let mut child = self.bench.spawn(&self.arguments());
        while Instant::now() < deadline && child.try_wait().unwrap().is_none() {
            std::thread::park_timeout(Duration::from_millis(2));
        }
        let was_running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        was_running
    }

    fn published(&self) -> Vec<String> {
        published(&self.bench.path("data/names"))
    }

    /// Requests for each URL of a picture.
    fn requests(&self) -> BTreeMap<String, usize> {
        let mut requests = self.gallery.image_requests();
        requests.extend(self.fickle.requests());
        requests
    }

    /// Says what is not as it should be after so many kills.
    fn complaints(&self, expected: &[String], kills: usize) -> String {
        let got = self.published();
        let mut complaints = String::new();
        let mut complain = |what: &str, about: &String| {
            writeln!(complaints, "{what}: {about}").unwrap();
        };
        for row in expected.iter().filter(|row| !got.contains(row)) {
            complain("missing", row);
        }
        for row in got.iter().filter(|row| !expected.contains(row)) {
            complain("surplus", row);
        }
        for (url, count) in self.requests() {
            if count > self.tries {
                complain("asked too often", &format!("{url}, {count} times"));
            }
        }
        // A page has no fault here: each further request is one for a page that a kill found under way.
        for (url, count) in self.gallery.page_requests() {
            if count > 1 + kills {
                complain("asked too often", &format!("{url}, {count} times"));
            }
        }
        let verified = self.bench.run(&["verify"]);
        if verified.code != 0 {
            complain("verify", &verified.stderr);
        }
        complaints
    }

    /// Leaves everything that tells how it went in a folder, and says where and what.
    fn keep(self) -> String {
        let status = self.bench.run(&["status", "--json"]).stdout;
        let mut told = String::new();
        for entry in self.gallery.entries() {
            writeln!(told, "{entry:?}").unwrap();
        }
        self.bench.write("gallery.log", told);
        self.bench.write("fickle.log", self.fickle.told());
        format!("{status}\nkept in {}", self.bench.keep().display())
    }
}

/// Kills so many running crawls and some more, a few in a row of the same one, and compares what each is in the end with an undisturbed one.
fn kills(count: usize, plan: &Plan, seed: u64) {
    let undisturbed = Web::start(plan);
    let started = Instant::now();
    undisturbed.crawl();
    let whole = started.elapsed();
    let expected = undisturbed.published();
    assert_eq!(undisturbed.complaints(&expected, 0), "");
    assert!(expected.len() >= LABELS.len() * plan.per_name as usize / 2);

    let mut random = Random(seed);
    let (mut killed, mut crawls) = (0, 0);
    while killed < count {
        let crawl_seed = random.0;
        let web = Web::start(plan);
        let (mut here, mut lives) = (0, Vec::new());
        while here < plan.kills_each && killed < count {
            // Short against a whole crawl, so that most are killed as often as they may be, and many while they begin.
            let life = whole.mul_f64(0.35 * random.share().powi(2));
            lives.push(life);
            if !web.kill_after(life) {
                break;
            }
            here += 1;
            killed += 1;
        }
        web.crawl();
        crawls += 1;
        let complaints = web.complaints(&expected, here);
        assert!(
            complaints.is_empty(),
            "after {here} kills of crawl {crawls}, seed {crawl_seed:#x}, lives {lives:?}:\n{complaints}{}\nundisturbed: {}",
            web.keep(),
            undisturbed.keep()
        );
        println!("crawl {crawls}: {here} kills");
    }
    println!("{killed} kills of {crawls} crawls, seed {seed:#x}");
}

/// The seed of `TRAWL_SEED`, such as a failure has printed, or another one each time.
fn seed() -> u64 {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    match std::env::var("TRAWL_SEED") {
        Ok(text) => u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap(),
        Err(_) => (now().as_secs() << 30) + u64::from(now().subsec_nanos()),
    }
}

/// Draws numbers: Knuth's linear congruential generator (MMIX).
struct Random(u64);

impl Random {
    /// The next one, from 0 to 1.
    fn share(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 40).unwrap()) / f64::from(1 << 24)
    }
}
