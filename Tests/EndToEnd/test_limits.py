"""Rate and concurrency limits: who is refused knows until when, who waits is served in turn, and no place is ever lost."""

import contextlib
import json
import math
import sqlite3
import threading
import time

import pytest

from expectations import is_our_error
from governed import CHEAP, asked, audited, governed, limit
from rig.answers import Message
from rig.claude import Claude
from rig.gateway import prompt
from rig.waiting import eventually

SECOND = 1_000_000_000


@pytest.fixture
def limited(make_gateway):
    """Starts a gateway with limits."""
    def start(*limits, **config):
        return governed(make_gateway, rate_limits=list(limits), **config).start("--loops", "2")
    return start


def said(text, **more):
    return prompt(text, stream=True, **more)


def texts(upstream):
    return [call.json["messages"][0]["content"] for call in upstream.calls]


def over(answer, rule):
    """429 that says which rule and until when, in whole seconds."""
    is_our_error(answer, 429, "rate_limit_error")
    assert f"`{rule}`" in answer.error[1], answer.error
    return int(answer.header("retry-after"))


def soon(answer, rule):
    """Claude Code waits: the time is at most a minute, and nothing tells it not to."""
    seconds = over(answer, rule)
    assert 1 <= seconds <= 60 and answer.header("x-should-retry") is None, answer.headers
    return seconds


# Windows


def test_a_minutes_limit_says_when(limited):
    gateway = limited(limit("rpm", 3, "requests_per_minute", rate_limit_applies_per=["user"]))
    key, other = gateway.issue(), gateway.issue(user="bob")
    began = time.monotonic()
    assert [gateway.messages(key).status for _ in range(3)] == [200] * 3
    answer = gateway.messages(key)
    elapsed = time.monotonic() - began
    seconds = soon(answer, "rpm")
    assert math.ceil(60 - elapsed) <= seconds, "not before the oldest is over"
    for part in ("user=alice", "3 used", "of 3", "requests_per_minute", f"{seconds} s"):
        assert part in answer.error[1], answer.error
    assert gateway.messages(other).status == 200
    assert len(gateway.ledger.closed(4)) == 4


def made_older(gateway, seconds):
    """As if all that the ledger has had happened so many seconds ago."""
    connection = sqlite3.connect(gateway.folder / "data/ledger.sqlite3")
    with connection:
        for table in ("attempts", "requests"):
            connection.execute(f"UPDATE {table} SET started_at = started_at - ?", (seconds * SECOND,))
    connection.close()


def test_who_waits_as_told_gets_through(limited):
    gateway = limited(limit("rpm", 2, "requests_per_minute"))
    key = gateway.issue()
    for _ in range(2):
        assert gateway.messages(key).status == 200
    gateway.ledger.closed(2)
    gateway.stop()
    made_older(gateway, 57)
    gateway.restart()
    seconds = soon(gateway.messages(key), "rpm")
    assert seconds <= 4
    time.sleep(seconds)
    assert gateway.messages(key).status == 200


def test_the_limit_of_a_pipeline(limited, upstream):
    """The example of the documentation, scaled down, over a restart."""
    gateway = limited(
        limit("ci-pipeline-limit", 2, "requests_per_day", when={"models": ["main/claude-opus-*"], "metadata": {"environment": "ci"}}),
        metadata={"from_credential": ["environment"]})
    ci, person = gateway.issue("--metadata", "environment=ci", user="robot"), gateway.issue()
    opus = prompt(model="claude-opus-5-5")
    for _ in range(2):
        assert gateway.messages(ci, opus).status == 200
    gateway.ledger.closed(2)

    def refuses():
        answer = gateway.messages(ci, opus)
        assert 60 < over(answer, "ci-pipeline-limit") <= 86_400
        assert answer.header("x-should-retry") == "false"

    refuses()
    assert gateway.messages(person, opus).status == 200
    assert gateway.messages(ci, prompt()).status == 200, "another model"
    gateway.ledger.closed(4)
    gateway.stop()
    gateway.restart()
    refuses()
    gateway.kill()
    gateway.restart()
    refuses()
    assert len(upstream.calls) == 4


# Per what, the arguments of two keys that share a limiter, of one that does not, and what a request adds.
SCOPES = {
    "user": (["--user", "alice"], ["--user", "alice"], ["--user", "bob"]),
    "team": (["--team", "a", "--user", "u"], ["--team", "a", "--user", "v"], ["--team", "b", "--user", "u"]),
    "key": (["--user", "u"], None, ["--user", "u"]),
    "virtualaccount": (["--virtual-account", "ci"], ["--virtual-account", "ci"], ["--virtual-account", "cd"]),
    "metadata.project": (["--user", "u", "--metadata", "project=x"], ["--user", "v", "--metadata", "project=x"],
                         ["--user", "u", "--metadata", "project=y"]),
}


def issued(gateway, arguments):
    from rig.gateway import Key
    made = json.loads(gateway.run("keys", "issue", "--json", *arguments).stdout)
    return Key(made["id"], made["key"])


