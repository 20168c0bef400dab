"""Requests that are wrong deep inside, or hold what a provider has no word for; over every dialect."""

import json

import pytest

from elsewhere import PROVIDERS
from everywhere import READERS, TRANSLATED, Everywhere, says
from rig.replies import Call, Usage, reply

WEATHER = {"name": "weather", "description": "The weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
CALL = {"type": "tool_use", "id": "toolu_01ABCDEFGHIJ", "name": "weather", "input": {"city": "Bern"}}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    found = Everywhere(tmp_path_factory.mktemp("requests"))
    yield found
    found.stop()


@pytest.fixture(autouse=True)
def no_violations(world):
    yield
    for other in world.others.values():
        assert not other.forget_violations()


def user(*blocks):
    return {"messages": [{"role": "user", "content": list(blocks)}]}


def result(content):
    return {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [CALL]},
                         {"role": "user", "content": [{"type": "tool_result", "tool_use_id": CALL["id"], "content": content}]}], "tools": [WEATHER]}


WRONG = {
    "messages.0.content.0.text": user({"type": "text", "text": 7}),
    "messages.0.content.1.type": user({"type": "text", "text": "a"}, {"text": "b"}),
    "messages.0.content.0": user("text"),
    "messages.0.content": {"messages": [{"role": "user", "content": 7}]},
    "messages.0.role": {"messages": [{"role": "robot", "content": "Hi"}]},
    "messages.1": {"messages": [{"role": "user", "content": "Hi"}, "Hi"]},
    "messages": {"messages": {}},
    "messages ": {"messages": []},
    "messages.0.content.0.source": user({"type": "image", "source": {"type": "base64"}}),
    "messages.0.content.0.source ": user({"type": "image", "source": 7}),
    "messages.1.content.0.input": {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [{**CALL, "input": "no"}]}]},
    "messages.1.content.0.name": {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [{**CALL, "name": 7}]}]},
    "messages.2.content.0.content.1.text": result([{"type": "text", "text": "a"}, {"type": "text"}]),
    "messages.2.content.0.content.0.source": result([{"type": "image", "source": {"type": "base64", "media_type": 7}}]),
    "system": {"system": 7},
    "system.0.text": {"system": [{"type": "text"}]},
    "tools": {"tools": {}},
    "tools.0.name": {"tools": [{"input_schema": {}}]},
    "tools.0.input_schema": {"tools": [{"name": "a", "input_schema": "none"}]},
    "tools.0": {"tools": ["weather"]},
    "tool_choice": {"tools": [WEATHER], "tool_choice": "auto"},
    "tool_choice.type": {"tools": [WEATHER], "tool_choice": {"type": "perhaps"}},
    "tool_choice.name": {"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "unheard-of"}},
    "max_tokens": {"max_tokens": "many"},
    "max_tokens ": {"max_tokens": -1},
    "max_tokens  ": {"max_tokens": 1.5},
    "stop_sequences": {"stop_sequences": [7]},
    "stop_sequences ": {"stop_sequences": "STOP"},
    "temperature": {"temperature": "hot"},
    "thinking": {"thinking": "much"},
    "thinking.budget_tokens": {"thinking": {"type": "enabled", "budget_tokens": "all"}},
    "output_config": {"output_config": 7},
    "output_config.effort": {"output_config": {"effort": "utmost"}},
}


@pytest.mark.parametrize("path", WRONG)
@pytest.mark.parametrize("kind", READERS)
def test_wrong_inside(world, kind, path):
    before = len(world.others[kind].calls)
    world.refused(world.ask(kind, **WRONG[path]), path.strip())
    assert len(world.others[kind].calls) == before


@pytest.mark.parametrize("kind", READERS)
def test_halves_of_characters_do_not_go_out(world, kind):
    """Providers refuse them, and every further request of the conversation that holds one."""
    half = {"type": "tool_result", "tool_use_id": CALL["id"], "content": "cut \ud83d here, \U0001f600 not, \\ud800"}
    history = {"messages": [{"role": "user", "content": "Hi \udc00"}, {"role": "assistant", "content": [{**CALL, "input": {"city": "B\udfff"}}]},
                            {"role": "user", "content": [half]}], "tools": [WEATHER]}
    assert says(world.ask(kind, reply("Fine."), **history)) == "Fine."
    sent = world.others[kind].calls[-1].body.decode()
    told = json.dumps(json.loads(sent), ensure_ascii=False)
    told.encode()
    assert "cut \ufffd here, \U0001f600 not" in told and "Hi \ufffd" in told and "B\ufffd" in told


