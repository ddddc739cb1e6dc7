"""The HTML report in headless Chromium: what a reader sees, does and prints.

test_page.py DNSBLAME SAMPLE_PAGE FOLDER [SCREENSHOTS]: with a folder for screenshots it takes those, too.
Exits 77 where there is no browser to drive.
"""

import base64
import glob
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

try:
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait
except ImportError:
    print("skipped: python3-selenium is not installed")
    sys.exit(77)

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
if CHROMIUM is None or DRIVER is None:
    print("skipped: chromium and chromium-driver are not installed")
    sys.exit(77)

ARGUMENTS = """--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage
    --disable-default-apps --hide-scrollbars --force-color-profile=srgb""".split()


class Page:
    """A browser with one page in it."""

    def __init__(self, folder):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in ARGUMENTS + ["--user-data-dir=" + os.path.join(folder, "profile")]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)
        self.command("Network.enable")
        self.path = None

    def close(self):
        self.driver.quit()

    def command(self, name, **parameters):
        return self.driver.execute_cdp_cmd(name, parameters)

    def emulate(self, width=1280, height=900, scheme="light", zone="America/New_York"):
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                     mobile=width < 500)
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.command("Emulation.setTimezoneOverride", timezoneId=zone)

    def open(self, path, fragment="", **emulation):
        self.emulate(**emulation)
        self.path = path
        self.driver.get("about:blank")
        self.driver.get("file://" + path + fragment)
        # On a busy machine the driver may take the end of about:blank's loading for that of the page's.
        WebDriverWait(self.driver, 60).until(lambda _: self.run(
            "return location.protocol === 'file:' && document.readyState === 'complete'"))
        return self

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def shown(self, selector):
        return self.run("return document.querySelector(arguments[0]).checkVisibility()", selector)

    def click(self, selector):
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", selector)
        self.driver.find_element("css selector", selector).click()

    def requests(self):
        """What the page asked for, beside itself, what stands in it, and what the browser opens with."""
        urls = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated"):
                params = message["params"]
                urls.append(params["request"]["url"] if "request" in params else params["url"])
        return [url for url in urls if not re.match(r"data:|about:|chrome(-untrusted)?:|file://" + re.escape(self.path), url)]

    def complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def picture(self, path):
        height = self.run("return document.documentElement.scrollHeight")
        width = self.run("return document.documentElement.clientWidth")
        shot = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                            clip={"x": 0, "y": 0, "width": width, "height": min(height, 8000), "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))

    def pdf(self, path):
        self.command("Emulation.clearDeviceMetricsOverride")
        pdf = base64.b64decode(self.command("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"])
        with open(path, "wb") as file:
            file.write(pdf)
        return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))


def check(condition, *told):
    if not condition:
        raise AssertionError(" ".join(str(word) for word in told))


def numbers(texts):
    return [float(text.replace(",", "")) for text in texts]


# What each case gets: the browser, and the files made beforehand. They are named as claims.


def the_page_asks_nobody_for_anything(page, files):
    for name in ("busy", "real", "empty"):
        page.driver.get_log("performance")
        page.open(files[name])
        asked = page.requests()
        check(asked == [], name, "asks for", asked)


def the_console_stays_empty(page, files):
    for name in ("busy", "hostile", "empty"):
        page.complaints()
        page.open(files[name])
        page.click("#expand")
        said = page.complaints()
        check(said == [], name, "complains:", said)


def the_policy_lets_nothing_else_run(page, files):
    page.open(files["busy"])
    page.complaints()
    ran = page.run("""
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.body.append(script);
        const image = new Image();
        image.src = 'http://192.0.2.1/x.png';
        document.body.append(image);
        return window.ran === true""")
    check(not ran, "a script that was added runs")
    said = " ".join(page.complaints())
    check("script-src" in said and "img-src" in said, "the policy is not applied:", said)


