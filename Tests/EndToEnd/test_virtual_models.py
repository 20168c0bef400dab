"""Virtual models: which target is chosen and for how long, what goes out to it, and what happens when its account is full."""

import collections
import json
import time
import uuid

from rig.answers import Message, Whole, error
from rig.gateway import UPSTREAM_KEY, prompt
from rig.waiting import eventually
from virtual import NAME, PRIMARY, SECOND, ask, served

# Choice


def test_weights_and_stickiness_over_two_loops(make, upstream, second):
    gateway, key = make("weight", first={"weight": 9}, last={"weight": 1})
    sessions = [str(uuid.uuid4()) for _ in range(150)]
    first = {session: ask(gateway, key, session).header("x-tollgate-target") for session in sessions}
    again = {session: ask(gateway, key, session).header("x-tollgate-target") for session in sessions}
    assert first == again, "each request has a connection of its own, so both loops were asked"
    shares = collections.Counter(first.values())
    assert 3 <= shares[f"last/{SECOND}"] <= 33, shares
    gateway.stop()
    gateway.restart()
    assert {s: ask(gateway, key, s).header("x-tollgate-target") for s in sessions[:40]} == {s: first[s] for s in sessions[:40]}


def test_a_session_stays_where_a_fallback_brought_it(make, upstream, second):
    gateway, key = make()
    upstream.answers(error(500, "api_error"), Message())
    session = str(uuid.uuid4())
    served(ask(gateway, key, session), f"last/{SECOND}")
    for _ in range(12):
        served(ask(gateway, key, session), f"last/{SECOND}")
    assert len(upstream.calls) == 1
    served(ask(gateway, key), f"first/{PRIMARY}")


def test_a_breaker_opens_and_heals(make, upstream, second, sink):
    gateway, key = make(routing={"circuit_breaker": {"failures": 2, "open_for": "1s"}}, loops="1")
    upstream.answers(error(500, "api_error"), error(500, "api_error"), Message())
    for _ in range(2):
        served(ask(gateway, key), f"last/{SECOND}")
    begin = time.monotonic()
    served(ask(gateway, key), f"last/{SECOND}")
    if time.monotonic() - begin < 0.8:
        assert len(upstream.calls) == 2, "an open target is not asked"
    eventually(lambda: ask(gateway, key).header("x-tollgate-target") == f"first/{PRIMARY}", "a probe heals it", 10)
    served(ask(gateway, key), f"first/{PRIMARY}")
    reasons = {s.attributes["tollgate.route.reason"] for s in eventually(lambda: sink.named("chat "), "spans")}
    assert "the better ones are open" in reasons
    eventually(lambda: "probe" in {s.attributes["tollgate.route.reason"] for s in sink.named("chat ")}, "the probe has a span")
    for state in ("open", "half-open", "closed"):
        eventually(lambda: sink.latest("tollgate.breaker.transitions", **{"tollgate.breaker.to": state}), f"a transition to {state} is counted")
    eventually(lambda: [point.value for point in sink.latest("tollgate.breaker.state")] == [0], "none is open")


def test_a_breaker_opens_on_both_loops(make, upstream, second):
    gateway, key = make(routing={"circuit_breaker": {"failures": 2, "open_for": "30s"}})
    upstream.answers(error(500, "api_error"))
    for _ in range(20):
        served(ask(gateway, key), f"last/{SECOND}")
    assert len(upstream.calls) <= 3, "two on one loop, and one more if the other loop had one"


