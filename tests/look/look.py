"""Opens report pages in headless Chromium and checks what a person would notice. See run.sh.

At each width a page must load within LOAD seconds, without a console error, a request to a host, a horizontal scroll bar or a picture
that is missing. A dataset's page must also filter and search: each of its views, a name, a reason, an order and some words, each answered
within ANSWER seconds with the number of pictures that its data has.
"""
import json
import pathlib
import sys
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

LOAD, ANSWER = 5.0, 1.0
WIDTHS = (1280, 400)
# A page's pictures are waited for, those under the fold aside; then what is broken is listed.
LOADED = """
    const done = arguments[0];
    const near = [...document.images].filter(i => i.getBoundingClientRect().top < 4000);
    near.forEach(i => { i.loading = 'eager'; });
    Promise.all(near.map(i => i.complete ? 0 : new Promise(r => { i.onload = i.onerror = r; }))).then(() => done({
        images: near.length,
        broken: near.filter(i => !i.naturalWidth).map(i => i.src.slice(-60)),
        scroll: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    }));
"""
# Does something to a control and gives the milliseconds until the page has been painted with the answer, and what it says then.
ASKED = """
    const [id, value, done] = arguments;
    const control = id.startsWith('[') ? document.querySelector(id) : document.getElementById(id);
    const count = document.getElementById('count');
    const began = performance.now();
    const answered = () => requestAnimationFrame(() => setTimeout(() => done([performance.now() - began, count.textContent])));
    count.textContent = '';
    new MutationObserver((_, o) => { o.disconnect(); answered(); }).observe(count, { childList: true, characterData: true, subtree: true });
    if (value === null) { control.click(); return; }
    control.value = value;
    control.dispatchEvent(new Event(id === 'words' ? 'input' : 'change'));
"""


def browser_of(chromium, driver, profile):
    options = Options()
    options.binary_location = chromium
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--allow-file-access-from-files", f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    browser.set_script_timeout(60)
    return browser


def resize(browser, width, height):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})


def requested(browser):
    """What the page asked a host for; files and data are none."""
    said = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    asked = (m["params"]["request"]["url"] for m in said if m["method"] == "Network.requestWillBeSent")
    return [url for url in asked if url.startswith(("http:", "https:", "ws:", "wss:"))]


class Look:
    """One page at one width: what is wrong with it, and how long it takes."""

    def __init__(self, browser, width):
        self.browser, self.width, self.wrong, self.slowest = browser, width, [], 0.0

    def check(self, what, holds):
        if not holds:
            self.wrong.append(what)

    def pictures(self, what):
        seen = self.browser.execute_async_script(LOADED)
        self.check(f"{what}: scrolls sideways by {seen['scroll']} px", seen["scroll"] <= 0)
        self.check(f"{what}: broken pictures {seen['broken'][:2]}", not seen["broken"])
        return seen["images"]

    def ask(self, control, value=None):
        """Uses a control; gives the number that the page then says it shows."""
        took, said = self.browser.execute_async_script(ASKED, control, value)
        self.slowest = max(self.slowest, took / 1000)
        return int(said.split()[0])

    def album(self, shot):
        """Holds the filters of a dataset's page against its data."""
        data = json.loads(self.browser.execute_script("return document.getElementById('data').textContent"))

        def expect(what, got, wanted):
            self.check(f"{what}: shows {got}, the data has {wanted}", got == wanted)

        out, published = data["thrown"], data["published"]
        expect("thrown out", self.ask("[data-view=thrown]"), len(out))
        self.pictures("thrown out")
        shot("thrown")
        if out:
            reason = out[0]["r"]
            expect("a reason", self.ask("kind", f"r{reason}"), sum(p["r"] == reason for p in out))
        for view, members in ("disputed", len(data["disputed"])), ("copies", sum("o" in p for p in out)):
            groups = self.ask(f"[data-view={view}]")
            self.check(f"{view}: {groups} groups of {members}", (groups > 0) == (members > 0) and groups <= members)
            self.pictures(view)
            shot(view)
        expect("published", self.ask("[data-view=published]"), len(published))
        if not published:
            return
        last = published[-1]
        expect("a name", self.ask("name", str(last["n"])), sum(p["n"] == last["n"] for p in published))
        expect("a split", self.ask("kind", f"s{last['s']}"), sum((p["n"], p["s"]) == (last["n"], last["s"]) for p in published))
        expect("every name", self.ask("name", ""), sum(p["s"] == last["s"] for p in published))
        self.ask("kind", "")
        expect("an id", self.ask("words", last["i"]), sum(p["i"] == last["i"] for p in published))
        expect("no such word", self.ask("words", "nowhere-to-be-found"), 0)
        expect("no words", self.ask("words", ""), len(published))
        if any("q" in p for p in published):
            order = self.browser.execute_script("return document.getElementById('sort').options[1].value")
            expect("an order", self.ask("sort", order), sum("q" in p for p in published))
            self.pictures("an order")
            shot("order")
            self.ask("sort", "")
        # As far down as somebody scrolls by holding a key, what comes is there.
        for _ in range(8):
            self.browser.execute_script("window.scrollTo(0, document.documentElement.scrollHeight)")
            time.sleep(0.15)
        there = self.browser.execute_script("return document.querySelectorAll('#album figure').length")
        self.check(f"scrolling shows {there} of {len(published)}", there >= min(len(published), 360))
        self.pictures("scrolled")