def hostile_texts_stay_text(page, files):
    page.open(files["hostile"])
    counts = page.run("""return {
        script: document.scripts.length, h1: document.querySelectorAll('h1').length,
        img: document.images.length, style: document.querySelectorAll('style').length,
        handlers: [...document.querySelectorAll('*')].flatMap(e => [...e.attributes])
            .filter(a => a.name.startsWith('on')).length,
        text: document.body.innerText}""")
    check(counts["script"] == 1 and counts["style"] == 1, "scripts or styles were smuggled in", counts["script"])
    check(counts["h1"] == 1 and counts["img"] == 0 and counts["handlers"] == 0, "elements were smuggled in")
    check("<script>alert(1)</script>.example." in counts["text"], "a hostile zone is not shown as it is")
    check("&lt;&#60;%3Cscript" in counts["text"], "entities are taken for markup")
    with open(files["hostile"], encoding="utf-8") as file:
        source = file.read()
    check(not re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f]", source), "bidirectional controls come through")
    check(not re.search("[\x00-\x09\x0b-\x1f\x7f]", source), "control characters come through")
    check("\\xe2\\x80\\xaegro.elpmaxe." in source, "what cannot be shown does not say what it was")


def the_charts_say_what_the_json_says(page, files):
    with open(files["json"], encoding="utf-8") as file:
        day = json.load(file)
    page.open(files["real"])
    legend = page.run("""return Object.fromEntries([...document.querySelectorAll('.legend [data-category]')]
        .map(e => [e.dataset.category, Number(e.dataset.value)]))""")
    told = {row["category"]: row["servfails"] for row in day["categories"] if row["servfails"] > 0}
    check(legend == told, "whose fault:", legend, "instead of", told)

    columns = page.run("""return [...document.querySelectorAll('#chart-share .column')].map(column => ({
        from: column.dataset.from, value: Number(column.dataset.value),
        parts: [...column.querySelectorAll('[data-part]')].map(e => Number(e.dataset.value)),
        heights: [...column.querySelectorAll('[data-part]')].map(e => e.getBBox().height)}))""")
    check(len(columns) > 3, "there are hardly any columns")
    sums = {}
    for row in day["intervals"]:
        if row["traffic"] is not None:
            begin = max((c["from"] for c in columns if c["from"][:19] <= row["from"][:19]), default=None)
            check(begin is not None, "no column for", row["from"])
            one = sums.setdefault(begin, [0, 0])
            one[0] += row["traffic"]["servfails"]
            one[1] += row["traffic"]["responses"]
    for column in columns:
        servfails, responses = sums[column["from"]]
        share = 100 * servfails / responses if responses else 0
        check(abs(column["value"] - share) < 1e-3, column["from"], "shows", column["value"], "instead of", share)
        check(abs(sum(column["parts"]) - share) < 1e-3, column["from"], "is not the sum of its parts")
        for value, height in zip(column["parts"], column["heights"]):
            scale = sum(column["heights"]) / sum(column["parts"])
            check(abs(height - value * scale) < 0.1, column["from"], "is not drawn in proportion")


def hours_without_a_capture_look_empty(page, files):
    page.open(files["busy"])
    gap = page.run("""
        const gap = document.querySelector('#chart-share .gap rect').getBBox();
        const inside = [...document.querySelectorAll('#chart-share .column [data-part]')].filter(e => {
            const box = e.getBBox();
            return box.x + box.width / 2 > gap.x && box.x + box.width / 2 < gap.x + gap.width; });
        return {share: gap.width / document.querySelector('#chart-share').getBoundingClientRect().width,
                inside: inside.length}""")
    check(abs(gap["share"] - 0.75 / 24) < 0.001, "45 minutes are", gap["share"], "of the day")
    check(gap["inside"] == 0, "columns stand where nothing was captured")


def an_empty_day_says_so(page, files):
    page.open(files["empty"])
    text = page.run("return document.body.innerText")
    check("no data" in text, "an empty day does not say that there is no data")
    check(not re.search(r"\bnan\b|\binf\b|null|-1 %", text, re.I), "figures out of nothing:", text[:500])


def axes_begin_at_zero(page, files):
    page.open(files["busy"])
    scale = page.texts("#chart-share .scale")
    check(scale[0].startswith("0"), "the scale begins with", scale[0])
    low = page.run("""return [...document.querySelectorAll('#chart-share .column')].map(c => {
        const boxes = [...c.querySelectorAll('[data-part]')].map(e => e.getBBox());
        return boxes.length ? Math.max(...boxes.map(b => b.y + b.height)) : null}).filter(y => y !== null)""")
    zero = page.run("return document.querySelector('#chart-share .zero').getBBox().y")
    check(all(abs(y - zero) < 0.2 for y in low), "columns do not stand on zero")