@pytest.mark.parametrize("scope", SCOPES)
def test_each_has_a_limit_of_its_own(limited, scope):
    first, same, other = SCOPES[scope]
    gateway = limited(limit("one", 1, "requests_per_hour", rate_limit_applies_per=[scope]))
    key, stranger = issued(gateway, first), issued(gateway, other)
    friend = issued(gateway, same) if same else key
    assert gateway.messages(key).status == 200
    assert over(gateway.messages(friend), "one") > 60
    assert gateway.messages(stranger).status == 200


def test_each_model_and_session_has_a_limit_of_its_own(limited):
    gateway = limited(
        limit("model", 2, "requests_per_hour", rate_limit_applies_per=["user", "model"]),
        limit("session", 1, "requests_per_minute", rate_limit_applies_per=["session"], when={"models": ["*haiku*"]}))
    key = gateway.issue()

    def ask(model, session="s"):
        return gateway.messages(key, prompt(model=model), {"x-claude-code-session-id": session})

    assert [ask("claude-opus-5-5").status for _ in range(3)] == [200, 200, 429]
    assert [ask("claude-haiku-5-5", session).status for session in "aab"] == [200, 429, 200]
    answer = ask("claude-haiku-5-5", "c")
    assert over(answer, "model") > 60 and "user=alice,model=claude-haiku-5-5" in answer.error[1]
    # However it is written, it is the same model: some providers do not mind.
    assert over(ask("main/Claude-HAIKU-5-5", "d"), "model") > 60


def test_tokens_are_those_that_were_used(limited, upstream):
    gateway = limited(limit("tpm", 10_000, "tokens_per_minute", rate_limit_applies_per=["user"]))
    key, other = gateway.issue(), gateway.issue(user="bob")
    upstream.answers(Message(usage={**CHEAP, "output_tokens": 4500}))
    assert [gateway.messages(key).status for _ in range(2)] == [200, 200]
    gateway.ledger.closed(2)
    answer = gateway.messages(key)
    soon(answer, "tpm")
    assert "11000 used" in answer.error[1], "settled at what the provider counted"
    upstream.answers(Message(usage={**CHEAP, "input_tokens": 10, "output_tokens": 5}))
    for _ in range(12):  # each is expected to use some 2,000 at first
        assert gateway.messages(other, prompt(max_tokens=8000)).status == 200
        gateway.ledger.settle()


def test_counting_and_listing_are_not_limited(limited):
    gateway = limited(limit("one", 1, "requests_per_day"))
    key = gateway.issue()
    assert [gateway.messages(key).status for _ in range(2)] == [200, 429]
    assert gateway.messages(key, target="/v1/messages/count_tokens").status == 200
    assert gateway.request("GET", "/v1/models", {"authorization": f"Bearer {key.secret}"}).status == 200


# At once


def places(gateway, key, upstream, count, rule):
    """Exactly so many places are free."""
    before, gate = len(upstream.calls), upstream.gate()
    upstream.answers(Message(gate=gate, gate_after=0))
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(asked(gateway, key)) for _ in range(count)]
        upstream.wait_for(before + count)
        answer = gateway.messages(key)
        soon(answer, rule)
        assert f"{count} held by requests in flight" in answer.error[1], answer.error
        gate.open()
        assert [connection.answer().status for connection in held] == [200] * count
    gateway.ledger.settle()  # a place is free once the request is accounted for, a moment after its answer


def test_so_many_at_once(limited, upstream):
    gateway = limited(limit("at-once", 2, "concurrent_requests", rate_limit_applies_per=["user"]))
    key, other = gateway.issue(), gateway.issue(user="bob")
    places(gateway, key, upstream, 2, "at-once")
    places(gateway, key, upstream, 2, "at-once")
    gate = upstream.gate()
    upstream.answers(Message(gate=gate), Message(gate=gate), Message())
    with asked(gateway, key), asked(gateway, key):
        upstream.wait_for(6)
        assert gateway.messages(key).status == 429
        assert gateway.messages(other).status == 200, "somebody else's places"
    # Both clients have hung up: their places are free as soon as that is noticed.
    eventually(lambda: gateway.messages(key).status == 200, "a place is free again")
    gate.open()
    gateway.ledger.settle()  # the other's place as well
    places(gateway, key, upstream, 2, "at-once")


def queue(most=1, timeout="20s", **more):
    return limit("turns", most, "concurrent_requests", on_limit="queue", queue_timeout=timeout, **more)


def waiting(sink, count):
    """So many stand in the queue, besides the one that is served, as the gateway's figures tell."""
    eventually(lambda: sum(point.value for point in sink.latest("http.server.active_requests")) == count + 1, f"{count} wait")


