"""Breaks of a provider's cache: each cause is staged, named, and priced as by hand; what is none raises no alarm."""

import copy
import pathlib
import struct
import subprocess
import threading
import uuid

import pytest

from rig.answers import Message, error, tool
from rig.claude import Claude
from rig.gateway import UPSTREAM_KEY
from rig.prompt_cache import PromptCache, compact, without_marks
from rig.waiting import eventually

SONNET, OPUS = "claude-sonnet-5-5", "claude-opus-5-5"
# Nano-dollars for a token: input, five minutes, an hour, read.
PRICES = {SONNET: (2000, 2500, 4000, 100), OPUS: (4000, 5000, 8000, 200)}
ATTRIBUTION = "x-anthropic-billing-header: cc_version=2.1.329.e8d; cc_entrypoint=cli;"
MARK = {"type": "ephemeral"}


def filler(name, size):
    return " ".join(f"{name}{n}" for n in range(size // 7))


def block(text, **more):
    return {"type": "text", "text": text, **more}


class Client:
    """One conversation, marked as Claude Code does it."""

    def __init__(self, gateway, key, agent=None):
        self.gateway, self.key = gateway, key
        self.headers = {"x-claude-code-session-id": str(uuid.uuid4())} | ({"x-claude-code-agent-id": agent} if agent else {})
        self.body = {
            "model": SONNET, "max_tokens": 1000, "stream": True,
            "tools": [{"name": name, "description": filler(name, 4000), "input_schema": {"type": "object"}} for name in ("Bash", "Read", "Grep")],
            "system": [block(ATTRIBUTION), block("You are Claude Code."), block(filler("rule", 5000))],
            "messages": [{"role": "user", "content": filler("prompt", 3000)}]}
        self.marks, self.ttl = True, {}

    def marked(self):
        body = copy.deepcopy(self.body)
        if self.marks:
            body["system"][-1]["cache_control"] = MARK | self.ttl
            last = body["messages"][-1]
            if isinstance(last["content"], str):
                last["content"] = [block(last["content"])]
            last["content"][-1]["cache_control"] = MARK | self.ttl
        return body

    def asks(self, body=None, **headers):
        answer = self.gateway.messages(self.key, compact(body or self.marked()), self.headers | headers)
        assert answer.status == 200, answer.body
        return answer.header("request-id")

    def goes_on(self, size=2500):
        number = len(self.body["messages"])
        self.body["messages"] += [
            {"role": "assistant", "content": [block(f"Answer {number}."), {"type": "tool_use", "id": f"toolu_{number}", "name": "Bash", "input": {"command": "ls"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": filler(f"r{number}x", size)}]}]


@pytest.fixture
def cache(upstream):
    answers = PromptCache()
    upstream.answers(answers)
    return answers


@pytest.fixture
def client(gateway, key, cache):
    return Client(gateway, key)


def warm(client, turns=4):
    for _ in range(turns):
        client.asks()
        client.goes_on()


def readable(usage):
    return usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"]


def extra(usage, tokens, model=SONNET):
    """What so many of the first tokens cost beyond reading them."""
    plain, minutes, hour, read = PRICES[model]
    long = min(tokens, usage.get("cache_write_1h", 0))
    short = min(tokens - long, usage["cache_creation_input_tokens"] - usage.get("cache_write_1h", 0))
    return long * hour + short * minutes + (tokens - long - short) * plain - tokens * read


def breaks(gateway, count):
    return eventually(lambda: len(rows := gateway.ledger.rows("SELECT * FROM cache_breaks ORDER BY request_id")) >= count and rows,
                      f"{count} breaks are in the ledger")


def only_break(client, cache, request, expected=None, model=SONNET):
    """The one break, at this request, priced by hand: all that was readable, or what is expected of it."""
    row, = breaks(client.gateway, 1)
    before, usage = cache.usages[-2:]
    expected = readable(before) if expected is None else expected
    billed = usage["input_tokens"] + usage["cache_creation_input_tokens"]
    tokens = min(expected - usage["cache_read_input_tokens"], billed)
    assert row["request_id"] == request and row["expected_tokens"] == expected
    assert row["read_tokens"] == usage["cache_read_input_tokens"] and row["rebilled_tokens"] == tokens > 1024
    assert row["cost_nano_usd"] == extra(usage, tokens, model)
    assert row["session_id"] == client.headers["x-claude-code-session-id"] and row["user"] == "alice" and row["model"] == model
    return row


def sizes(client, *changed):
    """Bytes of the parts that were cached, and of those of them that are sent again: `changed` are not."""
    body = without_marks(client.body)
    messages = [{**m, "content": [block(m["content"])] if isinstance(m["content"], str) else m["content"]} for m in body["messages"][:-2]]
    everything = [len(compact(part)) for part in body["tools"] + body["system"] + messages]
    return sum(everything), sum(everything) - sum(everything[place] for place in changed)


def test_the_order_of_tools(client, cache, sink):
    warm(client)
    client.body["tools"].reverse()
    row = only_break(client, cache, client.asks())
    assert (row["cause"], row["segment"], row["segment_index"]) == ("tool_order", "tools", 0)
    event, = eventually(lambda: sink.events("tollgate.cache.break"), "the event arrives")
    assert event.attributes["tollgate.cache.rebilled_nano_usd"] == row["cost_nano_usd"]
    assert event.attributes["tollgate.request.id"] == row["request_id"] and event.attributes["tollgate.cache.cause"] == "tool_order"
    chat = eventually(lambda: [span for span in sink.named("chat ") if span.span_id == event.span_id], "the attempt's span arrives")[0]
    assert chat.trace_id == event.trace_id
    for name, value in (("breaks", 1), ("rebilled.tokens", row["rebilled_tokens"]), ("rebilled.cost", row["cost_nano_usd"])):
        eventually(lambda: [p.value for p in sink.latest(f"tollgate.cache.{name}", tollgate__cache__cause="tool_order")] == [value],
                   f"tollgate.cache.{name} is {value}")


def test_another_tool(client, cache):
    warm(client)
    client.body["tools"].append({"name": "Write", "description": "Writes.", "input_schema": {"type": "object"}})
    row = only_break(client, cache, client.asks())
    assert (row["cause"], row["segment"], row["segment_index"]) == ("tools_changed", "tools", 3)


def test_the_attribution_line(client, cache):
    warm(client)
    whole, again = sizes(client, 3)
    client.body["system"][0]["text"] = ATTRIBUTION.replace("e8d", "e8e")
    expected = readable(cache.usages[-1]) * again // whole
    row = only_break(client, cache, client.asks(), expected)
    assert (row["cause"], row["segment"], row["segment_index"]) == ("attribution_changed", "system", 0)


def test_the_system_prompt(client, cache):
    warm(client)
    whole, again = sizes(client, 5)
    client.body["system"][2]["text"] += " Today is Tuesday."
    expected = readable(cache.usages[-1]) * again // whole
    row = only_break(client, cache, client.asks(), expected)
    assert (row["cause"], row["segment"], row["segment_index"]) == ("system_changed", "system", 2)


def test_an_edited_message(client, cache):
    warm(client)
    # Up to the third message it was cached by the second call.
    kept, all_of_it = readable(cache.usages[1]), readable(cache.usages[-1])
    message = client.body["messages"][3]
    behind = [len(compact(m)) for m in without_marks(client.body)["messages"][3:-2]]
    message["content"][0]["text"] = "Something else."
    row = only_break(client, cache, client.asks(), kept + (all_of_it - kept) * sum(behind[1:]) // sum(behind))
    assert (row["cause"], row["segment"], row["segment_index"]) == ("history_edited", "message", 3)


def test_another_model(client, cache):
    warm(client)
    client.body["model"] = OPUS
    assert only_break(client, cache, client.asks(), model=OPUS)["cause"] == "model_switch"


def test_another_provider(make_gateway, upstream, cache):
    gateway = make_gateway()
    gateway.config["providers"].append({"name": "other", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY + "2"})
    gateway.start("--loops", "2")
    client = Client(gateway, gateway.issue())
    warm(client)
    client.body["model"] = f"other/{SONNET}"
    row = only_break(client, cache, client.asks())
    assert (row["cause"], row["provider"]) == ("provider_switch", "other")


@pytest.fixture(scope="session")
def clock(tmp_path_factory):
    library = tmp_path_factory.mktemp("clock") / "shifted_clock.so"
    source = pathlib.Path(__file__).parent / "rig" / "shifted_clock.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.mark.parametrize("ttl, seconds, lapses", [("5m", 290, False), ("5m", 310, True), ("1h", 3500, False), ("1h", 3700, True)])
def test_a_lapse(make_gateway, cache, clock, ttl, seconds, lapses):
    gateway = make_gateway()
    shift = gateway.folder / "shift"
    shift.write_bytes(struct.pack("q", 0))
    gateway.environment |= {"LD_PRELOAD": str(clock), "SHIFTED_CLOCK": str(shift)}
    gateway.start("--loops", "1")
    client = Client(gateway, gateway.issue())
    client.ttl = {} if ttl == "5m" else {"ttl": ttl}
    warm(client)
    cache.ahead = seconds
    with open(shift, "r+b") as file:
        file.write(struct.pack("q", seconds))
    request = client.asks()
    if not lapses:
        return no_breaks(gateway, 5)
    row = only_break(client, cache, request)
    assert row["cause"] == "ttl_lapse" and row["ttl_s"] == (300 if ttl == "5m" else 3600)
    assert seconds <= row["since_last_ns"] / 1e9 < seconds + 10


def test_a_parameter(client, cache):
    client.body["thinking"] = {"type": "adaptive"}
    warm(client)
    client.body["thinking"] = {"type": "disabled"}
    row = only_break(client, cache, client.asks())
    assert (row["cause"], row["parameter"], row["segment"]) == ("parameters_changed", "thinking", "")
    assert row["read_tokens"] > 3000, "tools and system are read all the same"


def test_no_breakpoint_any_more(client, cache):
    warm(client)
    client.marks = False
    row = only_break(client, cache, client.asks())
    assert row["cause"] == "cache_control_removed" and row["cost_nano_usd"] == row["rebilled_tokens"] * (2000 - 100)


def test_a_breakpoint_in_front(client, cache):
    warm(client)
    body = client.marked()
    del body["messages"][-1]["content"][-1]["cache_control"]
    assert only_break(client, cache, client.asks(body))["cause"] == "cache_control_moved"


def test_too_many_blocks_at_once(client, cache):
    warm(client)
    calls = [{"type": "tool_use", "id": f"many_{n}", "name": "Bash", "input": {}} for n in range(11)]
    client.body["messages"][-2:] = [
        {"role": "assistant", "content": calls},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": c["id"], "content": "done"} for c in calls]}]
    assert only_break(client, cache, client.asks())["cause"] == "lookback"


def test_a_compaction(client, cache):
    warm(client)
    whole = client.body["messages"]
    client.body["messages"] = whole + [{"role": "assistant", "content": "I see."}, {"role": "user", "content": "Sum it all up."}]
    client.asks(**{"x-claude-code-compaction": "auto"})
    # What counts is the call before: the one that sums up leaves nothing that anybody goes on from.
    summing = cache.usages.pop()
    assert summing["cache_read_input_tokens"] > 0
    client.body["messages"] = [{"role": "user", "content": filler("summary", 6000)}]
    row = only_break(client, cache, client.asks(**{"x-claude-code-context-compacted": "auto"}))
    assert row["cause"] == "compaction"
    client.goes_on()
    client.asks()
    assert len(breaks(client.gateway, 1)) == 1


def test_a_provider_that_forgot(client, cache):
    warm(client)
    cache.forget()
    row = only_break(client, cache, client.asks())
    assert (row["cause"], row["segment"]) == ("upstream", "")


def no_breaks(gateway, requests):
    gateway.ledger.closed(requests)
    assert gateway.stop() == 0, "what was not told yet is told"
    assert gateway.ledger.rows("SELECT * FROM cache_breaks") == []


def test_a_long_session_raises_no_alarm(make, upstream, cache, second):
    gateway, key = make()
    client = Client(gateway, key)
    agent = Client(gateway, key, agent="a97bd800fbddb4afd")
    agent.headers["x-claude-code-session-id"] = client.headers["x-claude-code-session-id"]
    agent.body["system"][2]["text"] = filler("explore", 5000)
    agent.body["messages"] = [{"role": "user", "content": "Look around."}]
    asked = 0
    for turn in range(30):
        if turn in (5, 6, 7):
            agent.asks()
            agent.goes_on()
        if turn == 10:
            # A title, a count, and a question aside, while the next turn is under way.
            client.asks({"model": SONNET, "max_tokens": 20, "messages": [{"role": "user", "content": "A title, please."}]})
            counted = {name: value for name, value in client.body.items() if name not in ("max_tokens", "stream")}
            assert gateway.messages(key, compact(counted), client.headers, target="/v1/messages/count_tokens").status == 200
            asked += 1
            aside = client.marked()
            aside["messages"].append({"role": "system", "content": "Aside: what is next?"})
            beside = threading.Thread(target=client.asks, args=(aside,))
            beside.start()
            client.asks()
            beside.join()
            asked += 1
        elif turn == 20:
            # Overloaded for a moment: the client sends it again.
            cache.script = [error(529, "overloaded_error")]
            assert gateway.messages(key, compact(client.marked()), client.headers).status == 529
            asked += 1
            client.asks()
        elif turn == 25:
            # Wound back by two turns, another way is taken.
            del client.body["messages"][-4:]
            client.goes_on(3000)
            client.asks()
        else:
            client.asks()
        client.goes_on(1500 if turn % 2 else 6000)
    no_breaks(gateway, 30 + 3 + asked)


def test_a_fallback_is_a_switch_and_nothing_else(make, upstream, cache, second):
    gateway, key = make()
    other = PromptCache()
    second.answers(other)
    client = Client(gateway, key)
    client.body["model"] = "acme/sonnet"
    warm(client)
    cache.script = [error(529, "overloaded_error")]
    request = client.asks()
    row, = breaks(gateway, 1)
    tokens = readable(cache.usages[-1])
    assert row["cause"] == "provider_switch" and row["request_id"] == request and row["provider"] == "last" and row["model"] == OPUS
    assert row["rebilled_tokens"] == tokens and row["cost_nano_usd"] == extra(other.usages[0], tokens, OPUS)


def test_it_can_be_switched_off(make_gateway, cache):
    gateway = make_gateway()
    gateway.config["telemetry"]["cache_forensics"] = False
    gateway.start("--loops", "1")
    client = Client(gateway, gateway.issue())
    warm(client)
    cache.forget()
    client.asks()
    no_breaks(gateway, 5)


def test_the_report(client, cache, gateway, key):
    warm(client)
    client.body["tools"].reverse()
    client.asks()
    other = Client(gateway, gateway.issue(user="bob"))
    warm(other)
    cache.forget()
    other.asks()
    rows = breaks(gateway, 2)
    gateway.ledger.closed(10)
    report = gateway.report("--cache", "--by", "cause,user")
    assert {(row["cause"], row["user"]): (row["breaks"], row["rebilled_tokens"], row["cost_nano_usd"]) for row in report["rows"]} == {
        ("tool_order", "alice"): (1, rows[0]["rebilled_tokens"], rows[0]["cost_nano_usd"]),
        ("upstream", "bob"): (1, rows[1]["rebilled_tokens"], rows[1]["cost_nano_usd"])}
    read = sum(usage["cache_read_input_tokens"] for usage in cache.usages)
    written = sum(usage["cache_creation_input_tokens"] for usage in cache.usages)
    assert report["cache_read_tokens"] == read and report["saved_by_reads_nano_usd"] == read * (2000 - 100)
    assert report["saved_nano_usd"] == read * (2000 - 100) - report["extra_of_writes_nano_usd"] and report["extra_of_writes_nano_usd"] >= written * 500 > 0
    assert report["total"]["breaks"] == 2
    table = gateway.run("report", "--cache").stdout
    assert "tool_order" in table and "upstream" in table and "tokens were read from caches, which saved" in table
    csv = gateway.run("report", "--cache", "--by", "model,day", "--format", "csv").stdout
    assert csv.splitlines()[0] == "model,day,breaks,rebilled_tokens,cost_nano_usd,cost_usd,unpriced_breaks" and SONNET in csv
    assert gateway.run("report", "--cache", "--until", "2020-01-01", "--format", "csv").stdout.split() == ["cause,breaks,rebilled_tokens,cost_nano_usd,cost_usd,unpriced_breaks"]
    assert "there is no column `weather`" in gateway.run("report", "--cache", "--by", "weather", code=None).stderr


@pytest.mark.client
def test_the_real_client_has_none_in_a_tool_loop(tmp_path, gateway, key, upstream, cache):
    folder = tmp_path / "developer"
    folder.mkdir()
    claude = Claude(folder, gateway.url, key.secret)
    file = str(claude.work / "hello.txt")
    cache.script = [
        Message(text="Writing.", tools=[tool("Write", file_path=file, content="hello\n" * 500)]),
        Message(text="", tools=[tool("Read", file_path=file)]),
        Message(text="", tools=[tool("Bash", command="ls -1", description="List files"), tool("Read", file_path=file)]),
        Message(text="", tools=[tool("Agent", description="Hi", prompt="Say hi.", subagent_type="general-purpose", run_in_background=False)]),
        Message(text="Hi from the subagent."), Message(text="The loop is done.")]
    claude.run("Do it.", "--dangerously-skip-permissions").said("The loop is done.")
    assert cache.usages[2]["cache_read_input_tokens"] > 5000
    no_breaks(gateway, len(upstream.calls))