def every_drawing_has_words(page, files):
    for name in ("busy", "real"):
        page.open(files[name])
        silent = page.run("""return [...document.querySelectorAll('svg')].filter(svg =>
            svg.getAttribute('aria-hidden') !== 'true' &&
            !(svg.getAttribute('aria-labelledby') || '').split(' ').every(
                id => id && document.getElementById(id)?.textContent.trim())).length""")
        check(silent == 0, silent, "drawings without title and description")
        doubled = page.run("""const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
            return ids.filter((id, i) => ids.indexOf(id) !== i)""")
        check(doubled == [], "ids stand twice:", doubled)
        check(page.run("return document.querySelectorAll('th:not([scope])').length") == 0, "headings without scope")
        check(page.run("return document.querySelectorAll('table:not(.story)').length ==="
                       " document.querySelectorAll('caption').length"), "tables without a caption")


def rows_have_a_cell_a_heading(page, files):
    for name in ("busy", "real", "empty", "dst"):
        page.open(files[name])
        odd = page.run("""return [...document.querySelectorAll('table')].flatMap(table =>
            [...table.querySelectorAll(':scope > tbody > tr')].filter(row => row.cells.length > 0 &&
                [...row.cells].reduce((sum, cell) => sum + cell.colSpan, 0) !==
                table.tHead.rows[0].cells.length).map(() => table.id || 'a story'))""")
        check(odd == [], name, "has crooked tables:", sorted(set(odd)))


def tables_sort_by_a_click(page, files):
    page.open(files["busy"])
    heading = "#outages-table th:nth-child(4) button"
    column = "#outages-table .head td:nth-of-type(3)"
    page.click(heading)
    down = numbers(page.texts(column))
    check(down == sorted(down, reverse=True), "not descending:", down)
    check(page.run("return document.querySelector('#outages-table th:nth-child(4)').ariaSort") == "descending",
          "aria-sort does not say so")
    page.click(heading)
    check(numbers(page.texts(column)) == sorted(down), "not ascending")
    page.click("#outages-table th:nth-child(6) button")
    lasted = page.run("return [...document.querySelectorAll('#outages-table .head td:nth-of-type(5)')]"
                      ".map(e => Number(e.dataset.v))")
    check(lasted == sorted(lasted, reverse=True), "durations are not sorted as times:", lasted)
    check(page.run("return [...document.querySelectorAll('.outage')].every(b => b.rows.length === 2)"),
          "an outage lost its second row")
    page.click("#causes-table th:nth-child(1) button")
    causes = [text.lower() for text in page.texts("#causes-table tbody td:first-child")]
    check(causes == sorted(causes), "words are not sorted:", causes)


def tables_filter_as_one_types(page, files):
    page.open(files["busy"])
    page.driver.find_element("css selector", "#outages .filter input").send_keys("DNSSEC.")
    shown = page.run("return [...document.querySelectorAll('.outage')].filter(e => e.offsetHeight > 0)"
                     ".map(e => e.dataset.category)")
    check(shown == ["dnssec"] * 3, "shown are", shown)
    check(page.texts("#outages .filter span") == ["3 of 18"], page.texts("#outages .filter span"))
    page.driver.find_element("css selector", "#outages .filter input").send_keys(Keys.BACKSPACE * 7)
    check(page.run("return [...document.querySelectorAll('.outage')].every(e => e.offsetHeight > 0)"),
          "an empty filter hides something")


def outages_open_to_their_stories(page, files):
    page.open(files["real"])
    advice = "#outage-1 .command code"
    check(not page.shown(advice), "it is open before it was opened")
    page.click("#outage-1 summary")
    check(page.shown(advice), "the advice does not show")
    page.click("#outage-1 .incident summary")
    story = page.driver.find_element("css selector", "#outage-1 .story").text
    check("Packets" in story and re.search(r"\d+", story), "the story has no packets:", story)
    page.click("#expand")
    check(page.run("return [...document.querySelectorAll('.outage > .body details')].every(d => d.open)"),
          "not all are open")
    page.click("#expand")
    check(page.run("return [...document.querySelectorAll('.outage details')].every(d => !d.open)"),
          "not all are closed")
    page.open(files["real"], "#outage-3")
    check(page.run("return document.querySelector('#outage-3 details').open"), "a link to an outage does not open it")