def test_the_fastest_is_chosen(make, upstream, second):
    gateway, key = make("latency")
    upstream.answers(Message(text="slow " * 40, pace=0.02, usage={"input_tokens": 5, "output_tokens": 20,
                             "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}))
    for _ in range(6):
        ask(gateway, key)
    targets = [served(ask(gateway, key), f"last/{SECOND}") for _ in range(6)]
    assert len(targets) == 6 and len(upstream.calls) <= 4


# What goes out


def test_overrides_and_their_stripped_twin(make, upstream, second, sink):
    gateway, key = make(
        first={"override_params": {"speed": "fast", "temperature": 0.5}, "strip_params": ["top_k"],
               "headers_override": {"set": {"anthropic-beta": "fast-mode-2026-02-01", "x-team": "acme"}, "remove": ["x-note"]}},
        last={"strip_params": ["speed"], "headers_override": {"remove": ["anthropic-beta: fast-mode-2026-02-01"]}})
    upstream.answers(error(429, "rate_limit_error"))
    sent = b'{"model" : "acme/sonnet", "max_tokens":10,\n "temperature": 1.0,"top_k":3, "speed":"fast","messages":[{"role":"user","content":"\\u00e9"}]}'
    headers = {"authorization": f"Bearer {key.secret}", "content-type": "application/json", "anthropic-version": "2023-06-01",
               "anthropic-beta": "one-1,fast-mode-2026-02-01", "x-note": "s"}
    answer = gateway.request("POST", "/v1/messages", headers, sent)
    assert answer.status == 200, answer.body
    first, last = upstream.calls[0], second.calls[0]
    assert first.body == (b'{"model" : "claude-sonnet-5-5", "max_tokens":10,\n "temperature": 0.5,"speed":"fast",'
                          b'"messages":[{"role":"user","content":"\\u00e9"}]}')
    assert first.header("anthropic-beta") == "one-1,fast-mode-2026-02-01" and first.header("x-team") == "acme"
    assert first.header("x-note") is None
    assert last.body == (b'{"model" : "claude-opus-5-5", "max_tokens":10,\n "temperature": 1.0,"top_k":3, '
                         b'"messages":[{"role":"user","content":"\\u00e9"}]}')
    assert last.header("anthropic-beta") == "one-1" and last.header("x-note") == "s"


def test_a_beta_is_added_to_those_of_the_client(make, upstream):
    gateway, key = make(first={"override_params": {"speed": "fast"}, "headers_override": {"set": {"anthropic-beta": "fast-mode-2026-02-01"}}})
    ask(gateway, key, headers={"anthropic-beta": "context-1m-2025-08-07"}, stream=False)
    (call,) = upstream.calls
    assert call.json["speed"] == "fast" and call.header("anthropic-beta") == "context-1m-2025-08-07,fast-mode-2026-02-01"


def thought(text, signature):
    return {"type": "thinking", "thinking": text, "signature": signature}


def test_thoughts_go_only_to_those_who_minted_them(make_gateway, upstream, second):
    gateway = make_gateway()
    gateway.config["providers"] = [
        {"name": "claude", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY},
        {"name": "own", "kind": "openai-compatible", "dialect": "messages", "base_url": second.url + "/v1", "api_key": "k"}]
    gateway.config["models"] = [{"name": NAME, "routing_config": {"type": "priority-based-routing", "load_balance_targets": [
        {"target": f"claude/{PRIMARY}", "priority": 0}, {"target": "own/local", "priority": 1}]}}]
    gateway.start("--loops", "2")
    key = gateway.issue()
    claudes = thought("Claude's.", "EqQB" + "CkYIBBgCKkBabc+/" * 8)
    owns, text = thought("Its own.", "sig-1"), {"type": "text", "text": "Hello."}
    history = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": [claudes, text]},
               {"role": "user", "content": "On."}, {"role": "assistant", "content": [owns, text]}, {"role": "user", "content": "On."}]
    upstream.answers(error(529, "overloaded_error"), Message())
    assert ask(gateway, key, messages=history).header("x-tollgate-target") == "own/local"
    assert ask(gateway, key, messages=history).header("x-tollgate-target") == f"claude/{PRIMARY}"
    for call in upstream.calls:
        assert [message["content"] for message in call.json["messages"]] == ["Hi.", [claudes, text], "On.", [text], "On."]
    (call,) = second.calls
    assert [message["content"] for message in call.json["messages"]] == ["Hi.", [text], "On.", [owns, text], "On."]


def test_tokens_are_counted_by_the_target(make, upstream):
    gateway, key = make()
    answer = gateway.messages(key, prompt(model=NAME), target="/v1/messages/count_tokens")
    assert answer.status == 200 and answer.json["input_tokens"] > 0


def test_plain_models_know_nothing_of_it(make, upstream):
    gateway, key = make()
    body = json.dumps(prompt()).encode()
    answer = gateway.messages(key, body)
    assert answer.status == 200 and answer.header("x-tollgate-target") is None and upstream.calls[0].body == body
    upstream.answers(error(500, "api_error"))
    assert gateway.messages(key, prompt(model=f"first/{PRIMARY}")).status == 500


def test_models_are_listed(make):
    gateway, key = make()
    answer = gateway.request("GET", "/v1/models?limit=1000", {"authorization": f"Bearer {key.secret}"})
    assert NAME in [model["id"] for model in answer.json["data"]]


# Full accounts


def test_an_error_that_was_told_counts_more_than_a_full_queue(make, upstream, second):
    gateway, key = make(providers={"last": {"max_concurrent_requests": 1, "max_queued_requests": 2, "queue_timeout": "200ms"}})
    gate = second.gate()
    second.answers(Message(gate=gate))
    upstream.answers(error(500, "api_error", "The first one."))
    with gateway.connect() as connection:
        body = json.dumps(prompt(model=f"last/{SECOND}", stream=True)).encode()
        connection.request("POST", "/v1/messages", {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}, body)
        gate.wait()
        answer = ask(gateway, key)
        assert answer.status == 500 and answer.json["error"]["message"] == "The first one."
        gate.open()
        assert connection.answer().status == 200


def test_when_all_are_full_it_waits_where_it_may(make, upstream, second):
    gateway, key = make(providers={"first": {"max_concurrent_requests": 1, "max_queued_requests": 2, "queue_timeout": "20s"},
                                   "last": {"max_concurrent_requests": 1}})
    gates = [upstream.gate(), second.gate()]
    upstream.answers(Message(gate=gates[0]), Message())
    second.answers(Message(gate=gates[1]))
    headers = {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}
    body = json.dumps(prompt(model=NAME, stream=True)).encode()
    with gateway.connect() as one, gateway.connect() as other, gateway.connect() as third:
        for connection, gate in ((one, gates[0]), (other, gates[1])):
            connection.request("POST", "/v1/messages", headers, body)
            gate.wait()
        third.request("POST", "/v1/messages", headers, body)
        time.sleep(0.2)
        gates[0].open()
        answer = third.answer()
        assert answer.status == 200 and answer.header("x-tollgate-target") == f"first/{PRIMARY}"
        gates[1].open()
        assert one.answer().status == 200 and other.answer().status == 200


def test_an_empty_answer_is_an_answer(make, upstream, second):
    gateway, key = make()
    upstream.answers(Whole(b"", 200))
    answer = ask(gateway, key, stream=False)
    assert answer.status == 200 and answer.body == b"" and second.calls == []


def test_a_full_account_bursts_to_the_next(make, upstream, second):
    gateway, key = make(providers={"first": {"max_concurrent_requests": 1}})
    gate = upstream.gate()
    upstream.answers(Message(gate=gate))
    with gateway.connect() as connection:
        body = json.dumps(prompt(model=NAME, stream=True)).encode()
        connection.request("POST", "/v1/messages", {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}, body)
        gate.wait()
        served(ask(gateway, key), f"last/{SECOND}")
        gate.open()
        assert connection.answer().status == 200


def test_requests_wait_in_order_for_a_place(make, upstream, second):
    gateway, key = make(providers={"first": {"max_concurrent_requests": 1, "max_queued_requests": 3, "queue_timeout": "20s"}})
    gate = upstream.gate()
    upstream.answers(Message(gate=gate), Message())
    headers = {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}
    connections = [gateway.connect() for _ in range(4)]
    try:
        for place, connection in enumerate(connections):
            body = json.dumps(prompt(str(place), model=PRIMARY, stream=True)).encode()
            connection.request("POST", "/v1/messages", headers, body)
            if place == 0:
                gate.wait()
            else:
                time.sleep(0.15)  # the order in which they arrive is what is tested
        full = gateway.messages(key, prompt(model=PRIMARY))
        assert full.status == 529 and "max_concurrent_requests" in full.json["error"]["message"]
        connections[2].close()
        time.sleep(0.2)
        gate.open()
        for place in (0, 1, 3):
            assert connections[place].answer().status == 200
    finally:
        for connection in connections:
            connection.close()
    assert [call.json["messages"][0]["content"] for call in upstream.calls] == ["0", "1", "3"]


def test_a_target_is_there_for_some_callers_only(make, upstream, second):
    """Work in development goes to the cheaper model, everything else where it always went."""
    gateway, key = make(first={"when": {"metadata": {"environment": "dev"}}}, last={"when": {"not": {"teams": ["interns"]}}})
    session = "8f14e45f-ceea-467f-a0e6-000000000001"
    for _ in range(2):
        served(ask(gateway, key, session, headers={"x-tollgate-metadata": '{"environment": "dev"}'}), f"first/{PRIMARY}")
        served(ask(gateway, key, session), f"last/{SECOND}")
    intern = gateway.issue(user="ina", team="interns")

    def listed(of):
        answer = gateway.request("GET", "/v1/models", {"authorization": f"Bearer {of.secret}"})
        return [model["id"] for model in answer.json["data"]]

    assert NAME in listed(key) and NAME not in listed(intern)
    nobody = ask(gateway, intern)
    assert nobody.status == 404 and "no target for you" in nobody.error[1]
