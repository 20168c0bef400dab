"""Running it: start, check, reload without losing a stream, drain, restart."""

import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess

import pytest

from expectations import charged_exactly, one_attempt_each, serves
from rig import messages
from rig.answers import Message
from rig.gateway import binary, now, prompt
from rig.ports import free_port
from rig.waiting import eventually
from rig.wire import Closed


def open_stream(gateway, key):
    connection = gateway.connect()
    connection.request("POST", "/v1/messages", {"x-api-key": key.secret}, json.dumps(prompt(stream=True)).encode())
    return connection, connection.head()


def test_a_reload_brings_new_models_and_loses_no_stream(gateway, upstream, key):
    gate = upstream.gate()
    upstream.answers(Message(gate=gate), Message())
    connection, answer = open_stream(gateway, key)
    gate.wait()
    assert gateway.messages(key, {**prompt(), "model": "acme-new"}).status == 404
    gateway.config["models"].append({"name": "acme-new", "target": "main/claude-opus-5-5"})
    gateway.reload()
    assert gateway.messages(key, {**prompt(), "model": "acme-new"}).status == 200
    gate.open()
    assert b"message_stop" in b"".join(connection.pieces(answer))
    connection.close()


def test_a_drain_finishes_streams_and_takes_no_new_ones(gateway, upstream, key):
    gate = upstream.gate()
    upstream.answers(Message(text="word " * 30, gate=gate))
    connection, answer = open_stream(gateway, key)
    gate.wait()
    gateway.process.send_signal(signal.SIGTERM)
    eventually(lambda: not_ready(gateway), "it refuses new work")
    gate.open()
    assert b"message_stop" in b"".join(connection.pieces(answer))
    connection.close()
    assert gateway.wait() == 0
    charged_exactly(one_attempt_each(gateway, upstream, 1)[0], messages.USAGE)


def not_ready(gateway):
    try:
        return gateway.request("GET", "/readyz").status == 503
    except (OSError, Closed):
        return True


