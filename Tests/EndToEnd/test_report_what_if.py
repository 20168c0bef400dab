"""The past in another way: sums that a hand can check."""

import json
import time

import pytest

from rig.answers import Message
from rig.gateway import prompt
from rig.history import History, cost
from rig.waiting import eventually

TOKENS = {"input_tokens": 1000, "cache_write_5m_tokens": 20_000, "cache_read_tokens": 50_000, "output_tokens": 300}
OPUS = "claude-opus-5-5"
SESSION = "0d5c4e1e-7d0f-4b2f-9c46-3f6f0f5c8d11"
OPUS_COST = 1000 * 4000 + 20_000 * 5000 + 50_000 * 200 + 300 * 20_000
# The same tokens of claude-haiku-5-5: 0.1, 0.125, 0.01 and 0.5 dollars for a million.
HAIKU_COST = 1000 * 100 + 20_000 * 125 + 50_000 * 10 + 300 * 500


def what_if(gateway, *arguments, code=0):
    done = gateway.run("report", "what-if", "--format", "json", *arguments, code=code)
    return json.loads(done.stdout) if code == 0 else done.stderr


@pytest.fixture
def past(gateway):
    history, now = History(gateway), time.time()
    for number in range(10):
        history.add(now - 5000 + number, TOKENS, model_served=OPUS, cost_nano_usd=OPUS_COST, team="data" if number < 4 else "platform")
    for number in range(3):
        history.add(now - 4000 + number, TOKENS, agent_id="agent-1")
    history.write()
    gateway.run("report", "rebuild")
    return gateway


def test_another_model(past):
    report = what_if(past, "--map", "opus=sonnet")
    rows = {row["model"]: row for row in report["rows"]}
    assert rows[OPUS]["instead"] == "claude-sonnet-5-5" and rows[OPUS]["actual_nano_usd"] == 10 * OPUS_COST
    assert rows[OPUS]["hypothetical_nano_usd"] == 10 * cost(TOKENS)
    assert rows["claude-sonnet-5-5"]["difference_nano_usd"] == 0
    assert report["total"]["difference_nano_usd"] == 10 * (cost(TOKENS) - OPUS_COST)
    assert any("other answers" in note for note in report["notes"])


def test_the_same_version_of_another_family(gateway):
    history = History(gateway)
    history.add(time.time() - 100, TOKENS, model_served="claude-opus-5", cost_nano_usd=OPUS_COST)
    history.write()
    row, = what_if(gateway, "--map", "opus=sonnet")["rows"]
    assert row["instead"] == "claude-sonnet-5"


def test_what_matched_nothing_is_said(past):
    report = what_if(past, "--map", "gemini=sonnet,opus=sonnet", "--subagents", "haiku", "--where", "team=data")
    assert "--map gemini=sonnet matched no request." in report["notes"] and "--subagents haiku matched no request." in report["notes"]
    assert not any("opus=sonnet" in note for note in report["notes"])
    done = past.run("report", "what-if", "--map", "gemini=sonnet", "--format", "csv")
    assert "--map gemini=sonnet matched no request" in done.stderr and "matched" not in done.stdout


def test_the_title_has_both_bounds(past):
    title = past.run("report", "what-if", "--map", "opus=sonnet", "--since", "7d", "--until", "today").stdout.splitlines()[0]
    assert title.endswith("from 7d until today")


def test_by_team(past):
    rows = {row["team"]: row for row in what_if(past, "--map", "opus=sonnet", "--by", "team")["rows"]}
    assert rows["data"]["difference_nano_usd"] == 4 * (cost(TOKENS) - OPUS_COST)
    only = what_if(past, "--map", "opus=sonnet", "--by", "team", "--where", "team=data")
    assert [row["team"] for row in only["rows"]] == ["data"]


def test_subagents(past):
    report = what_if(past, "--subagents", "haiku")
    rows = {(row["model"], row["instead"]): row for row in report["rows"]}
    assert rows["claude-sonnet-5-5", "claude-haiku-5-5"]["hypothetical_nano_usd"] == 3 * HAIKU_COST
    assert rows[OPUS, OPUS]["difference_nano_usd"] == 0


def test_an_hour_for_the_cache(gateway):
    history, now = History(gateway), time.time()
    first = {"cache_write_5m_tokens": 100_000, "output_tokens": 10}
    after = {"cache_write_5m_tokens": 110_000, "output_tokens": 10}   # 20 minutes later: the cache was gone
    soon = {"cache_read_tokens": 110_000, "cache_write_5m_tokens": 500, "output_tokens": 10}
    late = {"cache_write_5m_tokens": 110_500, "output_tokens": 10}  # two hours later: an hour's cache is gone too
    for at, tokens in ((0, first), (1200, after), (1260, soon), (1260 + 7200, late)):
        history.add(now - 20_000 + at, tokens, session_id="s")
        history.add(now - 20_000 + at, tokens, session_id="s", agent_id="a", team="data")
    history.write()
    gateway.run("report", "rebuild")
    report = what_if(gateway, "--cache-ttl", "1h")
    expected = 10_000 * 40 + 4000 * (100_000 + 10_000 + 500 + 110_500) + 100 * (100_000 + 110_000)
    assert report["total"]["hypothetical_nano_usd"] == 2 * expected
    assert report["saved_cache_writes"] == 200_000
    # Of the subagents alone, at another model besides: 0.1, 0.2, 0.01 and 0.5 dollars for a million.
    # The first is not longer than 100,000 tokens, the others are: 0.5, 1, 0.05 and 2.5 dollars.
    haiku = 500 * 10 + 200 * 100_000 + 2500 * 30 + 1000 * (10_000 + 500 + 110_500) + 50 * (100_000 + 110_000)
    report = what_if(gateway, "--cache-ttl", "1h", "--subagents", "haiku", "--where", "team=data", "--by", "team")
    assert [(row["team"], row["requests"], row["hypothetical_nano_usd"]) for row in report["rows"]] == [("data", 4, haiku)]
    assert report["saved_cache_writes"] == 100_000


