#!/usr/bin/env python3
# The status page in a headless Chromium, by ChromeDriver's HTTP protocol: it renders, moves, shows a failover as it
# happens, logs no error, in both themes, narrow and wide. Screenshots are left in the given folder.
# Run by tripool-browser-test, which crashes and promotes servers when it reads so from here. Standard library only.
import base64
import http.client
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

URL, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
LIMIT = 40


class Driver:
    """One browser, through ChromeDriver."""

    def __init__(self, profile):
        self.process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                break
        self.http = http.client.HTTPConnection("127.0.0.1", int(found.group(1)), timeout=60)
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--disable-dev-shm-usage", "--hide-scrollbars", f"--user-data-dir={profile}"]
        wanted = {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"}, "goog:chromeOptions": {"args": flags}}}}
        self.session = None
        self.session = self.ask("POST", "/session", wanted)["sessionId"]

    def ask(self, method, path, body=None):
        if self.session:
            path = f"/session/{self.session}{path}"
        self.http.request(method, path, None if body is None else json.dumps(body),
                          {"Content-Type": "application/json"})
        answer = json.loads(self.http.getresponse().read())["value"]
        if isinstance(answer, dict) and "error" in answer:
            raise RuntimeError(f"{path}: {answer['error']}: {answer['message'][:400]}")
        return answer

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def js(self, text):
        return self.ask("POST", "/execute/sync", {"script": text, "args": []})

    def cdp(self, command, **parameters):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def problems(self):
        return [x["message"] for x in self.ask("POST", "/se/log", {"type": "browser"})
                if x["level"] in ("SEVERE", "WARNING")]

    def shot(self, name):
        whole = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        (FOLDER / f"{name}.png").write_bytes(base64.b64decode(whole["data"]))

    def size(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def theme(self, name):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def end(self):
        try:
            self.ask("DELETE", "")
        finally:
            self.process.terminate()
            self.process.wait(20)


def soon(what, test, limit=LIMIT):
    """Waits until `test` gives something true, and returns it."""
    until = time.monotonic() + limit
    while True:
        found = test()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"not within {limit} s: {what}")
        time.sleep(0.05)


def check(what, truth):
    if not truth:
        raise AssertionError(what)


def text_of(browser, selector):
    return browser.js(f"return document.querySelector('{selector}').textContent")


def order(line):
    """Has the test's other half do something."""
    print(line, flush=True)
    sys.stdin.readline()


def renders(browser):
    browser.size(1400, 1000)
    browser.theme("light")
    browser.open(URL + "/")
    soon("the page is live", lambda: text_of(browser, "#live") == "live")
    soon("all is well", lambda: text_of(browser, "#verdict-title") == "All is well")
    check("writes go to primary", text_of(browser, "#serves-writes") == "primary")
    names = browser.js("return [...document.querySelectorAll('.pool')].map(x => x.dataset.pool)")
    check(f"three pools in their order, not {names}", names == ["primary", "backup", "failover"])
    cells = browser.js("return document.querySelectorAll('.pool .cell.idle, .pool .cell.busy').length")
    check(f"connections are drawn, not {cells}", cells >= 4)
    soon("the charts have lines", lambda: browser.js(
        "return [...document.querySelectorAll('#c-rate path.line')].every(x => x.getAttribute('d').length > 100)"))
    check("the charts show figures", browser.js("return document.querySelectorAll('.keys b').length") >= 10)


def updates(browser):
    path = "return document.querySelector('#c-rate path.line').getAttribute('d')"
    before = browser.js(path)
    soon("the chart moves", lambda: browser.js(path) != before)
    soon("answers are counted", lambda: text_of(browser, "#t-rate") not in ("–", "0"))
    browser.js("document.querySelector('.pool details').open = true")
    soon("the connections' table fills", lambda: browser.js(
        "return document.querySelectorAll('.pool table tr').length") >= 3)
    browser.js("document.querySelector('.pool details').open = false")


def themes_and_widths(browser):
    back = "return getComputedStyle(document.body).backgroundColor"
    # Some seconds of history make a better picture.
    soon("there is some history", lambda: browser.js(
        "return document.querySelector('#c-rate path.line').getAttribute('d').split('L').length") > 12)
    for theme in ("light", "dark"):
        browser.theme(theme)
        for width in (1400, 390):
            browser.size(width, 1000 if width > 400 else 844)
            wide = browser.js("return document.documentElement.scrollWidth")
            check(f"nothing stands out at {width} px in {theme}: {wide}", wide <= width)
            browser.shot(f"{theme}-{width}")
    dark = browser.js(back)
    browser.theme("light")
    check("the themes differ", browser.js(back) != dark)
    for wanted in ("Light", "Dark", "Auto"):
        browser.js("document.getElementById('theme').click()")
        check("the theme is chosen", text_of(browser, "#theme") == wanted)
        if wanted == "Dark":
            check("the choice wins over the system", browser.js(back) == dark)
    browser.size(1400, 1000)


def counts_repetitions(browser):
    """Equal events within ten seconds are one, whose count grows while it is on the page already."""
    def asked():
        with urllib.request.urlopen(URL + "/events?limit=200", timeout=10) as answer:
            return json.loads(answer.read())["events"]

    def kinds(all_events):
        return [e["kind"].replace("_", " ") + (f" × {e['count']}" if e["count"] > 1 else "")
                for e in reversed(all_events)]

    soon("an event repeats", lambda: any(e["count"] > 2 for e in asked()))
    soon("the page counts as the service does", lambda: browser.js(
        "return [...document.querySelectorAll('#events .kind')].map(x => x.textContent)") == kinds(asked()))


def shows_failover(browser):
    order("crash the primary")
    begin = time.monotonic()
    soon("the page says that nobody takes writes",
         lambda: browser.js("return document.getElementById('verdict').className") == "verdict bad")
    print(f"the crash was shown after {time.monotonic() - begin:.1f} s", flush=True)
    browser.shot("crashed-light-1400")
    counts_repetitions(browser)
    order("promote a standby")
    begin = time.monotonic()
    soon("writes go to backup", lambda: text_of(browser, "#serves-writes") == "backup")
    print(f"the failover was shown after {time.monotonic() - begin:.1f} s", flush=True)
    soon("the failover is among the failovers", lambda: "writes go to backup on timeline 2"
         in text_of(browser, "#failovers"))
    check("the crashed pool is unhealthy", browser.js(
        "return document.querySelector('.pool[data-pool=primary]').className") == "pool unhealthy")
    soon("the health strip has red in it", lambda: browser.js(
        "return document.querySelectorAll('#strips rect.unhealthy').length") > 0)
    browser.js("document.getElementById('filter').value = 'error'; "
               "document.getElementById('filter').dispatchEvent(new Event('change'))")
    check("the filter filters", browser.js("return document.querySelectorAll('#events li.info').length") == 0)
    browser.theme("dark")
    browser.shot("failed-over-dark-1400")
    browser.size(390, 844)
    browser.shot("failed-over-dark-390")


def main():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Driver(profile)
        try:
            for step in (renders, updates, themes_and_widths, shows_failover):
                step(browser)
                print(f"passed: {step.__name__}", flush=True)
            problems = browser.problems()
            check(f"the console is silent, not {problems}", not problems)
        finally:
            browser.end()
    print("passed: no console message", flush=True)


if __name__ == "__main__":
    main()
