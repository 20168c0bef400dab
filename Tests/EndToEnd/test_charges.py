"""What accounts are charged: broken streams, logins, other providers, what has no price, reloads and odd scopes."""

import base64
import contextlib
import json
import uuid

import pytest

from elsewhere import PROVIDERS
from expectations import is_our_error
from governed import CHEAP, asked, budget, costs, dear, governed, settled, spent, verify
from rig.answers import Json, Message, Whole
from rig.gateway import prompt
from rig.messages import envelope, frame
from rig.replies import Text, Usage, reply

# Streams


@pytest.mark.parametrize("fail", ["cut", "reset", "overloaded_error"])
def test_a_broken_stream_is_charged_as_the_ledger_says(make_gateway, upstream, fail):
    gateway = governed(make_gateway, budget("cap", "10", budget_applies_per=["user"])).start()
    upstream.answers(Message(text="word " * 50, fail=fail, fail_after=20))
    gateway.messages(gateway.issue(), dear(stream=True))
    (row,) = gateway.ledger.closed(1)
    assert row["cost_nano_usd"] > 0
    assert settled(gateway) == {("cap", "user=alice"): row["cost_nano_usd"]}


def test_a_client_that_hangs_up_is_charged_an_estimate(make_gateway, upstream):
    gateway = governed(make_gateway, budget("cap", "10"), budget("tokens", "1M", "tokens_per_day")).start("--loops", "2")
    key = gateway.issue()
    gates = []
    for place in (0, 3, 10):
        gates.append(upstream.gate())
        upstream.answers(Message(text="word " * 50, gate=gates[-1], gate_after=place))
        with asked(gateway, key, dear(stream=True)):
            gates[-1].wait()
    rows = gateway.ledger.closed(3)
    assert all(row["outcome"] == "client_gone" and row["estimated"] for row in rows)
    found = settled(gateway)
    assert found[("cap", "")] == spent(gateway) > 0
    assert found[("tokens", "")] == sum(tokens for _, _, tokens in costs(gateway))
    for gate in gates:
        gate.open()


@pytest.mark.parametrize("said", [{}, {"usage": {"input_tokens": 0, "output_tokens": 0}}], ids=["silent", "zeros"])
@pytest.mark.parametrize("stream, status", [(False, 529), (False, 200), (True, 200)])
def test_an_error_that_is_all_of_an_answer_costs_nothing(make_gateway, upstream, stream, status, said):
    gateway = governed(make_gateway, budget("cap", "10")).start("--loops", "1")
    error = envelope("overloaded_error", "Scripted.") | said
    failing = Whole(frame(error), content_type="text/event-stream")
    upstream.answers(failing if stream else Json(error, status))
    gateway.messages(gateway.issue(), dear(stream=stream))
    (row,) = gateway.ledger.closed(1)
    assert (row["outcome"], row["error_type"]) == ("upstream_error", "overloaded_error")
    assert (row["cost_nano_usd"], row["input_tokens"], row["output_tokens"], row["estimated"]) == (0, 0, 0, 0)
    assert settled(gateway) == {("cap", ""): 0}


# Advice

STEP = {"cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 100}


def advised(*models):
    """The usage of an answer for which other models were consulted, between the steps of the one that was asked."""
    steps = [{**STEP, "type": "advisor_message", "model": model, "input_tokens": 1000} for model in models]
    return {**STEP, "input_tokens": 10, "iterations": [{**STEP, "type": "message", "input_tokens": 10}, *steps]}


def told(usage):
    """A stream whose last event has all of its usage."""
    first = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-5-5", "content": [], "stop_reason": None,
             "stop_sequence": None, "usage": {**STEP, "input_tokens": 10, "output_tokens": 1, "speed": usage.pop("speed", "standard")}}
    last = {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage}
    return Whole(b"".join(map(frame, [{"type": "message_start", "message": first}, last, {"type": "message_stop"}])), content_type="text/event-stream")


# Sonnet: 2 and 10 dollars for a million tokens, Opus 4 and 20 (the fixture's prices of the table that is built in).
OWN, CONSULTED = 10 * 2_000 + 100 * 10_000, {"claude-opus-5-5": 1000 * 4_000 + 100 * 20_000, "claude-unheard-of-9": 1000 * 2_000 + 100 * 10_000}


