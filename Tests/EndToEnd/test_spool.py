"""Nothing lost: collectors that are dead, slow or odd, kills in between, files that are damaged or do not fit on the disk."""

import asyncio
import contextlib
import pathlib
import subprocess
import time

import pytest

from test_client_telemetry import commits, export, of_client, records, theirs
from rig.gateway import prompt
from rig.load import Load
from rig.otlp import REQUESTS, SERVER, spans_in
from rig.unreliable import UnreliableSink
from rig.waiting import eventually

EXPOSED = 1.0  # seconds in which what ended may be lost by a kill, while collectors are well; see docs/telemetry.md
EXPOSED_FAILING = 0.5  # and while one fails: a quarter of a second, and time for a slow machine


@pytest.fixture
def collector():
    sink = UnreliableSink().start()
    yield sink
    sink.stop()


@pytest.fixture
def spooling(make_gateway, collector):
    """A gateway whose telemetry goes to the collector at the pace of production; not started yet."""
    gateway = make_gateway()
    gateway.config["telemetry"] = {"otlp": [{"endpoint": collector.url, "name": "c"}]}
    gateway.config["logs"]["access"] = "errors"
    for name in ("OTEL_BSP_SCHEDULE_DELAY", "OTEL_BLRP_SCHEDULE_DELAY"):
        del gateway.environment[name]
    return gateway


def spool(gateway, name="c-spans"):
    return pathlib.Path(gateway.config["data"]) / "spool" / name


def segments(gateway, name="c-spans"):
    return sorted(spool(gateway, name).glob("*.spool"))


def ids(rows):
    return {(row["trace_id"], row["span_id"]) for row in rows}


def arrived(*sinks):
    return {(span.trace_id, span.span_id) for sink in sinks for span in sink.spans}


def recorded(gateway):
    """The spans that the ledger's rows name."""
    return ids(gateway.ledger.requests) | ids(gateway.ledger.attempts)


def all_arrive(gateway, *sinks, seconds=15):
    gateway.ledger.settle(10)
    expected = recorded(gateway)
    assert expected
    eventually(lambda: expected <= arrived(*sinks), f"all {len(expected)} spans arrive", seconds)


def ask(gateway, key, count):
    for _ in range(count):
        assert gateway.messages(key).status == 200


def waits_on_disk(gateway, name="c-spans"):
    eventually(lambda: segments(gateway, name) and segments(gateway, name)[-1].stat().st_size > 0, "something is spooled")


def is_gzip_on_disk(gateway):
    """The body of the oldest request; it begins behind the head of 32 bytes (SpoolRecord)."""
    return segments(gateway)[0].read_bytes()[32:34] == b"\x1f\x8b"


# The collector


def test_what_ended_while_the_collector_was_away_arrives_when_it_is_back(spooling, collector):
    spooling.start("--loops", "2")
    key = spooling.issue()
    ask(spooling, key, 3)
    all_arrive(spooling, collector)
    collector.stop()
    ask(spooling, key, 20)
    waits_on_disk(spooling)
    assert is_gzip_on_disk(spooling)
    collector.start()
    all_arrive(spooling, collector)
    eventually(lambda: not segments(spooling), "the spool is empty")


def test_no_span_is_lost_by_kills_while_the_collector_is_away(spooling, collector):
    """Load all the time; the collector dies, the gateway is killed twice, then the collector is back."""
    spooling.start("--loops", "2")
    key = spooling.issue()
    load, kills = Load(spooling, key, prompt(), 3000, 20), []

    async def drill():
        await asyncio.sleep(0.5)
        collector.stop()
        for _ in range(2):
            await asyncio.sleep(1.5)
            kills.append(time.monotonic())
            await asyncio.to_thread(spooling.kill)
            await asyncio.to_thread(spooling.restart)
        await asyncio.sleep(1)
        collector.start()

    async def everything():
        await asyncio.gather(load.run(), drill())

    asyncio.run(everything())
    spooling.ledger.settle(20)
    missing = missing_requests(spooling, collector, load, kills)
    eventually(lambda: not missing(), "every span arrives", 15)


def missing_requests(gateway, collector, load, kills):
    """What tells the spans of requests that ended in time before a kill, or under no kill, and did not arrive."""
    safe = {
        note.trace_id for note in load.asked
        if note.complete and not any(note.ended > kill - EXPOSED_FAILING and note.began < kill for kill in kills)}
    assert len(safe) > len(load.asked) / 3
    expected = {pair for pair in recorded(gateway) if pair[0] in safe}
    assert len(expected) >= 2 * len(safe)
    return lambda: expected - arrived(collector)


def test_a_kill_while_all_is_well_costs_only_the_last_second(spooling, collector):
    spooling.start("--loops", "2")
    key = spooling.issue()
    ask(spooling, key, 5)
    spooling.ledger.settle(10)
    before = recorded(spooling)
    time.sleep(EXPOSED)
    ask(spooling, key, 2)
    spooling.kill()
    assert before <= arrived(collector)
    spooling.expect_exit = -9