def figures_lead_to_incidents(page, files):
    """The commands on the page are run as they stand."""
    page.open(files["real"])
    shows = page.run("return [...document.querySelectorAll('#outage-1 .incident .command code')]"
                     ".map(e => e.textContent)")
    folder = tempfile.mkdtemp(dir=files["folder"])
    os.symlink(files["program"], os.path.join(folder, "dnsblame"))
    path = {**os.environ, "PATH": folder + ":" + os.environ["PATH"]}
    for command in shows[:2]:
        done = subprocess.run(command, shell=True, env=path, capture_output=True, text=True)
        check(done.returncode == 0 and "What happened" in done.stdout, command, done.stderr)
    command = page.run("return document.querySelector('#capture .command code').textContent")
    done = subprocess.run(command, shell=True, env=path, capture_output=True, text=True)
    check(done.returncode == 0 and len(done.stdout.splitlines()) > 10, command, done.stderr)


def times_switch_to_the_readers_zone(page, files):
    page.open(files["busy"], zone="America/New_York")
    began = "#outage-1 .facts time"
    tick = "#chart-share text[data-time]:nth-of-type(2)"
    check(page.texts(began)[0] == "2025-11-20 06:12:00", page.texts(began))
    ticks = page.texts("#chart-share text[data-time]")
    check(ticks[:2] == ["00:00", "03:00"], ticks)
    page.run("const s = document.querySelector('#zone'); s.selectedIndex = s.options.length - 1;"
             "s.dispatchEvent(new Event('change'))")
    check("New_York" in page.run("return document.querySelector('#zone').selectedOptions[0].text"), "zone's name")
    check(page.texts(began)[0] == "2025-11-20 01:12:00", "New York is five hours behind:", page.texts(began))
    check(page.texts("#chart-share text[data-time]")[:2] == ["19:00", "22:00"], "the axis keeps UTC", tick)
    page.run("const s = document.querySelector('#zone'); s.selectedIndex = 0; s.dispatchEvent(new Event('change'))")
    check(page.texts(began)[0] == "2025-11-20 06:12:00", "there is no way back")


def a_change_of_the_clock_is_shown_right(page, files):
    """2025-10-26 in Berlin has 25 hours: 02:00 comes twice."""
    page.open(files["dst"])
    labels = page.texts("#hours-table tbody th")
    check(len(labels) == 25, "the day has", len(labels), "hours")
    check(sum(label.startswith("02:00") for label in labels) == 2, labels)
    check(len(set(labels)) == 25, "two hours have one name:", labels)
    ticks = page.run("return [...document.querySelectorAll('#chart-share text[data-time]')].map(e => "
                     "[e.textContent, parseFloat(e.getAttribute('x'))])")
    three = [at for text, at in ticks if text == "03:00"]
    check(three and abs(three[0] - 100 * 4 / 25) < 0.1, "03:00 is four hours into the day:", ticks)
    asked = numbers(page.texts("#hours-table tbody td:nth-of-type(1)"))
    check(asked == [2] * 25, "a question each half hour is two an hour:", asked)


def contrast(page, selector):
    return page.run("""
        const channel = c => { c /= 255; return c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
        const light = rgb => { const [r, g, b] = rgb.match(/[\\d.]+/g).map(Number);
            return .2126 * channel(r) + .7152 * channel(g) + .0722 * channel(b); };
        const ground = e => { for (; e; e = e.parentElement) {
            const c = getComputedStyle(e).backgroundColor;
            if (!/rgba\\(.*, 0\\)|transparent/.test(c)) return c; } return 'rgb(255, 255, 255)'; };
        let worst = 99, which = '';
        for (const e of document.querySelectorAll(arguments[0])) {
            const style = getComputedStyle(e);
            const ink = e instanceof SVGElement ? style.fill : style.color;
            const pair = [light(ink), light(ground(e instanceof SVGElement ? e.closest('svg').parentElement : e))];
            const value = (Math.max(...pair) + .05) / (Math.min(...pair) + .05);
            if (value < worst) [worst, which] = [value, e.outerHTML.slice(0, 120)];
        }
        return [worst, which]""", selector)