def look(browser, page, width, out):
    path = pathlib.Path(page).resolve()
    is_file = not page.startswith("http")
    stem = f"{path.parent.parent.name}-{path.parent.name}-{path.stem}" if is_file else "page"
    taken = Look(browser, width)

    def shot(part):
        browser.save_screenshot(str(out / f"{stem}-{width}-{part}.png"))

    resize(browser, width, 900)
    requested(browser)
    began = time.monotonic()
    browser.get(path.as_uri() if is_file else page)
    loaded = time.monotonic() - began
    taken.pictures("at first")
    height = browser.execute_script("return document.documentElement.scrollHeight")
    resize(browser, width, min(height, 5000))
    shot("whole")
    resize(browser, width, 900)
    images = browser.execute_script("return document.images.length")
    if browser.execute_script("return !!document.getElementById('album')"):
        browser.execute_script("document.getElementById('pictures').scrollIntoView()")
        images = taken.pictures("published")
        shot("published")
        taken.album(shot)
    # What is folded away fits in as well.
    browser.execute_script("[...document.querySelectorAll('details')].slice(0, 12).forEach(d => { d.open = true; });")
    taken.pictures("unfolded")
    browser.execute_script("document.getElementById('album')?.scrollIntoView()")
    shot("unfolded")
    noise = [e["message"] for e in browser.get_log("browser") if e["level"] in ("SEVERE", "WARNING")]
    taken.check(f"console: {noise[:3]}", not noise)
    if is_file:
        asked = requested(browser)
        taken.check(f"asks the network: {asked[:3]}", not asked)
    taken.check(f"loads in {loaded:.1f} s, {LOAD:.0f} allowed", loaded <= LOAD)
    taken.check(f"answers in {taken.slowest:.2f} s, {ANSWER:.0f} allowed", taken.slowest <= ANSWER)
    size = f", {path.stat().st_size / 1e6:.1f} MB" if is_file else ""
    verdict = "; ".join(taken.wrong) or "well"
    print(f"{'BAD ' if taken.wrong else 'ok  '} {page} at {width} px{size}: {images} pictures at first, loaded in {loaded:.2f} s, "
          f"slowest answer {taken.slowest:.2f} s: {verdict}", flush=True)
    return not taken.wrong


def main():
    chromium, driver, out, *pages = sys.argv[1:]
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    # Chromium may still write into its profile when it has been told to end.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = browser_of(chromium, driver, profile)
        try:
            results = [look(browser, page, width, out) for page in pages for width in WIDTHS]
        finally:
            browser.quit()
    print(f"screenshots are in {out}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