def test_a_drain_ends_when_its_time_is_over(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["limits"]["drain_timeout"] = "500ms"
    gateway.start()
    upstream.answers(Message(fail="hang"))
    connection, answer = open_stream(gateway, gateway.issue())
    began = now()
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.wait() == 0
    assert now() - began < 5
    body = collect(connection, answer)
    connection.close()
    assert_told(gateway, upstream, body)


def assert_told(gateway, upstream, body):
    """A stream that the gateway had to break off has an end, and says that it was the gateway's."""
    assert b"message_stop" not in body
    last = body.decode().rstrip().rpartition("\n\n")[2]
    assert last.startswith("event: error") and "overloaded_error" in last and "restarted" in last, last
    row = one_attempt_each(gateway, upstream, 1)[0]
    assert row["estimated"], "a stream that was broken off is charged by estimate"
    assert row["outcome"] == "interrupted" and row["error_type"] == "interrupted", dict(row)


def collect(connection, answer):
    return b"".join(connection.pieces(answer))


def test_a_second_signal_ends_the_drain(make_gateway, upstream):
    gateway = make_gateway().start()
    gate = upstream.gate()
    upstream.answers(Message(text="word " * 30, gate=gate))
    connection, answer = open_stream(gateway, gateway.issue())
    gate.wait()
    gateway.process.send_signal(signal.SIGTERM)
    eventually(lambda: not_ready(gateway), "it takes no new work")
    assert gateway.process.poll() is None
    began = now()
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.wait() == 0
    assert now() - began < 5
    assert_told(gateway, upstream, collect(connection, answer))
    connection.close()
    gate.open()


def test_whoever_waits_for_the_head_of_an_answer_is_told_that_it_ends(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["limits"]["drain_timeout"] = "100ms"
    gateway.start()
    key = gateway.issue()
    upstream.answers(Message(wait=60))
    with gateway.connect() as connection:
        connection.request("POST", "/v1/messages", {"x-api-key": key.secret, "content-type": "application/json"}, json.dumps(prompt()).encode())
        eventually(lambda: upstream.calls, "the upstream has it")
        gateway.process.send_signal(signal.SIGTERM)
        answer = connection.answer()
        assert (answer.status, answer.error[0]) == (529, "overloaded_error") and "restarted" in answer.error[1]
        assert answer.header("retry-after") == "1"
    assert gateway.wait() == 0
    assert one_attempt_each(gateway, upstream, 1)[0]["outcome"] == "interrupted"


def test_a_load_balancer_hears_of_the_end_before_it_comes(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["limits"]["drain_delay"] = "60s"
    gateway.start()
    key = gateway.issue()
    gateway.process.send_signal(signal.SIGTERM)
    eventually(lambda: gateway.request("GET", "/readyz").status == 503, "it says that it ends")
    assert gateway.request("GET", "/healthz").status == 200
    assert gateway.messages(key).status == 200, "and serves on"
    gateway.process.send_signal(signal.SIGTERM)
    assert gateway.wait() == 0


def test_an_address_has_one_gateway(make_gateway):
    first, second = make_gateway().start(), make_gateway()
    second.config["listen"] = f"127.0.0.1:{first.address[1]}"
    second.config["data"] = "elsewhere"
    done = second.run("serve", code=1)
    assert "Address already in use" in done.stderr and str(first.address[1]) in done.stderr, done.stderr
    second.config["listen"] = ["127.0.0.1:0", f"127.0.0.1:{first.address[1]}"]
    second.write()
    assert "Address already in use" in second.run("serve", code=1).stderr


def test_an_idle_keep_alive_connection_does_not_hold_up_the_drain(gateway):
    with gateway.connect() as connection:
        connection.request("GET", "/healthz", {})
        assert connection.answer().status == 200
        began = now()
        assert gateway.stop() == 0
        assert now() - began < 3


def test_rows_left_open_by_a_kill_are_closed_at_the_next_start(make_gateway, upstream):
    gateway = make_gateway().start()
    key = gateway.issue()
    upstream.answers(Message(fail="hang"))
    connection, _ = open_stream(gateway, key)
    with connection:
        eventually(lambda: gateway.ledger.open() == 1, "an open row stands in the journal while the stream runs")
        gateway.kill()
    gateway.restart()
    row = one_attempt_each(gateway, upstream, 1)[0]
    assert row["outcome"] == "interrupted" and row["estimated"] and row["cost_nano_usd"] > 0
    upstream.answers(Message())
    serves(gateway, key)


def test_the_row_is_open_before_the_upstream_sees_the_request(gateway, upstream, key):
    seen = []

    async def look(exchange):
        seen.append(gateway.ledger.open())
        await Message()(exchange)

    upstream.answers(look)
    serves(gateway, key)
    assert seen == [1] and len(gateway.ledger.closed(1)) == 1


def test_the_health_check_follows_the_gateway(gateway):
    gateway.config["listen"] = "%s:%d" % gateway.address
    gateway.write()
    gateway.run("healthcheck")
    gateway.stop()
    gateway.run("healthcheck", code=1)


def test_the_health_check_does_not_mind_what_else_is_wrong_with_the_file(gateway):
    """A gateway that runs on with the configuration it has must not be taken for a dead one, and restarted into a file that stops it."""
    gateway.config["listen"] = "%s:%d" % gateway.address
    gateway.config["models"][0]["target"] = gateway.config["nope"] = "nowhere"
    gateway.write()
    gateway.run("check", code=2)
    gateway.run("healthcheck")
    gateway.config["listen"] = "here"
    gateway.write()
    assert "listen: `here`" in gateway.run("healthcheck", code=2).stderr


def test_the_version_and_the_help(gateway):
    version = gateway.run("version", config=False).stdout
    assert version == gateway.run("--version", config=False).stdout and version.startswith("tollgate ")
    for word in ("serve", "check", "keys", "report", "healthcheck"):
        assert word in gateway.run("help", config=False).stdout


@pytest.mark.parametrize("arguments", [
    ["frobnicate"], ["serve"], ["serve", "--config", "/no/such/file"], ["report", "--by", "shoe_size"]], ids=" ".join)
def test_a_wrong_command_line_is_explained(gateway, arguments):
    done = gateway.run(*arguments, config="report" in arguments, code=None)
    assert done.returncode not in (0, -signal.SIGILL, -signal.SIGTRAP) and done.stderr.strip()


@pytest.mark.parametrize("loops", ["1", "3"])
def test_any_number_of_loops(make_gateway, loops):
    gateway = make_gateway().start("--loops", loops)
    key = gateway.issue()
    for _ in range(6):
        serves(gateway, key)


def test_it_listens_on_several_addresses_and_on_ipv6(make_gateway):
    gateway = make_gateway()
    gateway.config["listen"] = ["127.0.0.1:0", "[::1]:0"]
    gateway.start()
    key = gateway.issue()
    eventually(lambda: sum("address" in line for line in gateway.log) == 2, "both addresses are logged")
    for line in [line for line in gateway.log if "address" in line]:
        host, port = line["address"].rsplit(":", 1)
        gateway.address = (host.strip("[]"), int(port))
        serves(gateway, key)


def test_it_takes_as_many_descriptors_as_it_may(make_gateway):
    gateway = make_gateway()
    gateway.write()
    gateway.launch(["prlimit", "--nofile=256:2048", binary(), "serve", "--config", gateway.file])
    limits = pathlib.Path(f"/proc/{gateway.process.pid}/limits").read_text()
    assert next(line for line in limits.splitlines() if line.startswith("Max open files")).split()[3:5] == ["2048", "2048"]
    key, many = gateway.issue(), [gateway.connect() for _ in range(400)]
    serves(gateway, key)
    for connection in many:
        connection.close()


def test_connections_over_the_limit_wait_or_are_refused_but_do_no_harm(make_gateway):
    gateway = make_gateway()
    gateway.config["limits"]["connections"] = 10
    gateway.start()
    key = gateway.issue()
    many = []
    for _ in range(30):
        try:
            many.append(gateway.connect(timeout=2))
        except OSError:
            break
    for connection in many:
        connection.close()
    eventually(lambda: gateway.messages(key).status == 200, "it serves again")


def test_addresses_may_overlap_within_one_gateway(make_gateway):
    gateway = make_gateway()
    port = free_port()
    gateway.config["listen"] = [f"0.0.0.0:{port}", f"127.0.0.1:{port}"]
    gateway.start()
    assert gateway.request("GET", "/healthz").status == 200


def active_requests(gateway):
    lines = gateway.request("GET", "/metrics").body.decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("http_server_active_requests{"))


def test_whoever_sends_a_body_is_told_that_it_ends(make_gateway):
    gateway = make_gateway()
    gateway.config["limits"]["drain_timeout"] = "100ms"
    gateway.start()
    key = gateway.issue()
    with gateway.connect() as connection:
        connection.send(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: " + key.secret.encode() + b"\r\ncontent-length: 1000\r\n\r\n{")
        # The scrape is one itself.
        eventually(lambda: active_requests(gateway) == 2, "it has begun")
        gateway.process.send_signal(signal.SIGTERM)
        answer = connection.answer()
        assert (answer.status, answer.error[0]) == (529, "overloaded_error") and "restarted" in answer.error[1]
    assert gateway.wait() == 0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own that is soon full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m,mode=700", "none", folder], capture_output=True).returncode:
        pytest.skip("needs root, and may mount")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_makes_it_unready_once_no_row_can_be_kept(make_gateway, small_disk):
    """Rows wait in the journal as long as it has room; without any requests are refused, and a load balancer hears of it."""
    gateway = make_gateway()
    gateway.config |= {"data": str(small_disk), "logs": {"access": "off"}}
    gateway.start("--loops", "1")
    key = gateway.issue()
    assert gateway.messages(key).status == 200
    with open(small_disk / "filler", "wb", 0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(b"x" * 4096)
    statuses, data = [], json.dumps(prompt()).encode()
    with gateway.connect() as connection:
        while len(statuses) < 4000 and 529 not in statuses:
            connection.request("POST", "/v1/messages", {"authorization": f"Bearer {key.secret}"}, data)
            statuses.append(connection.answer().status)
    assert statuses[-1] == 529 and set(statuses) == {200, 529} and len(statuses) > 1000, statuses[-3:]
    answer = gateway.request("GET", "/readyz")
    assert answer.status == 503 and b"ledger" in answer.body
    assert b'tollgate_ledger_journal_free{tollgate_loop="0"} 0\n' in gateway.request("GET", "/metrics").body
    os.truncate(small_disk / "filler", 0)
    eventually(lambda: gateway.request("GET", "/readyz").status == 200, "it is ready again", 20)
    assert gateway.messages(key).status == 200
    served = statuses.count(200) + 2
    eventually(lambda: gateway.report("--by", "user")["total"]["requests"] == served, "no row is lost", 20)


def test_a_database_that_is_replaced_under_a_gateway(make_gateway, upstream):
    """What waits for it when the gateway stops is in the journal, and goes into the one that is there at the next start."""
    gateway = make_gateway()
    gateway.start()
    key, data, away = gateway.issue(), gateway.folder / "data", gateway.folder / "elsewhere"
    assert gateway.messages(key, prompt()).status == 200
    gateway.ledger.closed(1)
    away.mkdir()
    with sqlite3.connect(data / "ledger.sqlite3") as old, sqlite3.connect(away / "copy") as copy:
        old.backup(copy)
    old.close()
    copy.close()
    for name in ("ledger.sqlite3", "ledger.sqlite3-wal", "ledger.sqlite3-shm"):
        (data / name).rename(away / name)
    (away / "copy").rename(data / "ledger.sqlite3")
    assert gateway.messages(key, prompt()).status == 200
    gateway.logged("is not the file any more")
    gateway.stop()
    gateway.start()
    gateway.ledger.closed(2)


def test_a_database_that_is_replaced_alone_comes_up_by_what_the_log_says(make_gateway, upstream):
    """SQLite's log of the one before lies beside it, and would be taken for its own."""
    gateway = make_gateway().start("--loops", "1")
    key, data = gateway.issue(), gateway.folder / "data"
    assert gateway.messages(key).status == 200
    gateway.ledger.closed(1)
    with contextlib.closing(sqlite3.connect(data / "ledger.sqlite3")) as old:
        old.execute("VACUUM INTO ?", (str(gateway.folder / "copy"),))
    (gateway.folder / "copy").rename(data / "ledger.sqlite3")
    assert gateway.messages(key).status == 200
    assert "move ledger.sqlite3-wal and ledger.sqlite3-shm away" in str(gateway.logged("is not the file any more"))
    gateway.stop()
    for name in ("ledger.sqlite3-wal", "ledger.sqlite3-shm"):
        (data / name).rename(gateway.folder / name)
    gateway.start()
    gateway.ledger.closed(2)


def test_a_long_first_start_after_an_upgrade_says_what_it_does(make_gateway):
    """It takes minutes where there are many rows, and answers nobody: it must not look like one that hangs."""
    gateway = make_gateway().start("--loops", "1")
    assert gateway.messages(gateway.issue()).status == 200
    gateway.ledger.closed(1)
    gateway.stop()
    with contextlib.closing(sqlite3.connect(gateway.folder / "data/ledger.sqlite3")) as database:
        database.execute("INSERT INTO meta VALUES ('rollups_stale', 1)")  # as a migration leaves it
        database.commit()
    before = len(gateway.log)
    gateway.restart()
    first, *_, last = gateway.log[before:]
    assert "the ledger is brought up to date" in first["message"] and first["step"] == "sums by day and month: 0 of 1 days"
    assert last["message"] == "listening"
    gateway.stop()
    before = len(gateway.log)
    gateway.restart()
    assert not [line for line in gateway.log[before:] if "brought up to date" in line["message"]], "once"