@pytest.mark.parametrize("fault", [
    "hang", "drip", "reset", "cut", "garbage", (429, {"retry-after": "1"}, b""), (502, {}, b""), (503, {"retry-after": "1"}, b""),
    (504, {}, b"")], ids=str)
def test_what_may_be_taken_later_is_sent_again(spooling, collector, fault):
    left = [fault]
    collector.behave = lambda path, data: left.pop() if left and path == "/v1/traces" else None
    spooling.config["telemetry"]["otlp"][0]["timeout"] = "1s"
    spooling.start()
    ask(spooling, spooling.issue(), 2)
    all_arrive(spooling, collector)
    first, second = [post for post in collector.posts if post[0] == "/v1/traces"][:2]
    assert first[1] == second[1], "the same bytes"
    if isinstance(fault, tuple) and fault[1]:
        assert second[3] - first[3] >= 1


def test_the_end_does_not_wait_for_a_collector_that_does_not_answer(spooling, collector):
    collector.behave = lambda path, data: "hang" if path == "/v1/traces" else "drip"
    spooling.environment.update(OTEL_BSP_EXPORT_TIMEOUT="1000", OTEL_BLRP_EXPORT_TIMEOUT="1000")
    spooling.start("--loops", "2")
    first = spooling.process.pid
    ask(spooling, spooling.issue(), 5)
    began = time.monotonic()
    assert spooling.stop() == 0
    assert time.monotonic() - began < 5
    assert {line["signal"] for line in spooling.logged("waits in the spool")} == {"spans", "logs"}
    del spooling.environment["OTEL_BSP_EXPORT_TIMEOUT"], spooling.environment["OTEL_BLRP_EXPORT_TIMEOUT"]
    collector.behave = lambda path, data: None
    spooling.restart()
    all_arrive(spooling, collector)
    eventually(lambda: [record for record in collector.records if record.resource["process.pid"] == first],
               "the events of before arrive too")


def test_clients_telemetry_that_passes_through_survives_a_kill(spooling, collector):
    collector.stop()
    spooling.config["telemetry"]["otlp"][0]["compression"] = "none"
    spooling.start()
    key = spooling.issue()
    assert export(spooling, key, "/v1/logs", records(("event.name", "survivor"))).status == 200
    assert export(spooling, key, "/v1/metrics", commits(7)).status == 200
    for name, mark in (("c-logs", b"survivor"), ("c-metrics", b"claude_code.commit.count")):
        eventually(lambda: any(mark in file.read_bytes() for file in segments(spooling, name)), f"{mark} is on disk")
    spooling.kill()
    collector.start()
    spooling.restart()
    eventually(lambda: theirs(collector, "survivor"), "the client's event arrives")
    eventually(lambda: of_client(collector, "claude_code.commit.count"), "and its metric")
    assert [point.value for point in of_client(collector, "claude_code.commit.count")] == [7]


def test_what_is_said_of_exports_is_not_exported(spooling, collector):
    """A collector that rejects a part of each export of events: a line about it would be one more event, for ever."""
    spooling.config["telemetry"]["logs"] = {"process": "debug"}
    collector.behave = lambda path, data: (200, {}, b"\x0a\x02\x08\x01") if path == "/v1/logs" else None
    spooling.start()
    ask(spooling, spooling.issue(), 1)
    spooling.logged("rejected part of an export")
    time.sleep(2)
    assert len([post for post in collector.posts if post[0] == "/v1/logs"]) < 4
    assert not [record for record in collector.records if "rejected" in str(record.body)]


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 500])
def test_what_is_refused_for_good_is_counted_and_said_once(spooling, collector, status):
    collector.behave = lambda path, data: (
        (status, {"location": collector.url + "/elsewhere"}, b"") if path == "/v1/traces" else None)
    spooling.start()
    key = spooling.issue()
    ask(spooling, key, 2)
    eventually(lambda: dropped(collector, f"status_{status}") >= 4, "the lost spans are counted")
    ask(spooling, key, 1)
    eventually(lambda: dropped(collector, f"status_{status}") >= 6, "all of them")
    said = [line for line in spooling.log if f"status_{status}" in str(line)]
    assert len(said) == 1, said
    assert all(path != "/elsewhere" for path, *_ in collector.posts)
    assert not segments(spooling)


def dropped(collector, reason, signal="spans"):
    return sum(point.value for point in collector.latest("tollgate.telemetry.dropped", signal=signal, reason=reason))


def test_what_is_too_large_is_cut_until_it_fits(spooling, collector):
    def behave(path, data):
        if path == "/v1/traces":
            request = REQUESTS[path]()
            request.ParseFromString(data)
            return (413, {}, b"") if len(list(spans_in(request))) > 3 else None

    collector.behave = behave
    spooling.start()
    ask(spooling, spooling.issue(), 5)
    all_arrive(spooling, collector)
    assert any(decided for _, _, decided, _ in collector.posts)
    assert dropped(collector, "status_413") == 0