@pytest.mark.parametrize("models", [["claude-opus-5-5"], ["claude-opus-5-5"] * 4, ["claude-unheard-of-9"]], ids=["one", "many", "unpriced"])
def test_an_advisor_is_charged_at_its_own_price(make_gateway, upstream, models):
    gateway = governed(make_gateway, budget("cap", "10")).start("--loops", "1")
    upstream.answers(told(advised(*models)))
    assert gateway.messages(gateway.issue(), prompt(model="claude-sonnet-5-5", stream=True)).status == 200
    (row,) = gateway.ledger.closed(1)
    assert row["cost_nano_usd"] == OWN + sum(CONSULTED[model] for model in models)
    assert (row["input_tokens"], row["output_tokens"], row["unpriced"]) == (10, 100, 0)
    assert row["estimated"] == ("claude-unheard-of-9" in models)
    assert settled(gateway) == {("cap", ""): row["cost_nano_usd"]}
    done = gateway.run("report", "recompute", "--since", "1d", "--prices", "current", "--format", "json", "--dry-run")
    assert json.loads(done.stdout)["total"]["difference_nano_usd"] == 0, "what its tokens do not tell is not taken from it"


@pytest.mark.parametrize("end", [[], [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}]], ids=["none", "without usage"])
def test_a_stream_that_never_counts_its_answer_is_estimated(make_gateway, upstream, end):
    """Of servers that only resemble Anthropic: `message_start` says one token."""
    gateway = make_gateway().start("--loops", "1")
    first = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5", "content": [], "stop_reason": None,
             "stop_sequence": None, "usage": {"input_tokens": 10, "output_tokens": 1}}
    text = [{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "word " * 200}}, {"type": "content_block_stop", "index": 0}]
    events = [{"type": "message_start", "message": first}, *text, *end, {"type": "message_stop"}]
    upstream.answers(Whole(b"".join(map(frame, events)), content_type="text/event-stream"))
    assert gateway.messages(gateway.issue(), prompt(model="claude-opus-5-5", stream=True)).status == 200
    (row,) = gateway.ledger.closed(1)
    assert row["estimated"] and row["input_tokens"] == 10 and row["output_tokens"] >= 100, dict(row)


def test_a_stream_in_fast_mode_is_recomputed_as_one(make_gateway, upstream):
    """Only its first usage says how fast it was, and the last is kept."""
    gateway = governed(make_gateway, budget("cap", "10")).start("--loops", "1")
    upstream.answers(told({**STEP, "input_tokens": 10, "speed": "fast"}))
    assert gateway.messages(gateway.issue(), prompt(model="claude-opus-5-5", stream=True)).status == 200
    (row,) = gateway.ledger.closed(1)
    assert row["cost_nano_usd"] > 10 * 4_000 + 100 * 20_000, "fast mode has its price"
    done = gateway.run("report", "recompute", "--since", "1d", "--prices", "current", "--format", "json", "--dry-run")
    result = json.loads(done.stdout)
    assert (result["total"]["difference_nano_usd"], result["assumed"]) == (0, 0)


# Counts that cannot be


def test_what_an_upstream_counts_beyond_all_bounds_is_bounded_everywhere(make_gateway, upstream):
    """A trillion searches are more dollars than a sum of 64 bits holds; neither the process nor an account may end of it."""
    gateway = governed(make_gateway, budget("cap", "1000000")).start("--loops", "1")
    key = gateway.issue()
    usage = {**CHEAP, "server_tool_use": {"web_search_requests": 2**40}}
    upstream.answers(*[Message(usage=usage) for _ in range(3)])
    for stream in (True, False, True):
        assert gateway.messages(key, dear(stream=stream)).status == 200
    rows = gateway.ledger.closed(3)
    assert [(row["cost_nano_usd"], row["estimated"]) for row in rows] == [(2**46, 1)] * 3
    assert settled(gateway) == {("cap", ""): 3 * 2**46}
    assert verify(gateway)["findings"] == []


@pytest.mark.parametrize("count", [-1, 0, None, 2**41, 1e300])
@pytest.mark.parametrize("stream", [True, False])
def test_counts_that_cannot_be_are_no_zero(make_gateway, upstream, count, stream):
    gateway = governed(make_gateway, budget("cap", "10")).start()
    upstream.answers(Message(text="word " * 50, usage={**CHEAP, "input_tokens": count, "output_tokens": count}))
    assert gateway.messages(gateway.issue(), dear(stream=stream)).status == 200
    (row,) = gateway.ledger.closed(1)
    assert row["estimated"] and row["input_tokens"] > 0 and row["output_tokens"] > 0 and row["cost_nano_usd"] > 0, dict(row)