def test_who_waits_is_served_in_turn(limited, upstream, sink):
    gateway = limited(queue())
    alice, bob = gateway.issue(), gateway.issue(user="bob")
    gate = upstream.gate()
    upstream.answers(Message(gate=gate), Message())
    with contextlib.ExitStack() as stack:
        held = []
        for place, (key, text) in enumerate([(alice, "a0"), (alice, "a1"), (alice, "a2"), (alice, "a3"), (bob, "b1"), (bob, "b2")]):
            held.append(stack.enter_context(asked(gateway, key, said(text))))
            if place == 0:
                gate.wait()
            else:
                waiting(sink, place)
        gate.open()
        assert [connection.answer().status for connection in held] == [200] * 6
    assert texts(upstream) == ["a0", "a1", "b1", "a2", "b2", "a3"]
    eventually(lambda: [p.value for p in sink.latest("tollgate.rate_limit.decisions", tollgate__decision="queued")] == [5],
               "five were queued")
    eventually(lambda: sum(p.value for p in sink.latest("tollgate.rate_limit.queue")) == 0, "nobody waits")


def test_nobody_waits_for_ever(limited, upstream):
    gateway = limited(queue(timeout="1s"))
    key, gate = gateway.issue(), upstream.gate()
    upstream.answers(Message(gate=gate), Message())
    with asked(gateway, key) as first:
        gate.wait()
        began = time.monotonic()
        answer = gateway.messages(key)
        assert 0.95 < time.monotonic() - began < 2.5
        soon(answer, "turns")
        assert "after 1 s in the queue" in answer.error[1], answer.error
        gate.open()
        assert first.answer().status == 200
    assert len(upstream.calls) == 1
    audited(gateway, "refuse", rule="turns")
    assert gateway.messages(key).status == 200


def test_a_full_queue_refuses_at_once(limited, upstream, sink):
    gateway = limited(queue(max_queue=1))
    key, gate = gateway.issue(), upstream.gate()
    upstream.answers(Message(gate=gate), Message())
    with asked(gateway, key) as first, asked(gateway, key) as second:
        gate.wait()
        waiting(sink, 1)
        began = time.monotonic()
        soon(gateway.messages(key), "turns")
        assert time.monotonic() - began < 1
        gate.open()
        assert first.answer().status == second.answer().status == 200


def test_a_client_that_hangs_up_leaves_the_queue(limited, upstream, sink):
    gateway = limited(queue())
    key, gate = gateway.issue(), upstream.gate()
    upstream.answers(Message(gate=gate), Message())
    with asked(gateway, key, said("first")) as first:
        gate.wait()
        with asked(gateway, key, said("gone")):
            waiting(sink, 1)
        with asked(gateway, key, said("last")) as last:
            waiting(sink, 1)
            gate.open()
            assert first.answer().status == last.answer().status == 200
    assert texts(upstream) == ["first", "last"]


def test_no_place_is_lost_when_many_hang_up(limited, upstream):
    """Clients leave while places become free and are given to them, on both loops."""
    gateway = limited(queue(3, timeout="1s"))
    key = gateway.issue()
    upstream.answers(Message(wait=0.003))

    def come_and_go(number):
        for turn in range(25):
            with asked(gateway, key) as connection:
                if (number + turn) % 3 == 0:
                    connection.answer()
                else:
                    time.sleep(0.001 * ((number * 7 + turn) % 9))

    threads = [threading.Thread(target=come_and_go, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gateway.ledger.settle()
    eventually(lambda: not [call for call in upstream.calls if call.outcome == "open"], "nothing is in flight")
    places(gateway, key, upstream, 3, "turns")


def test_a_limit_in_a_window_can_be_waited_for(limited, upstream):
    """A queue of a minute's limit whose oldest requests end in a moment."""
    gateway = limited(limit("rpm", 1, "requests_per_minute", on_limit="queue", queue_timeout="10s"))
    key = gateway.issue()
    assert gateway.messages(key).status == 200
    gateway.ledger.closed(1)
    gateway.stop()
    made_older(gateway, 57)
    gateway.restart()
    began = time.monotonic()
    assert gateway.messages(key).status == 200
    assert time.monotonic() - began < 4.5 and len(upstream.calls) == 2


def test_a_reload_changes_a_limit(limited, upstream):
    gateway = limited(limit("at-once", 1, "concurrent_requests"))
    key = gateway.issue()
    places(gateway, key, upstream, 1, "at-once")
    gateway.config["rate_limits"][0]["limit_to"] = 3
    gateway.reload()
    places(gateway, key, upstream, 3, "at-once")


@pytest.mark.client
def test_claude_code_waits_through_a_limit(limited, upstream, tmp_path):
    gateway = limited(limit("at-once", 1, "concurrent_requests"))
    folder = tmp_path / "developer"
    folder.mkdir()
    key, gate = gateway.issue(), upstream.gate()
    claude = Claude(folder, gateway.url, key.secret)
    upstream.answers(Message(gate=gate), Message(text="It was worth waiting for."))
    with asked(gateway, key) as first:
        gate.wait()
        runs = []
        thread = threading.Thread(target=lambda: runs.append(claude.run("Say hello.")))
        thread.start()
        gateway.logged("rate_limit_error", 30)
        gate.open()
        assert first.answer().status == 200
        thread.join()
    runs[0].said("It was worth waiting for.")
    refusals = [line for line in gateway.log if line.get("refusal") == "rate_limit_error"]
    assert 1 <= len(refusals) <= 2, "it waited as long as it was told"