def both_schemes_can_be_read(page, files):
    grounds = {}
    for scheme in ("light", "dark"):
        page.open(files["busy"], scheme=scheme)
        grounds[scheme] = page.run("return getComputedStyle(document.body).backgroundColor")
        for selector in ("h1, h2, p, li, dt, dd, th, td, caption, code, summary, small, .badge, button, .skip",
                         ".chart text:not(.end)"):
            worst, which = contrast(page, selector)
            check(worst >= 4.5, scheme, which, "has a contrast of", worst)
        colors = page.run("""return [...document.querySelectorAll('.legend i')].map(
            e => getComputedStyle(e).backgroundColor)""")
        check(len(set(colors)) == len(colors), "two categories share a colour")
    check(grounds["light"] != grounds["dark"], "there is no dark scheme")


def a_phone_shows_it_without_scrolling_sideways(page, files):
    for name in ("busy", "hostile", "largest"):
        page.open(files[name], width=360, height=740)
        page.run("document.querySelectorAll('#outage-1 details, #outage-2 details').forEach(d => { d.open = true; })")
        wide = page.run("return document.documentElement.scrollWidth")
        check(wide <= 360, name, "is", wide, "pixels wide")
    small = page.run("""return [...document.querySelectorAll('button, select, summary')].filter(
        e => e.offsetHeight > 0 && e.offsetHeight < 18).length""")
    check(small == 0, small, "controls are too small to be hit")


def it_prints_on_three_pages(page, files):
    for name in ("busy", "real"):
        page.open(files[name], scheme="dark")
        pages = page.pdf(os.path.join(files["folder"], name + ".pdf"))
        check(1 <= pages <= 3, name, "takes", pages, "pages")
    page.command("Emulation.setEmulatedMedia", media="print",
                 features=[{"name": "prefers-color-scheme", "value": "dark"}])
    check(page.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)",
          "paper is not white")
    check(page.run("return [...document.querySelectorAll('button, select, input')].every("
                   "e => e.offsetHeight === 0 || e.closest('thead'))"), "controls are printed")
    page.command("Emulation.setEmulatedMedia", media="")


def it_reads_without_javascript(page, files):
    page.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(files["real"])
        check(not page.shown(".tools"), "dead controls are shown")
        check(page.all("button:not(.tools button)") == [], "dead buttons are shown")
        page.driver.find_element("css selector", "#outage-1 summary").click()
        check(page.shown("#outage-1 .facts"), "outages do not open without scripts")
    finally:
        page.command("Emulation.setScriptExecutionDisabled", value=False)


def a_keyboard_reaches_all(page, files):
    page.open(files["busy"])
    body = page.driver.find_element("css selector", "body")
    body.send_keys(Keys.TAB)
    check(page.run("return document.activeElement.className") == "skip", "the first stop is not the way past the head")
    check(page.run("return document.activeElement.getBoundingClientRect().width") > 20, "it is not seen")
    kinds = set()
    for _ in range(40):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        kinds.add(page.run("const e = document.activeElement; return e.tagName.toLowerCase() + "
                           "(getComputedStyle(e).outlineStyle === 'none' ? ' without an outline' : '')"))
    check({"select", "button", "a", "input", "summary"} <= kinds, "reached were", kinds)
    check(not any("without" in kind for kind in kinds), "focus is not seen:", kinds)
    page.run("document.querySelector('#outage-1 summary').focus()")
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    check(page.run("return document.querySelector('#outage-1 details').open"), "enter does not open an outage")


def every_section_can_be_gone_to(page, files):
    page.open(files["busy"])
    links = page.run("return [...document.querySelectorAll('nav a')].map(a => a.hash)")
    check(len(links) > 8 and "#servers" in links, "links lead to", links)
    check(page.run("return [...document.querySelectorAll('nav a, .timeline a')].every("
                   "a => document.querySelector(a.getAttribute('href')))"), "links lead nowhere")


def sensors_stand_side_by_side(page, files):
    page.open(files["busy"])
    columns = page.texts("#causes-table thead th")
    check(columns[-2:] == ["fra1", "ams2"], "no column a sensor:", columns)
    rows = page.run("""return [...document.querySelectorAll('#causes-table tbody tr')].map(row =>
        [...row.cells].map(cell => Number(cell.textContent.replace(/,/g, ''))))""")
    check(all(row[1] == row[-1] + row[-2] for row in rows), "the sensors' figures do not add up")