# Logins


LOGIN = {"authorization": "Bearer sk-ant-oat01-the-developers-own-login"}


def test_a_developers_own_subscription_counts_at_list_prices(make_gateway, upstream):
    gateway = governed(make_gateway, budget("cap", "0.05", budget_applies_per=["user"])).start()
    key = gateway.issue()
    upstream.answers(Message(usage={**CHEAP, "output_tokens": 1000}))
    headers = {**LOGIN, "x-tollgate-api-key": key.secret}
    while (answer := gateway.messages(None, dear(), headers)).status == 200:
        assert answer.header("anthropic-ratelimit-unified-overage-utilization") is None, "the limits shown are those of the login"
        gateway.ledger.settle()
    is_our_error(answer, 429, "billing_error")
    assert all(call.header("authorization") == LOGIN["authorization"] for call in upstream.calls)
    assert settled(gateway) == {("cap", "user=alice"): spent(gateway)}


# Other providers


def test_what_is_translated_is_charged_alike(make_gateway, openai_upstream):
    gateway = governed(
        make_gateway, budget("cap", "0.2", budget_applies_per=["user", "provider"]), budget("tokens", "1M", "tokens_per_day"),
        providers=[{"name": "gpt", "kind": "openai", "base_url": openai_upstream.url + "/v1", "api_key": openai_upstream.key}],
        models=[{"name": "claude-*", "target": "gpt/gpt-5.5"}]).start("--loops", "2")
    key = gateway.issue()
    openai_upstream.answers(reply(Text("Hello."), usage=Usage(input=1000, cached=500, output=1500)))
    answers = []
    while not answers or answers[-1].status == 200:
        answers.append(gateway.messages(key, dear(stream=len(answers) % 2 == 1)))
        gateway.ledger.settle()
    is_our_error(answers[-1], 429, "billing_error")
    found = settled(gateway)
    assert found[("cap", "user=alice,provider=gpt")] == spent(gateway) <= 200_000_000
    assert found[("tokens", "")] == 3000 * (len(answers) - 1)


def test_a_request_in_a_clouds_own_form_is_charged_alike(make_gateway, bedrock_upstream, tmp_path):
    folder = tmp_path / "bedrock"
    folder.mkdir()
    gateway = governed(
        make_gateway, budget("cap", "0.05"), runaway=[{"id": "loops", "same_tool_calls": 3}],
        providers=[{"name": "bedrock", **PROVIDERS["bedrock-claude"].setting(bedrock_upstream, folder)}],
        models=[{"name": "claude-*", "target": "bedrock/anthropic.claude-*"}]).start()
    key = gateway.issue()
    bedrock_upstream.answers(reply(Text("Hello."), usage=Usage(input=1000, cached=0, output=500)))
    path = "/bedrock/model/us.anthropic.claude-opus-5-5/invoke"
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 600, "messages": [{"role": "user", "content": "Hi"}]}
    while (answer := gateway.messages(key, body, target=path)).status == 200:
        gateway.ledger.settle()
    is_our_error(answer, 429, "billing_error")
    assert settled(gateway) == {("cap", ""): spent(gateway)} and spent(gateway) > 0
    calls = [{"role": "assistant", "content": [{"type": "tool_use", "id": f"toolu_{n}", "name": "Bash", "input": {}}]} for n in range(3)]
    answer = gateway.messages(key, {**body, "messages": [*body["messages"], *calls]}, target=path)
    is_our_error(answer, 400, "policy_blocked")
    inner = base64.b64encode(json.dumps(body).encode()).decode()
    counted = gateway.messages(key, {"input": {"invokeModel": {"body": inner}}}, target=path.replace("invoke", "count-tokens"))
    assert counted.status == 200, counted.body


