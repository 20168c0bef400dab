"""Streams: relayed as they arrive, kept alive in silence, and never buffered without bound."""

import json

from expectations import charged_exactly, one_attempt_each
from rig import messages
from rig.answers import Message
from rig.gateway import now, prompt
from rig.waiting import eventually
from rig.wire import parse_events


def open_stream(gateway, key, **options):
    connection = gateway.connect(**options)
    connection.request("POST", "/v1/messages", {"x-api-key": key.secret}, json.dumps(prompt(stream=True)).encode())
    answer = connection.head()
    assert answer.status == 200
    return connection, connection.pieces(answer)


def read_until(pieces, text):
    """Read until a text has come, and return all that came."""
    seen = b""
    while text not in seen:
        seen += next(pieces)
    return seen


def test_each_event_is_relayed_as_it_arrives(gateway, upstream, key):
    gates = [upstream.gate(), upstream.gate()]

    async def script(exchange):
        whole = messages.message(1, "claude-sonnet-5-5", [{"type": "text", "text": "one two"}], messages.USAGE)
        await exchange.head(200, {"content-type": "text/event-stream"})
        for place, event in enumerate(messages.events(whole, size=4)):
            if place in (1, 4):
                await gates[place > 1].passed()
            await exchange.body(messages.frame(event))
        await exchange.end()

    upstream.answers(script)
    connection, pieces = open_stream(gateway, key)
    with connection:
        assert b"text_delta" not in read_until(pieces, b"message_start")
        gates[0].open()
        assert b"message_stop" not in read_until(pieces, b"text_delta")
        gates[1].open()
        read_until(pieces, b"message_stop")


def test_an_event_split_anywhere_arrives_whole(gateway, upstream, key):
    async def bytewise(exchange):
        whole = messages.message(1, "claude-sonnet-5-5", [{"type": "text", "text": "caf\u00e9"}], messages.USAGE)
        await exchange.head(200, {"content-type": "text/event-stream"})
        for event in messages.events(whole):
            for byte in messages.frame(event):
                await exchange.body(bytes([byte]))
        await exchange.end()

    upstream.answers(bytewise)
    answer = gateway.messages(key, prompt(stream=True))
    assert answer.body == bytes(upstream.calls[0].sent) and answer.events[-1]["type"] == "message_stop"
    charged_exactly(one_attempt_each(gateway, upstream, 1)[0], messages.USAGE)


def test_a_ping_breaks_the_silence(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["limits"]["ping_interval"] = "300ms"
    gateway.start()
    gate = upstream.gate()
    upstream.answers(Message(text="word " * 20, gate=gate, gate_after=5))
    key, began = gateway.issue(), now()
    connection, pieces = open_stream(gateway, key)
    with connection:
        gate.wait()
        seen = b""
        while seen.count(b'"type":"ping"') + seen.count(b'"type": "ping"') < 4:  # one is the upstream's own
            seen += next(pieces)
        assert 0.8 < now() - began < 5
        gate.open()
        seen += read_until(pieces, b"message_stop")
    kinds = [event["type"] for event in parse_events(seen)]
    assert kinds[-1] == "message_stop" and kinds.count("message_start") == 1
    assert bytes(upstream.calls[0].sent) != seen
    charged_exactly(one_attempt_each(gateway, upstream, 1)[0], messages.USAGE)


def test_no_ping_while_the_stream_flows(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["limits"]["ping_interval"] = "2s"
    gateway.start()
    # Longer than the interval as a whole, and no event anywhere near it: a machine that stops for a second makes no ping.
    upstream.answers(Message(text="word " * 120, pace=0.05))
    began = now()
    answer = gateway.messages(gateway.issue(), prompt(stream=True))
    assert now() - began > 2
    assert answer.body == bytes(upstream.calls[0].sent)


def test_no_ping_splits_an_event(make_gateway, upstream):
    """Silence in the middle of an event: a ping there would corrupt it."""
    gateway = make_gateway()
    gateway.config["limits"]["ping_interval"] = "200ms"
    gateway.start()

    async def halves(exchange):
        whole = messages.message(1, "claude-sonnet-5-5", [{"type": "text", "text": "halves"}], messages.USAGE)
        await exchange.head(200, {"content-type": "text/event-stream"})
        for place, event in enumerate(messages.events(whole)):
            data = messages.frame(event)
            await exchange.body(data[: len(data) // 2])
            if place == 3:
                await exchange.pause(0.7)
            await exchange.body(data[len(data) // 2 :])
        await exchange.end()

    upstream.answers(halves)
    answer = gateway.messages(gateway.issue(), prompt(stream=True))
    text = "".join(e["delta"].get("text", "") for e in answer.events if e["type"] == "content_block_delta")
    assert text == "halves" and answer.events[-1]["type"] == "message_stop"


def test_a_slow_client_slows_the_upstream_and_memory_stays_bounded(gateway, upstream, key):
    written = []

    async def flood(exchange):
        delta = messages.frame({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x" * 16_000}})
        whole = messages.message(1, "claude-sonnet-5-5", [], messages.USAGE)
        start, *rest = messages.events(whole)
        await exchange.head(200, {"content-type": "text/event-stream"})
        await exchange.body(messages.frame(start))
        for _ in range(4000):  # 64 MB
            await exchange.body(delta)
            written.append(len(delta))
        for event in rest:
            await exchange.body(messages.frame(event))
        await exchange.end()

    upstream.answers(flood)
    gateway.messages(key, target="/v1/messages/count_tokens")
    before = gateway.resident()
    connection, pieces = open_stream(gateway, key, receive_buffer=4096, timeout=60)
    with connection:
        looks = []
        eventually(lambda: stands_still(written, looks), "the upstream is held back", 20)
        assert sum(written) < 32 * 2**20, "what lies between the two ends is a few socket buffers"
        assert gateway.resident() - before < 16 * 2**20
        total = sum(len(piece) for piece in pieces)
    assert total == len(upstream.calls[0].sent) and total > 60 * 2**20
    assert gateway.resident() - before < 16 * 2**20


def stands_still(written, looks):
    """Whether nothing was written in the last ten looks."""
    looks.append(len(written))
    return len(looks) > 20 and len(set(looks[-10:])) == 1


def test_a_slow_upstream_slows_the_client(gateway, upstream, key):
    """A large body is not taken in faster than the limits allow: the gateway keeps at most one body per request."""
    before = gateway.resident()
    body = json.dumps(prompt("x" * 8_000_000)).encode()
    for _ in range(5):
        assert gateway.messages(key, body).status == 200
    assert gateway.resident() - before < 64 * 2**20
    assert all(request.body == body for request in upstream.calls)


def test_two_hundred_streams_side_by_side(gateway, upstream, key):
    upstream.answers(Message(text="word " * 40, pace=0.005))
    connections = [gateway.connect(timeout=30) for _ in range(200)]
    for connection in connections:
        connection.request("POST", "/v1/messages", {"x-api-key": key.secret}, json.dumps(prompt(stream=True)).encode())
    for connection in connections:
        answer = connection.answer()
        assert answer.complete and answer.events[-1]["type"] == "message_stop"
        connection.close()
    for row in one_attempt_each(gateway, upstream, 200):
        charged_exactly(row, messages.USAGE)
