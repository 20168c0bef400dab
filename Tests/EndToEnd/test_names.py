"""The provider's name: it does not resolve, the name server fails, is silent, slow, or says something new."""

import concurrent.futures
import time

import pytest

from expectations import is_our_error, leaves_its_traces
from rig.answers import Message
from rig.gateway import UPSTREAM_KEY, prompt
from rig.name_server import NXDOMAIN, SERVFAIL, NameServer, permitted
from rig.otlp import CLIENT, ERROR
from rig.upstream import Upstream
from rig.waiting import eventually
from virtual import ask, attempts, two_targets

pytestmark = pytest.mark.skipif(not permitted(), reason="needs root: a mount namespace, and port 53")
HOST = "provider.example"


@pytest.fixture
def names(tmp_path, monkeypatch):
    server = NameServer()
    server.used_by(tmp_path, monkeypatch)
    yield server
    server.stop()


@pytest.fixture
def named(make_gateway, upstream, names):
    """A gateway with the upstream under a name, and under its address as `plain/…`."""

    def start(**timeouts):
        gateway = make_gateway(f"http://{HOST}:{upstream.port}")
        gateway.config["providers"][0]["timeouts"] = {"connect": "3s", **timeouts}
        gateway.config["providers"].append({"name": "plain", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY})
        return gateway.start("--loops", "1")

    return start


def plain(**more):
    return prompt(**{**more, "model": "plain/claude-sonnet-5-5"})


def fails(gateway, sink, error):
    answer = gateway.messages(gateway.issue())
    request_id = is_our_error(answer, 529, "overloaded_error")
    server = leaves_its_traces(gateway, sink, request_id, 529)
    span = eventually(lambda: [s for s in sink.spans if s.kind == CLIENT and s.trace_id == server.trace_id], "the attempt's span")[-1]
    assert span.status == ERROR and span.attributes["error.type"] == error and span.attributes["tollgate.outcome"] == "unreachable"
    (row,) = gateway.ledger.closed(1)
    assert row["error_type"] == error and row["cost_nano_usd"] == 0
    return answer.error[1]


@pytest.mark.parametrize("says", [NXDOMAIN, SERVFAIL], ids=["NXDOMAIN", "SERVFAIL"])
def test_a_name_that_does_not_resolve(named, names, sink, says):
    names.says = says
    gateway = named()
    assert HOST in fails(gateway, sink, "name_resolution_error")
    assert gateway.messages(gateway.issue(), plain()).status == 200
    names.says = "127.0.0.1"
    key = gateway.issue()
    eventually(lambda: gateway.messages(key).status == 200, "the name is asked for again, and served", 8)


def test_a_name_server_that_is_silent(named, names, sink):
    """The resolver's own time-out comes before that for a connection."""
    names.says = None
    fails(named(connect="8s"), sink, "name_resolution_error")


def test_a_name_server_that_is_silent_for_longer_than_a_connection_may_take(named, names, sink):
    names.says = None
    fails(named(connect="300ms"), sink, "connect_timeout")


@pytest.mark.parametrize("wait", [0.7, None], ids=["slow", "silent"])
def test_others_are_not_held_up(named, names, wait):
    """One loop: while names are waited for, requests to other providers and streams under way go on."""
    gateway = named()
    key = gateway.issue()
    names.says, names.wait = ("127.0.0.1", wait) if wait else (None, 0)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        began = time.monotonic()
        waiting = [pool.submit(gateway.messages, key) for _ in range(4)]
        stream = pool.submit(gateway.messages, key, plain(stream=True))
        eventually(lambda: names.asked, "the name is asked for")
        took = []
        while time.monotonic() < began + 0.6:
            sent = time.monotonic()
            assert gateway.messages(key, plain()).status == 200
            took.append(time.monotonic() - sent)
        assert stream.result().complete
        assert sorted(took)[len(took) // 2] < 0.1 and len(took) > 5, took
        assert {answer.result().status for answer in waiting} == ({200} if wait else {529})
        assert not wait or time.monotonic() - began >= wait
    assert names.asked <= 2, "the name is asked for once, for all who wait"


def test_a_fallback_serves_while_the_name_does_not_resolve(make_gateway, upstream, second, names):
    names.says = NXDOMAIN
    away = type("Away", (), {"url": f"http://{HOST}:{upstream.port}"})
    gateway, key = two_targets(make_gateway(), away, second, loops="1")
    assert ask(gateway, key).status == 200
    first, last = attempts(gateway, 2)
    assert (first["outcome"], first["error_type"]) == ("unreachable", "name_resolution_error") and last["outcome"] == "ok"


def test_a_provider_that_has_moved(named, upstream, names):
    """Nobody listens at the old address any more: the new one is known at once, not only when the answer has grown old."""
    gateway = named()
    key = gateway.issue()
    assert gateway.messages(key).status == 200
    time.sleep(1.1)  # an answer of the last second is not doubted
    moved = Upstream(address=("127.0.0.2", upstream.port)).start()
    try:
        names.says = "127.0.0.2"
        upstream.stop()
        began = time.monotonic()
        eventually(lambda: gateway.messages(key).status == 200, "the new address serves", 8)
        assert time.monotonic() - began < 5 and len(moved.calls) == 1
    finally:
        moved.stop()


@pytest.mark.drill
@pytest.mark.timeout(200)
def test_a_name_with_a_new_address_while_the_old_one_serves(named, upstream, names):
    """New connections go to the new address once the answer is old, at the latest on the second try; a stream at the old one ends well,
    and so do its connections. Then the name server is out for longer than an answer is fresh: the last address serves."""
    gateway = named()
    key = gateway.issue()
    gate = upstream.gate()
    upstream.answers(Message(gate=gate))
    moved = Upstream(address=("127.0.0.2", upstream.port)).start()
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            stream = pool.submit(gateway.messages, key, prompt(stream=True), timeout=120)
            gate.wait()
            upstream.answers(Message())
            names.says = "127.0.0.2"
            assert gateway.messages(key).status == 200 and not moved.calls, "the answer is fresh"
            time.sleep(31)
            upstream.answers(Message(wait=0.5))
            for count in (3, 8):
                # Idle connections serve first: more at once than there are need new ones.
                with concurrent.futures.ThreadPoolExecutor(count) as many:
                    assert {answer.status for answer in many.map(lambda _: gateway.messages(key), range(count))} == {200}
            assert moved.calls, "new connections go to the new address"
            gate.open()
            assert stream.result().complete, "the stream at the old address was not touched"
        names.says = SERVFAIL
        upstream.stop()
        moved.drop_connections()
        asked = names.asked
        time.sleep(32)
        for _ in range(3):
            assert gateway.messages(key).status == 200
            moved.drop_connections()
            time.sleep(1)
        assert names.asked > asked, "the name server was asked, and had nothing to say"
    finally:
        moved.stop()