def test_a_model_without_a_price(make_gateway, upstream):
    gateway = governed(
        make_gateway, budget("strict", "10", when={"teams": ["platform"]}),
        budget("lenient", "1", unpriced_reserve="0.4", when={"teams": ["data"]})).start()
    gateway.config["providers"].append(
        {"name": "local", "kind": "openai-compatible", "dialect": "messages", "base_url": upstream.url + "/v1"})
    gateway.reload()
    strict, lenient = gateway.issue(), gateway.issue(user="bob", team="data")
    house = prompt(model="local/house-model")
    answer = gateway.messages(strict, house)
    is_our_error(answer, 429, "billing_error")
    assert "no price" in answer.error[1] and answer.header("x-should-retry") == "false" and answer.header("retry-after") is None
    assert [gateway.messages(lenient, house).status for _ in range(3)] == [200, 200, 429]
    gateway.ledger.closed(2)
    assert settled(gateway) == {("lenient", ""): 800_000_000}
    gateway.stop()
    gateway.config["budgets"][1]["unpriced_reserve"] = "0.15"
    gateway.restart()
    assert [gateway.messages(lenient, house).status for _ in range(2)] == [200, 429]
    gateway.ledger.closed(3)
    assert settled(gateway) == {("lenient", ""): 950_000_000}


def test_a_tier_without_a_price_is_charged_what_was_held(make_gateway, openai_upstream):
    """The model has a price, the tier that served it has none: what was held is the charge, also after a restart."""
    gateway = governed(
        make_gateway, budget("cap", "10"), prices="own.prices", models=[{"name": "claude-*", "target": "gpt/gpt-5.5"}],
        providers=[{"name": "gpt", "kind": "openai", "base_url": openai_upstream.url + "/v1", "api_key": openai_upstream.key}])
    (gateway.folder / "own.prices").write_text("table own\ngpt-5.5 - - 2 20 2 2 0.2\n")
    gateway.start()
    key = gateway.issue()
    openai_upstream.answers(reply(Text("Hello."), usage=Usage(input=1000, cached=500, output=1500, tier="flex")))
    for _ in range(2):
        assert gateway.messages(key, dear()).status == 200
    assert all(row["unpriced"] for row in gateway.ledger.closed(2))
    before = settled(gateway)[("cap", "")]
    assert before > 0 and spent(gateway) == 0
    gateway.stop()
    gateway.restart()
    assert gateway.messages(key, dear()).status == 200
    gateway.ledger.closed(3)
    assert settled(gateway)[("cap", "")] > before


# Time


def test_a_reload_in_the_middle_loses_nothing(make_gateway, upstream):
    """Rules that come, go and change while requests are in flight."""
    gateway = governed(make_gateway, budget("old", "10"), budget("kept", "20", budget_applies_per=["user"])).start("--loops", "2")
    key, gate = gateway.issue(), upstream.gate()
    upstream.answers(Message(gate=gate, usage=CHEAP))
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(asked(gateway, key)) for _ in range(3)]
        upstream.wait_for(3)
        gateway.config["budgets"] = [budget("kept", "0.5", budget_applies_per=["user"]), budget("new", "30")]
        gateway.reload()
        gate.open()
        assert [connection.answer().status for connection in held] == [200] * 3
    gateway.ledger.closed(3)
    upstream.answers(Message(usage=CHEAP))
    assert gateway.messages(key).status == 200
    gateway.ledger.closed(4)
    found = settled(gateway)
    each = spent(gateway) // 4
    assert found[("old", "")] == 3 * each and found[("kept", "user=alice")] == 4 * each
    assert found[("new", "")] in (each, 4 * each), found


def test_sessions_agents_and_tags_in_one_scope(make_gateway, upstream):
    gateway = governed(
        make_gateway, budget("both", "10", "cost_total", budget_applies_per=["session", "metadata.project"]),
        budget("odd", "10", budget_applies_per=["metadata.odd"])).start()
    key = gateway.issue("--metadata", "project=a,b\\c")
    session = str(uuid.uuid4())
    tags = {"x-claude-code-session-id": session, "x-tollgate-metadata": json.dumps({"odd": "tab\there\nline"})}
    for _ in range(2):
        assert gateway.messages(key, prompt(), tags).status == 200
    gateway.ledger.closed(2)
    found = settled(gateway)
    assert found == {("both", f"session={session},metadata.project=a\\,b\\\\c"): spent(gateway),
                     ("odd", "metadata.odd=tab here line"): spent(gateway)}
    gateway.stop()
    gateway.restart()
    assert gateway.messages(key, prompt(), tags).status == 200
    gateway.ledger.closed(3)
    assert set(settled(gateway).values()) == {spent(gateway)}