def the_largest_page_stays_under_2_mb(page, files):
    size = os.path.getsize(files["largest"])
    check(size < 2000000, "it takes", size)


CASES = [value for name, value in list(globals().items())
         if callable(value) and getattr(value, "__code__", None) and
         value.__code__.co_varnames[:2] == ("page", "files")]


def failing_day(path, begin_s, seconds, step_s):
    """A capture of a client whose resolver fails at a server that refuses, a question each `step_s`."""
    def packet(time_s, source, source_port, target, target_port, number, flags):
        dns = struct.pack(">6H", number, flags, 1, 0, 0, 0) + b"\3www\7example\0\0\1\0\1"
        udp = struct.pack(">4H", source_port, target_port, 8 + len(dns), 0) + dns
        ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
        ip += bytes([192, 0, 2, source, 192, 0, 2, target]) + udp
        return struct.pack("<4I", int(time_s), int(time_s % 1 * 1e6), len(ip), len(ip)) + ip

    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for number in range(seconds // step_s):
            at, port = begin_s + number * step_s + 60, 40000 + number
            file.write(packet(at, 10, port, 1, 53, number, 0x0100))
            file.write(packet(at + 0.001, 1, port, 53, 53, number, 0x0000))
            file.write(packet(at + 0.002, 53, 53, 1, port, number, 0x8005))
            file.write(packet(at + 0.004, 1, 53, 10, port, number, 0x8182))


def make_files(program, sample, folder):
    files = {"folder": folder, "program": os.path.abspath(program)}
    for name in ("busy", "hostile", "largest"):
        files[name] = os.path.join(folder, name + ".html")
        with open(files[name], "wb") as file:
            subprocess.run([sample, name], stdout=file, check=True)
    database = os.path.join(folder, "lab's.db")
    captures = sorted(glob.glob("pcaps/*.unbound.pcap"))[:60] + sorted(glob.glob("pcaps/*.kresd.pcap"))[:30]
    subprocess.run([program, "read", "--quiet", "--db", database, "--sensor", "lab"] + captures, check=True,
                   stdout=subprocess.DEVNULL)
    autumn = os.path.join(folder, "autumn.db")
    failing_day(os.path.join(folder, "autumn.pcap"), 1761429600, 25 * 3600, 1800)  # 2025-10-26 00:00 in Berlin
    subprocess.run([program, "read", "--quiet", "--db", autumn, os.path.join(folder, "autumn.pcap")], check=True,
                   stdout=subprocess.DEVNULL)
    lines = subprocess.run([program, "list", "--db", database, "--format", "json"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    first_day = json.loads(lines[0])["time"][:10]
    for name, arguments in (("real", ["--day", first_day]), ("empty", ["--day", "2001-01-01"]),
                            ("dst", ["--day", "2025-10-26", "--timezone", "Europe/Berlin"])):
        files[name] = os.path.join(folder, name + ".html")
        subprocess.run([program, "report", "--db", autumn if name == "dst" else database, "--format", "html", "-o", files[name]] + arguments,
                       check=True)
    files["json"] = os.path.join(folder, "real.json")
    subprocess.run([program, "report", "--db", database, "--format", "json", "-o", files["json"], "--day", first_day],
                   check=True)
    return files


def main():
    program, sample, folder = sys.argv[1:4]
    files = make_files(program, sample, folder)
    failed = 0
    page = Page(folder)
    try:
        for case in CASES:
            try:
                begin = time.monotonic()
                case(page, files)
                print("ok", case.__name__, "(%.1f s)" % (time.monotonic() - begin))
            except (AssertionError, WebDriverException) as error:
                failed += 1
                print("FAILED", case.__name__ + ":", error)
        for path in sys.argv[4:5]:
            for name in ("busy", "real"):
                for width in (1280, 390):
                    for scheme in ("light", "dark"):
                        page.open(files[name], width=width, scheme=scheme)
                        page.picture(os.path.join(path, "%s-%d-%s.png" % (name, width, scheme)))
    finally:
        page.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
