"""Time and room, over every kind of provider: silence, pings, clients that leave or read slowly, and how many requests there may be."""

import json
import threading
import time

import pytest

from elsewhere import PROVIDERS
from everywhere import READERS, TRANSLATED, Everywhere, Frames, ends_in_error, says
from rig.answers import Whole
from rig.replies import reply
from rig.waiting import eventually

KINDS = [*READERS, "bedrock-claude", "vertex-claude"]
THOUGHTFUL = [*TRANSLATED[:1], "gemini", "bedrock-converse", "bedrock-claude"]
HEAD = "POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n"


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    found = Everywhere(tmp_path_factory.mktemp("impatient"), KINDS, {"ping_interval": "70ms"}, timeouts={"idle": "1s", "first_byte": "1s"})
    yield found
    found.stop()


@pytest.fixture(scope="module")
def thoughtful(tmp_path_factory):
    found = Everywhere(tmp_path_factory.mktemp("thoughtful"), THOUGHTFUL, {"ping_interval": "70ms"})
    yield found
    found.stop()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    found = Everywhere(tmp_path_factory.mktemp("patient"), KINDS, max_concurrent_requests=3)
    yield found
    found.stop()


def open_request(world, kind, stream=True, **options):
    connection = world.gateway.connect(**options)
    body = json.dumps(world.body(kind, stream)).encode()
    connection.send(HEAD.format(world.key.secret, len(body)).encode() + body)
    return connection


# Silence


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("after", [0, 6])
@pytest.mark.parametrize("kind", KINDS)
def test_silence_behind_the_head_has_an_end(impatient, kind, stream, after):
    if kind.endswith("claude") and not stream:
        pytest.skip("the answer is in one piece")
    begin = time.monotonic()
    answer = impatient.ask(kind, reply("A long answer that will not come to its end.", size=4, fail="hang", fail_after=after), stream=stream)
    assert time.monotonic() - begin < 3, "pings do not put off the end"
    ends_in_error(answer, "timeout_error", "overloaded_error")
    call = impatient.others[kind].calls[-1]
    assert impatient.others[kind].wait_until_over(call, 2) == "abandoned"
    row = impatient.failed(kind, answer)
    assert row["estimated"] and row["error_type"] == "timeout"
    assert row["output_tokens"] > 1 or not after
    if stream and answer.status == 200:
        assert any(event["type"] == "ping" for event in answer.events)


@pytest.mark.parametrize("kind", KINDS)
def test_no_head_at_all(impatient, kind):
    answer = impatient.ask(kind, reply("Late.", wait=60), stream=True)
    assert answer.status in (504, 529), answer.body
    row = impatient.failed(kind, answer)
    assert row["estimated"] and row["cost_nano_usd"] > 0 or not PROVIDERS[kind].prices


@pytest.mark.parametrize("kind", THOUGHTFUL)
def test_pings_while_the_provider_thinks(thoughtful, kind):
    answer = thoughtful.ask(kind, reply("Late.", size=100, pace=0.15), stream=True)
    assert says(answer) == "Late."
    kinds = [event["type"] for event in answer.events]
    assert kinds.count("ping") >= 2 and kinds.count("message_start") == 1
    assert kinds[0] in ("message_start", "ping") and kinds[-1] == "message_stop"
    assert not thoughtful.row(kind, answer)["estimated"]


# Clients


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_that_leaves_a_stream(world, kind):
    other = world.others[kind]
    gate = other.gate()
    world.answers(kind, reply("word " * 200, size=5, gate=gate, gate_after=60, pace=0.001))
    with open_request(world, kind) as connection:
        answer = connection.head()
        next(connection.pieces(answer))
        gate.wait()
        time.sleep(0.05)
    call = other.calls[-1]
    assert eventually(lambda: call.outcome != "open" or gate.open(), "the provider's request is cancelled", 2)
    (row,) = eventually(lambda: world.gateway.ledger.request(answer.header("request-id")), "a row")
    assert row["estimated"] and row["output_tokens"] > 20 and row["input_tokens"] > 0
    assert [attempt["span_id"] for attempt in world.attempts(row)] == [call.span_id]


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_that_leaves_before_the_head(world, kind):
    other, before = world.others[kind], len(world.others[kind].calls)
    world.answers(kind, reply("Never.", wait=60))
    with open_request(world, kind):
        eventually(lambda: len(other.calls) > before, "the request reaches the provider")
    assert other.wait_until_over(other.calls[-1], 2) == "abandoned"
    trace = other.calls[-1].trace_id
    (row,) = eventually(lambda: [row for row in world.gateway.ledger.requests if row["trace_id"] == trace], "a row")
    assert row["estimated"] and row["input_tokens"] > 0


@pytest.mark.parametrize("kind", ["responses", "gemini", "bedrock-converse", "bedrock-claude"])
def test_a_client_that_reads_slowly_costs_no_memory(world, kind):
    other = world.others[kind]
    text = "0123456789" * 2_000_000
    sent = []

    def watched(frames):
        for frame in frames:
            sent.append(len(frame))
            yield frame

    assert says(world.ask(kind, reply("Warm."))) == "Warm."
    world.answers(kind, Frames(reply(text, size=50_000), watched))
    before = world.gateway.resident()
    with open_request(world, kind, receive_buffer=4096) as connection:
        answer = connection.head()
        eventually(lambda: len(sent) > 5, "the provider begins")
        time.sleep(0.4)
        stalled = sum(sent)
        time.sleep(0.1)
        assert sum(sent) == stalled < 15_000_000, "the provider waits for the client"
        assert world.gateway.resident() - before < 12_000_000
    assert eventually(lambda: other.calls[-1].outcome == "abandoned", "the provider is let go")
    (row,) = eventually(lambda: world.gateway.ledger.request(answer.header("request-id")), "a row")
    assert row["estimated"]


# How many


@pytest.mark.parametrize("kind", KINDS)
def test_places_are_given_back_whatever_happens(world, kind):
    other = world.others[kind]
    for script in (reply("Half.", size=1, fail="cut", fail_after=4), reply("Half.", size=1, fail="reset", fail_after=4), Whole(b"<html>", 502, "text/html"),
                   Whole(b"", 401), reply("Fine.")):
        for _ in range(2):
            world.ask(kind, script, stream=True)
    for _ in range(4):
        before = len(other.calls)
        world.answers(kind, reply("Never.", wait=60))
        with open_request(world, kind):
            eventually(lambda: len(other.calls) > before, "the request reaches the provider")
        other.wait_until_over(other.calls[-1], 2)
    world.answers(kind, reply("Well.", wait=0.3))
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(world.gateway.messages(world.key, world.body(kind)))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 529, 529]
    for answer in answers:
        row = world.row(kind, answer)
        if answer.status == 529:
            assert answer.error[0] == "overloaded_error" and answer.header("retry-after") == "1" and "max_concurrent_requests" in answer.error[1]
            assert row["cost_nano_usd"] == 0 and not row["estimated"] and world.attempts(row) == []
    assert says(world.ask(kind, reply("After."))) == "After."


@pytest.fixture(autouse=True)
def no_violations(request):
    yield
    for name in {"world", "impatient", "thoughtful"} & set(request.fixturenames):
        for other in request.getfixturevalue(name).others.values():
            assert not other.forget_violations()