@pytest.mark.parametrize("kind", READERS)
def test_nothing_at_all(world, kind):
    body = {"model": f"{kind}!", "max_tokens": 10}
    world.refused(world.gateway.messages(world.key, body), "messages")


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("depth", [20, 60, 5000])
def test_deep_nesting(world, kind, depth):
    inner = '[{"type":"tool_result","tool_use_id":"t","content":' * depth + '"x"' + "}]" * depth
    body = f'{{"model":"{kind}!","max_tokens":10,"messages":[{{"role":"user","content":{inner}}}]}}'
    assert world.gateway.messages(world.key, body.encode()).status in (200, 400)
    assert says(world.ask(kind, reply("Alive."))) == "Alive."


UNKNOWN = {
    "a block": user({"type": "hologram", "data": {"x": [1]}}, {"type": "text", "text": "Hi"}),
    "a block in a result": result([{"type": "hologram", "data": 7}, {"type": "text", "text": "Sun"}]),
    "a result of a server's tool": {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [
            {"type": "web_search_result", "url": "https://a.example", "title": "A", "encrypted_content": "x", "page_age": None}]},
        {"type": "text", "text": "Found."}]}, {"role": "user", "content": "Go on."}]},
    "members": {"a_new_member": {"deep": [None, {"x": 1}]}, "container": None, "another": 7},
    "members of blocks": user({"type": "text", "text": "Hi", "a_new_member": {"x": 1}, "citations": None}),
    "members of tools": {"tools": [{**WEATHER, "a_new_member": [1], "eager_input_streaming": True}]},
    "thoughts of another": {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "EqQBCkYIBxgCKkB"}, {"type": "redacted_thinking", "data": "Eq"}, {"type": "text", "text": "Yes."}]},
        {"role": "user", "content": "Go on."}]},
    "a result without its call": {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_gone", "content": "Sun"}]}]},
    "a call without its result": {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [CALL]}, {"role": "user", "content": "Stop."}],
                                  "tools": [WEATHER]},
    "empty texts": {"messages": [{"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "Hi"}]}], "system": ""},
    "the same member twice": user({"type": "text", "text": "Hi"}),
    "odd numbers": {"temperature": 1.0, "top_p": 0.5e0, "top_k": 40},
}


@pytest.mark.parametrize("name", UNKNOWN)
@pytest.mark.parametrize("kind", TRANSLATED)
def test_what_is_not_known_does_not_stop_a_request(world, kind, name):
    answer = world.ask(kind, reply("Well."), **UNKNOWN[name])
    assert says(answer) == "Well.", answer.body
    world.row(kind, answer)


# Tools that are loaded later


@pytest.mark.parametrize("kind", TRANSLATED)
def test_deferred_tools_come_when_they_were_referred_to(world, kind):
    tools = [WEATHER, {**WEATHER, "name": "later", "defer_loading": True}, {**WEATHER, "name": "never", "defer_loading": True}]
    search = {"type": "tool_use", "id": "toolu_01SEARCHSEARCH", "name": "weather", "input": {}}
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [search]}, {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": search["id"], "content": [{"type": "tool_reference", "tool_name": "later"}]}]}]
    other = world.others[kind]
    answer = world.ask(kind, reply(Call("later", {"city": "B"})), messages=messages, tools=tools, stream=True)
    assert [e["content_block"].get("name") for e in answer.events if e["type"] == "content_block_start"][-1] == "later"
    sent = other.calls[-1].body.decode()
    assert '"later"' in sent and '"never"' not in sent
    assert says(world.ask(kind, reply("Hi."), tools=tools)) == "Hi."
    assert '"later"' not in other.calls[-1].body.decode()
    # One that must be called is there to be called.
    assert says(world.ask(kind, reply("Hi."), tools=tools, tool_choice={"type": "tool", "name": "later"})) == "Hi."
    assert '"later"' in other.calls[-1].body.decode() and '"never"' not in other.calls[-1].body.decode()


# Ends


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", TRANSLATED)
def test_stop_sequences(world, kind, stream):
    watched = kind in ("responses", "azure", "xai")
    script = reply("one two three STOP four", size=4) if watched else reply("one two three ", stop="stop_sequence" if "bedrock" in kind else None)
    answer = world.ask(kind, script, stream=stream, stop_sequences=["STOP"])
    assert says(answer) == "one two three "
    if watched:
        end = answer.events[-2]["delta"] if stream else answer.json
        assert (end["stop_reason"], end["stop_sequence"]) == ("stop_sequence", "STOP")
        row = world.row(kind, answer)
        assert row["output_tokens"] > 0, "by the provider if it came to that, else by what was written"


@pytest.mark.parametrize("kind", PROVIDERS)
def test_max_tokens_0_is_answered(world, kind):
    answer = world.ask(kind, reply(""), max_tokens=0)
    assert answer.status == 200, answer.body
    assert answer.json["type"] == "message" and answer.json["usage"]["output_tokens"] >= 0


# Prices


@pytest.mark.parametrize("ticks, nano", [(0, 0), (12345, 1234), (98765432100, 9876543210), (1, 0)])
def test_what_xai_says_that_it_cost_is_the_cost(world, ticks, nano):
    row = world.row("xai", world.ask("xai", reply("Hi.", usage=Usage(input=100, cached=0, output=40, ticks=ticks)), stream=True))
    assert abs(row["cost_nano_usd"] - nano) <= 1 and not row["estimated"] and row["output_tokens"] == 40


@pytest.mark.parametrize("kind", ["responses", "chat"])
@pytest.mark.parametrize("tier, factor", [("default", 1), ("priority", 2), ("flex", 0.5)])
def test_service_tiers_have_their_prices(world, kind, tier, factor):
    row = world.row(kind, world.ask(kind, reply("Hi.", usage=Usage(input=1000, cached=0, output=400, tier=tier))))
    prices = PROVIDERS[kind].prices
    usual = 1000 * prices[0] + 400 * prices[2]
    if row["unpriced"]:
        pytest.skip("the built-in row says nothing of the tier")
    assert row["cost_nano_usd"] >= usual if factor >= 1 else row["cost_nano_usd"] < usual
    assert (row["cost_nano_usd"] == usual) == (factor == 1)


# Searching the web


SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}


@pytest.mark.parametrize("kind", ["responses", "azure", "xai", "gemini", "vertex-gemini"])
def test_a_search_is_the_providers_own(world, kind):
    answer = world.ask(kind, reply("Found."), tools=[SEARCH], stream=True)
    assert says(answer) == "Found."
    sent = world.others[kind].calls[-1].json["tools"]
    assert sent == [{"type": "web_search"}] or sent == [{"googleSearch": {}}] or sent[0].get("type", "").startswith("web_search"), sent


BOUND = {**SEARCH, "allowed_domains": ["a.example"], "user_location": {"type": "approximate", "country": "CH"}}
LOST = {"responses": set(), "azure": set(), "xai": {"user_location", "max_uses"}, "gemini": {"allowed_domains", "user_location", "max_uses"}}


@pytest.mark.parametrize("kind", LOST)
def test_what_binds_a_search_is_said_or_told_as_lost(world, kind):
    answer = world.ask(kind, reply("Found."), tools=[BOUND], headers={"x-tollgate-fidelity": "1"})
    receipt = dict(part.split("=") for part in answer.header("x-tollgate-fidelity").split("; "))
    assert {part for part in receipt.get("dropped", "").split(",") if part in BOUND} == LOST[kind]
    sent = world.others[kind].calls[-1].json
    if kind != "gemini":
        assert sent["tools"][0]["filters"] == {"allowed_domains": ["a.example"]}
    assert sent.get("max_tool_calls") == (None if "max_uses" in LOST[kind] else 8)


@pytest.mark.parametrize("kind", TRANSLATED)
def test_tools_of_servers_are_left_out_beside_others(world, kind):
    body = {"tools": [{"type": "mcp_toolset", "mcp_server_name": "x"}, WEATHER], "mcp_servers": [{"type": "url", "url": "https://x.example", "name": "x"}]}
    answer = world.ask(kind, reply("Well."), headers={"x-tollgate-fidelity": "1"}, **body)
    assert says(answer) == "Well." and "server_tools" in answer.header("x-tollgate-fidelity")
    assert b"mcp" not in world.others[kind].calls[-1].body
    world.refused(world.ask(kind, tools=body["tools"][:1]), "tools")


@pytest.mark.parametrize("kind", ["chat", "compatible", "bedrock-converse"])
def test_who_cannot_search_says_so(world, kind):
    answer = world.ask(kind, tools=[SEARCH])
    assert answer.status == 400 and "web_search" in answer.error[1]
    world.refused(answer, answer.error[1][:5])
