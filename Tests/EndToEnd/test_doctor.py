"""tollgate doctor: what it finds when nothing is off, and when something is."""

import json
import os
import signal
import socket
import sqlite3
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import grpc
import pytest

from rig.certificates import Authority
from rig.clock import Clock
from rig.gateway import prompt
from rig.grpc_sink import Fault, GRPCSink
from rig.history import History
from rig.ports import free_port
from rig.unreliable import UnreliableSink
from rig.waiting import eventually
from rig.wire import Closed


@pytest.fixture
def quiet(make_gateway):
    """A gateway on a known port that is not started yet, in front of a collector with a name."""
    gateway = make_gateway()
    gateway.config["listen"] = f"127.0.0.1:{free_port()}"
    gateway.config["limits"]["connections"] = 100
    gateway.config["telemetry"]["otlp"][0]["name"] = "main"
    return gateway


def examine(gateway, code=None):
    """Findings by what was looked at; several of a kind are a list."""
    gateway.write()
    done = gateway.run("doctor", "--json", code=code)
    found = {}
    for finding in json.loads(done.stdout):
        assert finding["state"] in ("ok", "warn", "fail") and "\n" not in finding["detail"]
        assert bool(finding["cure"]) == (finding["state"] != "ok"), finding
        found.setdefault(finding["check"], []).append(finding)
    failed = any(finding["state"] == "fail" for group in found.values() for finding in group)
    assert done.returncode == (1 if failed else 0)
    return found


def state(found, check):
    return [finding["state"] for finding in found[check]]


def test_a_gateway_that_is_well(quiet):
    (quiet.folder / "data").mkdir(mode=0o700)
    quiet.start()
    key = quiet.issue()
    assert quiet.messages(key).status == 200
    found = examine(quiet, code=0)
    for check in ("configuration", "data", "ledger", "sums", "journal", "open files", "provider main", "collector main spans",
                  "collector main metrics", "collector main logs", "gateway", "telemetry"):
        assert state(found, check) == ["ok"], found[check]
    assert "is ready" in found["gateway"][0]["detail"] and "sound" in found["ledger"][0]["detail"]
    lines = quiet.run("doctor", code=0).stdout.splitlines()
    assert len(lines) == sum(len(group) for group in found.values())
    assert all(line.startswith(("ok ", "warn ", "fail ")) for line in lines)


@pytest.mark.parametrize("change", [
    "DELETE FROM daily_costs", "DELETE FROM requests WHERE user = 'bob'", "UPDATE daily_costs SET cost_nano_usd = cost_nano_usd + 1 WHERE user = 'bob'",
    "UPDATE requests SET output_tokens = output_tokens + 1 WHERE user = 'bob'", "UPDATE monthly_costs SET requests = requests + 1"])
def test_sums_that_are_not_those_of_the_rows(quiet, change):
    quiet.start()
    history = History(quiet)
    for back in (0, 40, 41):
        for user in ("alice", "bob"):
            history.add(time.time() - back * 86_400, {"output_tokens": 100}, user=user)
    history.write()
    assert state(examine(quiet), "sums") == ["ok"]
    with sqlite3.connect(quiet.folder / "data" / "ledger.sqlite3", timeout=30) as connection:
        connection.execute(change)
    connection.close()
    (finding,) = examine(quiet, code=1)["sums"]
    assert finding["state"] == "fail" and "report rebuild" in finding["cure"]
    quiet.run("report", "rebuild")
    assert state(examine(quiet), "sums") == ["ok"]


def test_it_changes_nothing_and_costs_nothing(quiet, upstream, sink):
    found = examine(quiet)
    assert state(found, "gateway") == ["warn"] and "will make it" in found["data"][0]["detail"]
    assert not (quiet.folder / "data").exists()
    assert not upstream.requests and all(data == b"" for data in sink.raw)


def test_a_configuration_that_is_wrong(quiet):
    quiet.config["providers"][0]["kind"] = "antropic"
    quiet.config["limitz"] = {}
    found = examine(quiet, code=1)
    assert state(found, "configuration") == ["fail", "fail"] and "provider main" not in found