def test_a_gateway_tells_the_pauses_of_what_it_serves(gateway, upstream):
    """The same from rows that the gateway writes beside those of the past, whose conversation they go on with."""
    history, now = History(gateway), time.time()
    history.add(now - 1200, {"cache_write_5m_tokens": 100_000, "output_tokens": 10}, session_id=SESSION)
    history.write()
    upstream.answers(Message(text="x", usage={
        "input_tokens": 1, "cache_creation_input_tokens": 100_500, "cache_read_input_tokens": 0, "output_tokens": 1}))
    body = prompt() | {"model": "claude-sonnet-5-5"}
    assert gateway.messages(gateway.issue(), body, {"x-claude-code-session-id": SESSION}).status == 200
    told = lambda: gateway.ledger.rows("SELECT rewritten_tokens AS told FROM requests WHERE key_id != ''")
    (row,) = eventually(told, "the row is there")
    assert row["told"] == 100_000
    assert what_if(gateway, "--cache-ttl", "1h")["saved_cache_writes"] == 100_000


def test_lengths_are_priced_each_at_its_own(gateway):
    """Haiku costs more above 100,000 tokens: one long request among short ones, whose average is short."""
    history, now = History(gateway), time.time()
    long, short = {"cache_read_tokens": 150_000, "output_tokens": 100}, {"cache_read_tokens": 10_000, "output_tokens": 100}
    for number, tokens in enumerate([long] + [short] * 9):
        history.add(now - 5000 + number, tokens, agent_id="agent")
    history.write()
    gateway.run("report", "rebuild")
    report = what_if(gateway, "--subagents", "haiku")
    # 0.01 and 0.5 dollars for a million, 0.05 and 2.5 of the long one.
    assert report["total"]["hypothetical_nano_usd"] == 150_000 * 50 + 100 * 2500 + 9 * (10_000 * 10 + 100 * 500)


def test_other_prices(past):
    file = past.folder / "half.prices"
    file.write_text("claude-opus-5-5 - - 2 10 2.5 4 0.1\n")
    report = what_if(past, "--prices", file)
    assert report["total"]["difference_nano_usd"] == -10 * OPUS_COST // 2


def test_what_is_free_would_have_cost_the_other_price(make_gateway):
    """A model of one's own: nothing for its tokens, whose proportion to a price says nothing."""
    gateway = make_gateway()
    own = gateway.folder / "own.prices"
    own.write_text("own-model - - 0 0 0 0 0\n")
    gateway.config["prices"] = [str(own)]
    gateway.start()
    history = History(gateway)
    for number in range(3):
        history.add(time.time() - 100 + number, TOKENS, model_served="own-model", cost_nano_usd=0)
    history.add(time.time() - 50, model_served="own-model", cost_nano_usd=77)
    history.write()
    report = what_if(gateway, "--map", "own-model=claude-opus-5-5")
    assert report["total"]["actual_nano_usd"] == 77 and report["total"]["hypothetical_nano_usd"] == 77 + 3 * OPUS_COST
    assert report["unpriced_requests"] == 0
    assert what_if(gateway, "--map", "own-model=own-model")["total"]["difference_nano_usd"] == 0


def test_what_had_no_price_when_it_was_charged_is_said(gateway):
    history = History(gateway)
    history.add(time.time() - 100, TOKENS)
    history.add(time.time() - 90, TOKENS, cost_nano_usd=0, price_version=None, unpriced=1)
    history.write()
    assert what_if(gateway, "--map", "sonnet=opus")["unpriced_requests"] == 1


def test_what_has_no_price_is_said(gateway):
    history = History(gateway)
    history.add(time.time() - 100, TOKENS, model_served="claude-unheard-of-9", cost_nano_usd=0, price_version=None, unpriced=1)
    history.write()
    report = what_if(gateway, "--map", "unheard=sonnet")
    assert report["unpriced_requests"] == 1 and any("no price" in note for note in report["notes"])


@pytest.mark.parametrize("arguments, words", [
    ((), "what if what"), (("--map", "opus"), "not MODEL=MODEL"), (("--cache-ttl", "2h"), "it is 1h"),
    (("--map", "a=b", "--by", "user"), "model or team"),
    (("--map", "opus=sonnet", "--since", "never"), "is no time"),
    (("--map", "opus=sonett"), "`sonett` is no model with a price"), (("--map", "opus=claude-opus-9-9"), "`claude-opus-9-9` is no model with a price"),
    (("--subagents", "b"), "`b` is no model with a price")])
def test_mistakes_are_named(gateway, arguments, words):
    assert words in gateway.run("report", "what-if", *arguments, code=None).stderr
