"""Loads pages in headless Chromium and checks what a person would notice. See run.sh."""
import pathlib
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

chromium, driver, out, *pages = sys.argv[1:]
out = pathlib.Path(out)
out.mkdir(parents=True, exist_ok=True)
failures = 0

with tempfile.TemporaryDirectory() as profile:
    options = Options()
    options.binary_location = chromium
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--allow-file-access-from-files", f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        for page in pages:
            path = pathlib.Path(page).resolve()
            url = page if page.startswith("http") else path.as_uri()
            for width in (1280, 400):
                browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})
                browser.get(url)
                browser.set_script_timeout(60)
                seen = browser.execute_async_script("""
                    const done = arguments[0];
                    document.querySelectorAll('details').forEach(d => d.open = true);
                    const images = [...document.images];
                    images.forEach(i => { i.loading = 'eager'; });
                    Promise.all(images.map(i => i.complete ? 0 : new Promise(r => { i.onload = i.onerror = r; })))
                        .then(() => done({
                            images: images.length,
                            broken: images.filter(i => !i.naturalWidth).map(i => i.src.slice(0, 120)),
                            scroll: document.documentElement.scrollWidth - document.documentElement.clientWidth,
                        }));
                """)
                noise = [e["message"] for e in browser.get_log("browser") if e["level"] in ("SEVERE", "WARNING")]
                height = min(browser.execute_script("return document.documentElement.scrollHeight"), 6000)
                browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
                name = f"{path.parent.parent.name}-{path.parent.name}-{path.stem}-{width}.png" if not page.startswith("http") else f"page-{width}.png"
                browser.save_screenshot(str(out / name))
                bad = bool(noise) or seen["scroll"] > 0 or bool(seen["broken"])
                failures += bad
                print(f"{'BAD ' if bad else 'ok  '} {page} at {width} px: {seen['images']} pictures, "
                      f"{len(seen['broken'])} broken, scroll {seen['scroll']} px, console {noise or 'clean'} -> {out / name}")
    finally:
        browser.quit()
sys.exit(1 if failures else 0)
