"""The line to the provider loses packets, delays and reorders them, or is dead for a while: what arrives is right, or the client is told."""

import concurrent.futures
import json
import time

import pytest

from expectations import is_our_error, one_attempt_each
from rig.answers import Message
from rig.gateway import UPSTREAM_KEY, prompt
from rig.lossy_wire import HERE, THERE, LossyWire, permitted
from rig.upstream import Upstream
from rig.waiting import eventually
from virtual import NAME, ask, attempts

pytestmark = pytest.mark.skipif(not permitted(), reason="needs root: a network namespace with a TUN device")


@pytest.fixture(autouse=True)
def wire(request):
    """Before everything else, so that all of the test is in its namespace."""
    with LossyWire(mtu=getattr(request, "param", 1500)) as made:
        yield made


@pytest.fixture
def upstream(wire):
    server = Upstream(address=(HERE, 0)).start()
    yield server
    server.stop()


@pytest.fixture
def far(make_gateway, upstream):
    """A gateway before the upstream at the other end of the line."""

    def start(**timeouts):
        gateway = make_gateway(f"http://{THERE}:{upstream.port}")
        gateway.config["providers"][0]["timeouts"] = {"connect": "10s", "first_byte": "20s", "idle": "20s", **timeouts}
        return gateway.start("--loops", "1")

    return start


LINES = {
    "delayed": {"delay": 0.1}, "reordered": {"delay": 0.01, "jitter": 0.03}, "doubled": {"double": 0.2, "jitter": 0.005},
    "lossy": {"loss": 0.05, "delay": 0.005}, "all of it": {"loss": 0.03, "delay": 0.02, "jitter": 0.02, "double": 0.05},
}


def behave(wire, **line):
    for name, value in line.items():
        setattr(wire, name, value)


@pytest.mark.parametrize("line", LINES)
def test_what_arrives_is_whole(wire, far, upstream, line):
    gateway = far()
    key = gateway.issue()
    behave(wire, **LINES[line])
    upstream.answers(Message(text="0123456789" * 3000, size=400))
    bodies = [prompt("y" * size, stream=stream) for size in (10, 100_000) for stream in (False, True)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda body: gateway.messages(key, body, timeout=60), bodies))
    assert all(answer.status == 200 and answer.complete for answer in answers), [answer.status for answer in answers]
    sent = sorted(bytes(request.sent) for request in upstream.calls)
    assert sorted(answer.body for answer in answers) == sent
    assert sorted(len(request.body) for request in upstream.calls) == sorted(len(json.dumps(body)) for body in bodies)
    assert all(not row["estimated"] for row in one_attempt_each(gateway, upstream, 4))
    assert wire.lost if "loss" in LINES[line] else not wire.lost


@pytest.mark.parametrize("wire", [576, 120], indirect=True)
def test_a_line_of_small_packets(wire, far, upstream):
    upstream.answers(Message(text="word " * 2000, size=100))
    gateway = far()
    answer = gateway.messages(gateway.issue(), prompt("y" * 50_000, stream=True), timeout=60)
    assert answer.complete and answer.body == bytes(upstream.calls[0].sent)


def test_a_line_that_is_dead_for_a_while(wire, far, upstream):
    """Shorter than `idle`: the stream goes on where it was."""
    gateway, gate = far(), upstream.gate()
    key = gateway.issue()
    upstream.answers(Message(text="word " * 100, gate=gate))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(gateway.messages, key, prompt(stream=True), timeout=60)
        gate.wait()
        wire.dead = True
        gate.open()
        time.sleep(1.5)
        wire.dead = False
        assert answer.result().complete and answer.result().body == bytes(upstream.calls[0].sent)


def test_a_line_that_dies_in_a_stream(wire, far, upstream, sink):
    """No packet says so: only the silence does."""
    gateway, gate = far(idle="1s"), upstream.gate()
    key = gateway.issue()
    upstream.answers(Message(text="word " * 100, gate=gate))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(gateway.messages, key, prompt(stream=True))
        gate.wait()
        time.sleep(0.3)  # the beginning has arrived
        wire.dead = True
        found = answer.result()
    gate.open()
    assert found.complete and found.events[-1]["type"] == "error"
    (row,) = gateway.ledger.closed(1)
    assert row["outcome"] == "timeout" and row["estimated"] and row["error_type"] == "timeout"


def test_a_line_that_is_dead_from_the_beginning(wire, far, sink):
    gateway = far(connect="700ms")
    key = gateway.issue()
    wire.dead = True
    began = time.monotonic()
    is_our_error(gateway.messages(key), 529, "overloaded_error")
    assert time.monotonic() - began < 3
    (row,) = gateway.ledger.closed(1)
    assert (row["outcome"], row["error_type"], row["cost_nano_usd"]) == ("unreachable", "connect_timeout", 0)
    wire.dead = False
    eventually(lambda: gateway.messages(key).status == 200, "it serves when the line is back", 10)


def test_a_kept_connection_over_a_line_that_has_died(wire, far, upstream):
    """The request goes into the void: 529 after `first_byte`, and what was seen of it upstream when the line is back is in the ledger."""
    gateway = far(first_byte="1s", connect="1s")
    key = gateway.issue()
    assert gateway.messages(key).status == 200
    wire.dead = True
    is_our_error(gateway.messages(key), 529, "overloaded_error")
    wire.dead = False
    eventually(lambda: gateway.messages(key).status == 200, "it serves again, over a new connection", 10)
    rows = gateway.ledger.closed(3)
    assert rows[1]["outcome"] == "timeout" and rows[1]["estimated"]


def test_another_target_serves_while_the_line_is_dead(wire, make_gateway, upstream, second):
    gateway = make_gateway()
    gateway.config["providers"] = [
        {"name": "first", "kind": "anthropic", "base_url": f"http://{THERE}:{upstream.port}", "api_key": UPSTREAM_KEY,
         "timeouts": {"connect": "500ms"}},
        {"name": "last", "kind": "anthropic", "base_url": second.url, "api_key": UPSTREAM_KEY}]
    gateway.config["models"] = [{"name": NAME, "routing_config": {"type": "priority-based-routing", "load_balance_targets": [
        {"target": "first/claude-sonnet-5-5", "priority": 0}, {"target": "last/claude-sonnet-5-5", "priority": 1}]}}]
    gateway.start("--loops", "1")
    wire.dead = True
    answer = ask(gateway, gateway.issue())
    assert answer.status == 200 and answer.header("x-tollgate-target").startswith("last/")
    assert [row["error_type"] or "" for row in attempts(gateway, 2)] == ["connect_timeout", ""]