def test_providers_that_cannot_be_reached(quiet, tmp_path):
    silent = socket.create_server(("127.0.0.1", 0))
    authority = Authority(tmp_path / "authority")
    context = authority.server(*authority.issue("server", "DNS:localhost"))
    secure = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    threading.Thread(target=secure.serve_forever, args=(0.01,), daemon=True).start()
    place = f"https://localhost:{secure.server_address[1]}"
    account = {"kind": "anthropic", "api_key": "k"}
    quiet.config["providers"] += [
        {"name": "closed", "base_url": f"http://127.0.0.1:{free_port()}", **account},
        {"name": "nameless", "base_url": "https://nowhere.invalid", **account},
        {"name": "silent", "base_url": f"https://127.0.0.1:{silent.getsockname()[1]}", **account},
        {"name": "stranger", "base_url": place, **account},
        {"name": "friend", "base_url": place, "ca_file": str(authority.certificate), **account},
    ]
    found = examine(quiet, code=1)
    assert state(found, "provider main") == ["ok"] and state(found, "provider friend") == ["ok"]
    assert "with TLS after" in found["provider friend"][0]["detail"]
    for name, words in (("closed", "refused"), ("nameless", "resolve"), ("silent", "timed out"), ("stranger", "certificate")):
        finding = found[f"provider {name}"][0]
        assert finding["state"] == "fail" and words in finding["detail"], finding
    assert "CA file" in found["provider stranger"][0]["cure"]
    secure.shutdown()


@pytest.mark.parametrize("answer, state_wanted, words", [
    (401, "fail", "credential"), (404, "fail", "path"), (503, "warn", "wait")])
def test_collectors_that_refuse(quiet, sink, answer, state_wanted, words):
    sink.faults = [(answer, {})] * 3
    found = examine(quiet)
    for signal in ("spans", "metrics", "logs"):
        finding = found[f"collector main {signal}"][0]
        assert finding["state"] == state_wanted and words in finding["cure"], finding


def test_a_web_page_is_no_collector(quiet):
    collector = UnreliableSink().start()
    collector.behave = lambda path, data: (200, {"Content-Type": "text/html"}, b"\n<!doctype html><title>Sign in</title>")
    quiet.config["telemetry"]["otlp"][0]["endpoint"] = collector.url
    found = examine(quiet, code=1)
    for signal in ("spans", "metrics", "logs"):
        finding = found[f"collector main {signal}"][0]
        assert finding["state"] == "fail" and "web page" in finding["detail"] and "something else answers" in finding["cure"], finding
    collector.stop()


def test_collectors_over_grpc(quiet):
    collector = GRPCSink().start()
    quiet.config["telemetry"]["otlp"] = [{"name": "main", "endpoint": collector.url, "protocol": "grpc"}]
    found = examine(quiet)
    assert state(found, "collector main spans") == ["ok"] and "gRPC" in found["collector main spans"][0]["detail"]
    collector.faults = [Fault(grpc.StatusCode.UNAUTHENTICATED, "who are you?")]
    finding = examine(quiet, code=1)["collector main spans"][0]
    assert "who are you?" in finding["detail"] and "credential" in finding["cure"]
    collector.stop()


def test_what_a_killed_gateway_left_behind(quiet, upstream):
    quiet.start()
    key = quiet.issue()
    gate = upstream.gate()

    async def wait(exchange):
        await gate.passed()

    upstream.answers(wait)
    asking = threading.Thread(target=lambda: _try(quiet, key), daemon=True)
    asking.start()
    eventually(lambda: examine(quiet)["journal"][0]["detail"].startswith("1 requests"), "a request is under way")
    quiet.kill()
    finding = examine(quiet)["journal"][0]
    assert finding["state"] == "warn" and "1 open" in finding["detail"]
    gate.open()
    quiet.run("report", "--format", "json")
    assert state(examine(quiet), "journal") == ["ok"]


def _try(gateway, key):
    try:
        gateway.messages(key)
    except (OSError, Closed):
        pass


