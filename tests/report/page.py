#!/usr/bin/env python3
"""Opens the page of `keelson report` in a browser without a window, and looks at what it shows and asks for.

    tests/report/page.py KEELSON CASE

Needs Debian's package chromium, or chromium-headless-shell; else it is skipped. The browser has a profile of its own
in a temporary folder, and a proxy of ours for all that it would ask the network for: nothing leaves the machine.
"""
import html.parser
import pathlib
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading

import png

SKIPPED = 77
EVIL = '"><script>document.title="ran"</script><img src="http:\\\\planted.invalid\\x" onerror="document.title=1">'
POLICY = """policy: keelson/1
name: two
rules:
  - {id: passes, fact: os.id, equals: sample}
  - {id: fails, fact: os.id, equals: other, reason: to have one that does not pass}
"""
# Colours of the style: the page, its text, what fails, and the largest folder of the map.
LIGHT = {"page": (255, 255, 255), "text": (27, 27, 27), "fails": (160, 27, 27), "map": (207, 227, 251)}
DARK = {"page": (22, 24, 28), "text": (232, 232, 232), "fails": (255, 138, 138), "map": (29, 58, 92)}
# Who a browser talks to for itself. The page has no address of anybody: that is looked at too.
BROWSERS_OWN = ("google.com", "googleapis.com", "gvt1.com", "gstatic.com", "googleusercontent.com")


def require(condition, message):
    if not condition:
        raise SystemExit(f"{message}")


def find_browser():
    for name in ("chromium", "chromium-headless-shell"):
        if path := shutil.which(name):
            return path
    print("skipped: neither chromium nor chromium-headless-shell is installed")
    sys.exit(SKIPPED)


class Proxy(socketserver.ThreadingTCPServer):
    """Remembers what it is asked for, and gives nothing."""
    allow_reuse_address = True
    daemon_threads = True

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            line = self.rfile.readline(4096).decode("latin-1").strip()
            if line:
                self.server.asked.append(line)
            self.wfile.write(b"HTTP/1.1 502 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.asked = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


def browse(browser, folder, page, *arguments):
    """(what it printed, what it said, what it asked the network for)"""
    with Proxy() as proxy, tempfile.TemporaryDirectory(dir=folder) as profile:
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-extensions", "--enable-logging=stderr", f"--user-data-dir={profile}",
             f"--proxy-server=http://127.0.0.1:{proxy.server_address[1]}", "--proxy-bypass-list=<-loopback>",
             *arguments, page.as_uri()],
            capture_output=True, timeout=240, stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": profile, "LC_ALL": "C.UTF-8"})
        proxy.shutdown()
    require(done.returncode == 0, f"the browser ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    asked = [line for line in proxy.asked if not any(host in line.split("/x")[0] for host in BROWSERS_OWN)]
    return done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), asked


def make_report(keelson, folder):
    root = folder / "root"
    (root / "etc").mkdir(parents=True)
    (root / "etc/os-release").write_text(f"ID=sample\nPRETTY_NAME='Sample {EVIL}'\n")
    for path, size in (("usr/lib/large", 3 << 20), ("usr/share/less", 1 << 20), (f"var/{EVIL.replace('/', '|')}/f", 1 << 20)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x" * size)
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text(
        f"Package: tool\nStatus: install ok installed\nArchitecture: all\nVersion: 1\nSource: {EVIL}\n")
    (folder / "policy.yaml").write_text(POLICY)
    subprocess.run([keelson, "report", root, "-o", folder / "report", "--policy", folder / "policy.yaml", "--quiet"],
                   check=True, stdin=subprocess.DEVNULL)
    return folder / "report/index.html"


def screenshot(browser, folder, page, name, *arguments):
    file = folder / f"{name}.png"
    browse(browser, folder, page, "--window-size=800,1100", f"--screenshot={file}", *arguments)
    return png.colours(file.read_bytes())


def is_seen_in_light_and_in_dark(keelson, browser, folder):
    page = make_report(keelson, folder)
    for name, theme, setting in (("light", LIGHT, 1), ("dark", DARK, 0)):  # blink::mojom::PreferredColorScheme
        seen = screenshot(browser, folder, page, name, f"--blink-settings=preferredColorScheme={setting}")
        pixels = sum(seen.values())
        require(max(seen, key=seen.get) == theme["page"], f"{name}: the page's colour is {max(seen, key=seen.get)}")
        for what, least in (("text", 500), ("fails", 20), ("map", pixels // 50)):
            require(seen.get(theme[what], 0) >= least, f"{name}: only {seen.get(theme[what], 0)} pixels of the colour of '{what}'")
        print(f"{name}: {len(seen)} colours in {pixels} pixels")


class Active(html.parser.HTMLParser):
    """What of a document could act or fetch."""
    def __init__(self):
        super().__init__()
        self.found, self.ids = [], set()

    def handle_starttag(self, tag, attributes):
        if tag in ("script", "img", "iframe", "object", "embed", "link", "form", "base", "audio", "video", "use", "image"):
            self.found.append(tag)
        for name, value in attributes:
            if name.startswith("on") or name == "style" or (name in ("href", "src") and not value.startswith("#")):
                self.found.append(f"{tag} {name}={value}")
            if name == "id":
                self.ids.add(value)


def asks_for_nothing_and_runs_nothing(keelson, browser, folder):
    # That the proxy sees what a page asks for.
    other = folder / "other.html"
    other.write_text('<!DOCTYPE html><img src="http://planted.invalid/x">')
    _, _, asked = browse(browser, folder, other, "--dump-dom")
    require(any("planted.invalid" in line for line in asked), f"the proxy was not asked: {asked}")

    page = make_report(keelson, folder)
    dom, said, asked = browse(browser, folder, page, "--dump-dom")
    require(asked == [], f"the page asked for {asked}")
    require("Content Security Policy" not in said, f"something was refused by the page's own policy: {said[-2000:]}")
    require("<title>Report of root</title>" in dom, "its title is another one: a script ran, or the page did not load")
    active = Active()
    active.feed(dom)
    require(active.found == [], f"the browser found something active: {active.found}")
    require({"main", "glance", "policies", "space", "packages"} <= active.ids, f"parts are missing: {sorted(active.ids)}")
    require("planted.invalid" in dom, "the planted names are not in the page")


CASES = {function.__name__.replace("_", "-"): function
         for function in (is_seen_in_light_and_in_dark, asks_for_nothing_and_runs_nothing)}


def main():
    keelson, case = sys.argv[1:]
    browser = find_browser()
    with tempfile.TemporaryDirectory() as folder:
        CASES[case](pathlib.Path(keelson).resolve(), browser, pathlib.Path(folder))


main()
