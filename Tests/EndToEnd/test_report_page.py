"""The report as one page: it needs nothing else, shows what is in the ledger, and lets nobody write markup into it."""

import html.parser
import re
import shutil
import subprocess
import time

import pytest

from rig.history import History

DAY = 86_400
EVIL = '<script>alert("x")</script>\u202e&\'"'


class Page(html.parser.HTMLParser):
    """The tags, that they are closed in their order, what is loaded, and the text."""

    void = {"meta", "line", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words, self.styles = [], set(), [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        for name, value in attributes:
            assert not name.startswith("on") and name not in ("src", "href", "xlink:href", "style"), (tag, name, value)
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        (self.styles if self.open and self.open[-1] == "style" else self.words).append(data)


@pytest.fixture
def past(make_gateway):
    gateway = make_gateway()
    gateway.config["budgets"] = [{"id": "everyone", "limit_to": 100, "unit": "cost_per_month", "budget_applies_per": ["team"]}]
    gateway.start()
    history, now = History(gateway), time.time()
    for back in range(1, 29):
        for user, team, model in (("alice", "platform", "claude-sonnet-5-5"), ("bob", "data", "claude-opus-5-5"), (EVIL, EVIL, EVIL)):
            history.add(now - back * DAY, {"input_tokens": 100 * back, "cache_read_tokens": 10**6, "output_tokens": 1000}, user=user, team=team,
                        model_served=model)
    history.write()
    return gateway


def test_it_is_whole_and_needs_nothing_else(past):
    text = past.run("report", "--format", "html").stdout
    page = Page(text)
    assert text.startswith("<!doctype html>") and "script" not in page.tags and not page.tags & {"img", "link", "iframe", "object", "form"}
    assert not re.search(r"https?://|url\(|@import", text), "nothing from elsewhere"
    assert "default-src 'none'" in text
    style = "".join(page.styles)
    assert "prefers-color-scheme:dark" in style and "@media print" in style


def test_it_shows_what_is_in_the_ledger(past):
    page = Page(past.run("report", "--format", "html").stdout)
    words = " ".join(page.words)
    report = past.report("--since", "30d")
    dollars = report["total"]["cost_nano_usd"] / 1e9
    assert f"${dollars:,.4f}" in words and "Saved by the cache" in words and "80 % interval" in words
    for heading in ("Per day, by model", "Per day, by team", "Tokens per day, by class", "By team", "By model", "By person", "To the end of"):
        assert heading in words, heading
    for row in past.report("--by", "team", "--since", "30d")["rows"]:
        assert f"${row['cost_nano_usd'] / 1e9:,.4f}" in words
    assert EVIL.replace("\u202e", "\ufffd") in words, "a hostile name is text"
    # 28 days of a million tokens read, each a twentieth of the price of input: 2 and 4 dollars, at 0.1 and 0.2.
    assert "$53.2000" in words and "$106.4000" in words


def test_savings_are_at_the_prices_of_their_days_and_the_same_everywhere(make_gateway):
    gateway = make_gateway()
    gateway.start()
    history, before, after = History(gateway), time.mktime((2026, 10, 1, 12, 0, 0, 0, 0, 0)), time.mktime((2026, 10, 20, 12, 0, 0, 0, 0, 0))
    # Reads of claude-sonnet-5-5 cost 0.2 dollars for a million until 2026-10-07, and 0.1 since; input 2, writes 2.5.
    for moment in (before, after):
        history.add(moment, {"cache_read_tokens": 10**6, "cache_write_5m_tokens": 10**5})
    # claude-haiku-5-5 above 100,000 tokens: input 0.5, reads 0.05; below 0.1 and 0.01.
    history.add(after, {"cache_read_tokens": 10**6}, model_served="claude-haiku-5-5")
    history.add(after, {"cache_read_tokens": 10**5}, model_served="claude-haiku-5-5")
    history.write()
    gateway.run("report", "rebuild")
    arguments = ("--since", "2026-09-30", "--until", "2026-10-31")
    reads, writes = {"claude-sonnet-5-5": 1_800_000_000 + 1_900_000_000, "claude-haiku-5-5": 450_000_000 + 9_000_000}, 2 * 50_000_000
    report = gateway.report("--cache", *arguments)
    assert report["saved_by_reads_nano_usd"] == sum(reads.values()) and report["extra_of_writes_nano_usd"] == writes
    assert report["saved_nano_usd"] == sum(reads.values()) - writes
    words = " ".join(Page(gateway.run("report", "--format", "html", *arguments).stdout).words)
    for amount in (reads["claude-sonnet-5-5"] - writes, reads["claude-haiku-5-5"], report["saved_nano_usd"]):
        assert f"${amount / 1e9:,.4f}" in words, amount
    assert "$3.6000" in " ".join(Page(gateway.run("report", "--format", "html", "--where", "model=claude-sonnet-5-5", *arguments).stdout).words)
    assert "Not told of this choice" in gateway.run("report", "--format", "html", "--where", "outcome=ok", *arguments).stdout


def test_budgets_are_in_it(past):
    words = " ".join(Page(past.run("report", "--format", "html").stdout).words)
    assert "Budgets, as they stood at" in words and "everyone" in words and "team=platform" in words
    assert "cost_per_month" in words and "$100.0000" in words, "amounts have a unit and a window"


def test_a_time_that_is_over_has_no_budgets_and_no_forecast_of_now(past):
    until = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 2 * DAY))
    words = " ".join(Page(past.run("report", "--format", "html", "--since", "30d", "--until", until).stdout).words)
    assert "By team" in words
    for heading in ("Budgets", "To the end of", "expected in"):
        assert heading not in words


def test_an_empty_ledger_has_a_page(make_gateway):
    gateway = make_gateway()
    gateway.start()
    words = " ".join(Page(gateway.run("report", "--format", "html").stdout).words)
    assert "No requests." in words and "No forecast" in words


@pytest.mark.skipif(not shutil.which("chromium"), reason="Chromium is not on this machine")
def test_a_browser_renders_it(past, tmp_path):
    file, picture = tmp_path / "report.html", tmp_path / "report.pdf"
    file.write_text(past.run("report", "--format", "html").stdout)
    chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    done = subprocess.run([*chromium, f"--print-to-pdf={picture}", file.as_uri()], capture_output=True, text=True, timeout=120)
    assert picture.read_bytes().startswith(b"%PDF") and picture.stat().st_size > 20_000, done.stderr[-500:]
    assert "Refused to" not in done.stderr, "the page's own policy lets all of it through"
    tree = subprocess.run([*chromium, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=120).stdout
    assert tree.count("<svg") == 3 and tree.count("<rect") >= 28 * 3 * 2