@pytest.mark.skipif(not Clock.available(), reason="needs a C compiler")
def test_rows_that_cannot_be_written(quiet, tmp_path):
    """Somebody holds the database: what waits is told by the doctor and by reports, until it is there."""
    quiet.start()
    key = quiet.issue()
    quiet.messages(key)
    quiet.ledger.closed(1)
    other = sqlite3.connect(quiet.folder / "data/ledger.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(3):
        assert quiet.messages(key).status == 200
    assert state(examine(quiet), "journal") == ["ok"], "so it looks on a busy machine, too"
    assert quiet.run("report").stderr == ""
    later = Clock(Clock.compile(tmp_path), quiet)
    later.set(60)
    (journal,) = examine(quiet)["journal"]
    assert journal["state"] == "warn" and journal["detail"].startswith("3 rows wait"), journal
    done = quiet.run("report", "--format", "json")
    assert "3 rows" in done.stderr and "not in the ledger" in done.stderr, done.stderr
    assert json.loads(done.stdout)["total"]["requests"] == 1
    other.execute("ROLLBACK")
    quiet.ledger.closed(4)
    assert quiet.run("report").stderr == "" and state(examine(quiet), "journal") == ["ok"]


def test_a_ledger_that_is_damaged(quiet):
    quiet.start()
    key = quiet.issue()
    for _ in range(30):
        assert quiet.messages(key).status == 200
    quiet.ledger.settle()
    assert quiet.stop() == 0
    file = quiet.folder / "data" / "ledger.sqlite3"
    content = bytearray(file.read_bytes())
    pages = len(content) // 4096
    for page in range(pages // 2, pages):
        content[page * 4096:page * 4096 + 64] = os.urandom(64)
    file.write_bytes(content)
    found = examine(quiet, code=1)
    assert state(found, "ledger") == ["fail"] and "restore" in found["ledger"][0]["cure"]
    file.write_bytes(b"not a database at all" * 300)
    assert state(examine(quiet, code=1), "ledger") == ["fail"]


def test_a_ledger_of_a_newer_version(quiet):
    quiet.start()
    quiet.issue()
    quiet.stop()
    with sqlite3.connect(quiet.folder / "data" / "ledger.sqlite3") as database:
        database.execute("PRAGMA user_version = 9000")
    finding = examine(quiet, code=1)["ledger"][0]
    assert "newer" in finding["cure"]


def test_a_gateway_that_refused_its_new_file(quiet):
    quiet.start()
    good = dict(quiet.config)
    quiet.config["providers"] = []
    quiet.write()
    quiet.process.send_signal(signal.SIGHUP)
    eventually(lambda: "configuration:" in quiet.request("GET", "/readyz").body.decode(), "/readyz tells it")
    quiet.config = good
    finding = examine(quiet)["gateway"][0]
    # It may have read the good file by then.
    assert finding["state"] == "ok" or "refused" in finding["detail"]


def test_something_else_in_the_gateways_place(quiet):
    host, port = quiet.config["listen"].split(":")
    other = HTTPServer((host, int(port)), BaseHTTPRequestHandler)
    threading.Thread(target=other.serve_forever, args=(0.01,), daemon=True).start()
    finding = examine(quiet, code=1)["gateway"][0]
    assert "something else" in finding["cure"]
    other.shutdown()


def test_files_are_enough_for_the_connections_of_every_loop(quiet):
    quiet.config["limits"]["connections"] = 1_000_000
    (found,) = examine(quiet)["open files"]
    assert found["state"] == "warn" and "a process started here" in found["detail"], found
    for options in (["--loops", "3"], ["--loops=3"]):
        quiet.start(*options)
        (found,) = examine(quiet)["open files"]
        assert "1000000 connections on each of 3 loops need up to 6000200" in found["detail"], found
        quiet.stop()


def test_a_folder_that_is_moved_away_under_a_gateway(quiet, upstream):
    """It is told everywhere, and nothing is lost: rows wait until it is back."""
    quiet.start()
    key, data, away = quiet.issue(), quiet.folder / "data", quiet.folder / "elsewhere"
    assert quiet.messages(key, prompt()).status == 200
    quiet.ledger.closed(1)
    data.rename(away)
    assert quiet.messages(key, prompt()).status == 200
    (line, *_) = quiet.logged("is not the file any more")
    assert str(data / "ledger.sqlite3") in line["error"] and line["level"] == "error"
    found = examine(quiet, code=1)
    assert state(found, "gateway") == ["fail"] and "nobody holds the data folder" in found["gateway"][0]["detail"]
    away.rename(data)
    quiet.ledger.closed(2)
    assert state(examine(quiet), "gateway") == ["ok"]


def test_a_folder_behind_a_link_to_nothing(quiet):
    link = quiet.folder / "volume"
    link.symlink_to(quiet.folder / "not-mounted")
    quiet.config["data"] = str(link / "tollgate")
    found = examine(quiet, code=1)
    assert state(found, "data") == ["fail"] and f"{link} is a link to what is not there" in found["data"][0]["detail"]


def test_a_folder_that_others_may_look_into(quiet):
    (quiet.folder / "data").mkdir(mode=0o755)
    assert state(examine(quiet), "data") == ["warn"]
    (quiet.folder / "data").rmdir()
    (quiet.folder / "data").write_text("a file")
    assert state(examine(quiet, code=1), "data") == ["fail"]
    (quiet.folder / "data").unlink()


def test_a_file_that_everybody_may_write(quiet):
    assert state(examine(quiet), "configuration") == ["ok"]
    quiet.file.chmod(0o666)
    found = examine(quiet)
    assert state(found, "configuration") == ["warn"] and "chmod o-w" in found["configuration"][0]["cure"]


def test_what_waits_for_a_collector(quiet):
    quiet.config["telemetry"]["otlp"][0]["endpoint"] = f"http://127.0.0.1:{free_port()}"
    quiet.start()
    assert quiet.messages(quiet.issue()).status == 200
    name = "spool main-spans"
    found = eventually(lambda: (f := examine(quiet)) and name in f and "items in" in f[name][0]["detail"] and f, "spans wait")
    assert state(found, name) == ["ok"] and "exports wait" in found[name][0]["detail"]
    assert quiet.stop() == 0
    for file in (quiet.folder / "data" / "spool" / "main-spans").glob("*.spool"):
        file.write_bytes(file.read_bytes()[:-3])
    finding = examine(quiet)[name][0]
    assert finding["state"] == "warn" and "damaged" in finding["detail"]


def test_a_spool_that_cannot_be_written_is_told_before_it_is_needed(quiet):
    quiet.start()
    assert quiet.stop() == 0
    folder = quiet.folder / "data" / "spool" / "main-spans"
    (folder / "cursor").unlink()
    folder.rmdir()
    folder.write_text("")
    (finding,) = examine(quiet, code=1)["spool"]
    assert finding["state"] == "fail" and finding["detail"].startswith(str(folder)) and "nor" not in finding["detail"]
    quiet.start()
    told = quiet.logged("the telemetry spool cannot be written")
    assert [(line["destination"], line["signal"]) for line in told] == [("main", "spans")]


def test_what_a_running_gateway_lost(quiet):
    collector = UnreliableSink().start()
    quiet.config["telemetry"]["otlp"][0]["endpoint"] = collector.url
    quiet.start()
    key = quiet.issue()
    assert quiet.messages(key).status == 200
    assert state(examine(quiet), "telemetry") == ["ok"]
    collector.behave = lambda path, data: (400, {}, b"") if path == "/v1/traces" and data else None
    for _ in range(3):
        assert quiet.messages(key).status == 200
    lost = eventually(
        lambda: (f := examine(quiet)["telemetry"][0])["state"] == "warn" and "6 spans status_400" in f["detail"] and f,
        "the doctor tells of two spans of each request")
    assert "refuses" in lost["cure"]
    assert state(examine(quiet), "collector main spans") == ["ok"], "an empty export is taken"
    collector.stop()


def test_metrics_of_any_length_are_read(quiet):
    host, port = quiet.config["listen"].split(":")
    line = 'tollgate_telemetry_dropped_total{reason="queue_full",signal="logs"} 12\n'
    text = b"# a line of the metrics of many users\n" * 100_000 + line.encode()

    class Other(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            body = text if self.path == "/metrics" else b"ready\n"
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    other = HTTPServer((host, int(port)), Other)
    threading.Thread(target=other.serve_forever, args=(0.01,), daemon=True).start()
    finding = examine(quiet)["telemetry"][0]
    assert finding["state"] == "warn" and "12 logs queue_full" in finding["detail"]
    other.shutdown()


@pytest.mark.parametrize("days, wanted, words", [("-1", "fail", "ended at "), ("9", "warn", "ends in 8 days"), ("90", "ok", "valid until ")])
def test_our_own_certificate(quiet, tmp_path, days, wanted, words):
    certificate, key = Authority(tmp_path).issue("gateway", "IP:127.0.0.1", days=days)
    quiet.config["tls"] = {"certificate": str(certificate), "key": str(key)}
    (finding,) = examine(quiet)["certificate"]
    assert finding["state"] == wanted and words in finding["detail"], finding


def test_one_that_requires_client_certificates_cannot_be_asked(quiet, tmp_path):
    authority = Authority(tmp_path)
    certificate, key = authority.issue("gateway", "IP:127.0.0.1")
    quiet.config["tls"] = {
        "certificate": str(certificate), "key": str(key), "client_ca": str(authority.certificate), "client_certificates": "required"}
    quiet.start()
    (finding,) = examine(quiet)["gateway"]
    assert finding["state"] == "warn" and "requires client certificates" in finding["detail"]