def test_a_part_that_is_rejected_is_counted_and_not_sent_again(spooling, collector):
    body = b"\x0a\x07\x08\x01\x12\x03old"  # partial_success { rejected: 1, message: "old" }
    collector.behave = lambda path, data: (200, {}, body) if path == "/v1/traces" else None
    spooling.start()
    ask(spooling, spooling.issue(), 1)
    eventually(lambda: dropped(collector, "rejected") >= 1, "it is counted")
    assert collector.duplicates == 0
    (exported,) = {point.value for point in collector.latest("otel.sdk.exporter.span.exported", error__type="rejected")}
    assert exported == dropped(collector, "rejected")


# Several


def test_a_dead_collector_holds_no_other_up(spooling, collector, sink):
    dead = UnreliableSink()
    spooling.config["telemetry"]["otlp"] = [
        {"endpoint": dead.url, "name": "dead"}, {"endpoint": collector.url, "name": "c", "headers": {"x-team": "sre"}},
        {"endpoint": sink.url, "name": "half", "signals": ["traces"], "compression": "none"}]
    spooling.start("--loops", "2")
    ask(spooling, spooling.issue(), 5)
    all_arrive(spooling, collector, seconds=5)
    all_arrive(spooling, sink, seconds=5)
    assert all(headers["x-team"] == "sre" for headers in collector.headers)
    assert not sink.points and not sink.records and "content-encoding" not in sink.headers[0]
    waits_on_disk(spooling, "dead-spans")
    assert not segments(spooling) and not segments(spooling, "half-spans")
    eventually(lambda: collector.latest("tollgate.telemetry.spool.records", otel__component__name="dead", signal="spans"),
               "the spool is measured")
    spooling.stop()
    waits_on_disk(spooling, "dead-spans")
    assert spooling.logged("waits in the spool")
    dead.start()
    spooling.restart()
    all_arrive(spooling, dead)
    dead.stop()


# The files


def test_a_damaged_file_costs_what_was_damaged(spooling, collector):
    collector.stop()
    spooling.start()
    key = spooling.issue()
    for _ in range(4):
        ask(spooling, key, 2)
        time.sleep(0.4)  # so that each has a request in the spool of its own
    waits_on_disk(spooling)
    spooling.kill()
    (file,) = segments(spooling)
    data = bytearray(file.read_bytes())
    data[-3] ^= 1  # in the last record's body
    file.write_bytes(bytes(data) + data[:20])  # and half a head
    collector.start()
    spooling.restart()
    eventually(lambda: dropped(collector, "spool_corrupt") >= 2, "the damage is counted")
    eventually(lambda: len([span for span in collector.spans if span.kind == SERVER]) >= 4, "the others arrive")
    assert not segments(spooling)


def test_a_spool_that_is_full_drops_its_oldest_and_counts_them(spooling, collector):
    collector.stop()
    spooling.config["telemetry"]["spool"] = {"max_size": "64KiB"}
    spooling.config["telemetry"]["otlp"][0]["compression"] = "none"
    spooling.config["telemetry"]["otlp"][0]["signals"] = ["traces", "metrics"]
    spooling.start()
    key = spooling.issue()
    for _ in range(30):
        ask(spooling, key, 4)
        time.sleep(0.05)
    size = sum(file.stat().st_size for file in segments(spooling))
    assert 0 < size <= 65536, size
    collector.start()
    eventually(lambda: dropped(collector, "spool_full") > 0, "the loss is counted", 15)
    eventually(lambda: not segments(spooling), "the rest is sent", 15)
    spooling.ledger.settle(10)
    newest = max(spooling.ledger.requests, key=lambda row: row["id"])
    eventually(lambda: (newest["trace_id"], newest["span_id"]) in arrived(collector), "the newest arrives", 15)
    expected, there = recorded(spooling), arrived(collector)
    assert 0 < len(expected - there) <= dropped(collector, "spool_full")


@contextlib.contextmanager
def small_disk(folder):
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True)
    if done.returncode:
        pytest.skip("a small disk needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_said_and_telemetry_goes_on(spooling, collector):
    collector.stop()
    with small_disk(pathlib.Path(spooling.config["data"]) / "spool"):
        (pathlib.Path(spooling.config["data"]) / "spool" / "filler").write_bytes(b"x" * 56 * 1024)
        spooling.start()
        key = spooling.issue()
        for _ in range(10):
            ask(spooling, key, 5)
            time.sleep(0.1)
        assert len(spooling.logged("spool cannot be written")) <= 3
        collector.start()
        all_arrive(spooling, collector)
        assert spooling.stop() == 0


def test_without_a_spool_nothing_is_written(spooling, collector):
    spooling.config["telemetry"]["spool"] = {"enabled": False}
    collector.stop()
    spooling.start()
    ask(spooling, spooling.issue(), 2)
    collector.start()
    all_arrive(spooling, collector)
    assert not spool(spooling).exists()
