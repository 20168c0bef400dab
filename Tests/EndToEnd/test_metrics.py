"""Metrics: what a real Prometheus fetches, that it is what the ledger and the collector are told, and who may fetch it."""

import concurrent.futures
import contextlib
import gzip
import json
import re
import socket
import subprocess
import time

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_old

from rig import answers
from rig.gateway import MODEL, ROOT, prompt
from rig.prometheus import PROMETHEUS, PROMTOOL, Prometheus
from rig.upstream import Stall
from rig.waiting import eventually
from rig.wire import Closed

OPEN = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
CLASSES = {"input": "input_tokens", "output": "output_tokens", "cache_read": "cache_read_tokens"}


def scrape(gateway, accept="", **headers):
    fields = {**({"accept": accept} if accept else {}), **{name.replace("_", "-"): value for name, value in headers.items()}}
    return gateway.request("GET", "/metrics", fields)


def samples(gateway, accept=OPEN):
    """All samples by name and labels."""
    answer = scrape(gateway, accept)
    assert answer.status == 200
    read = read_open if accept == OPEN else read_old
    return {(s.name, frozenset(s.labels.items())): s for family in read(answer.body.decode()) for s in family.samples}


def total(found, name, **labels):
    """The sum of a metric's samples with such labels (`__` for a dot)."""
    wanted = {key: value for key, value in labels.items()}.items()
    return sum(s.value for (n, own), s in found.items() if n == name and wanted <= dict(own).items())


def session(gateway, key, count=6):
    for number in range(count):
        answer = gateway.messages(key, prompt(stream=number % 2 == 0), {"x-tollgate-metadata": '{"project": "apollo"}'})
        assert answer.status == 200


def catalogue():
    """Each metric's name for Prometheus and its kind, as docs/metrics.md has them."""
    rows = {}
    for line in (ROOT / "docs" / "metrics.md").read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 6:
            rows[cells[1]] = cells[2]
    return rows


@pytest.mark.skipif(not PROMETHEUS, reason="needs Prometheus (Debian: prometheus)")
def test_prometheus_gets_what_the_ledger_says(gateway, sink, key, tmp_path):
    with Prometheus(tmp_path, [gateway.address]) as prometheus:
        session(gateway, key)
        rows = gateway.ledger.closed(6)
        eventually(lambda: prometheus.value('sum(tollgate_requests_total{http_route="/v1/messages"})') == 6, "all are scraped")
        subject = '{tollgate_team="platform",user_id="alice",tollgate_project="apollo"}'
        assert prometheus.value(f"sum(tollgate_requests_total{subject})") == 6
        for kind, column in CLASSES.items():
            told = prometheus.value(f'sum(tollgate_tokens_total{{tollgate_token_class="{kind}",user_id="alice"}})')
            assert told == sum(row[column] for row in rows) > 0, kind
        assert prometheus.value(f"sum(tollgate_cost_nano_usd_total{subject})") == sum(row["cost_nano_usd"] for row in rows)
        assert prometheus.value("sum(gen_ai_client_token_usage_count)") == 12
        assert prometheus.value("sum(gen_ai_server_time_to_first_token_seconds_count)") == 3
        eventually(lambda: prometheus.value("tollgate_ledger_rows_total") == 6, "the ledger's own figure")
        assert prometheus.value("target_info") == 1 and prometheus.value("tollgate_build_info") == 1
        assert 0 < prometheus.value("sum(tollgate_overhead_duration_seconds_sum)") < prometheus.value(
            'sum(http_server_request_duration_seconds_sum{http_route="/v1/messages"})')

        # An example of each bucket leads to a span that was sent.
        def traces():
            found = prometheus.get("query_exemplars", query="gen_ai_client_inference_duration_seconds_bucket",
                                   start=time.time() - 60, end=time.time() + 60)
            return {e["labels"]["trace_id"]: e["labels"]["span_id"] for series in found for e in series["exemplars"]}

        found = eventually(traces, "Prometheus has exemplars")
        eventually(lambda: set(found.items()) <= {(s.trace_id, s.span_id) for s in sink.spans}, "their spans are at the collector")
        assert [one["lastError"] for one in prometheus.targets()] == [""]


@pytest.mark.skipif(not PROMTOOL, reason="needs promtool (Debian: prometheus)")
def test_both_formats_are_good_and_the_same(gateway, key):
    session(gateway, key)
    old = scrape(gateway)
    assert old.header("content-type") == "text/plain; version=0.0.4; charset=utf-8"
    checked = subprocess.run([PROMTOOL, "check", "metrics"], input=old.body, capture_output=True)
    # Names of the convention that promtool would rather keep for histograms.
    complaints = [line for line in checked.stdout.decode().splitlines() + checked.stderr.decode().splitlines()
                  if not re.match(r'process_(thread|open_file_descriptor)_count .*"_count" suffix', line)]
    assert complaints == []
    open_text = scrape(gateway, OPEN)
    assert open_text.header("content-type") == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert open_text.body.endswith(b"# EOF\n")
    still = lambda found: {key: s.value for key, s in found.items() if re.match("gen_ai|tollgate_(cost|tokens|cache|req)", key[0])
                           and not key[0].endswith("_created")}
    new, former = still(samples(gateway)), still(samples(gateway, "text/plain"))
    assert new == former and len(new) > 100


def test_what_is_told_stands_in_the_catalogue(gateway, key):
    session(gateway, key)
    known = catalogue()
    for family in read_old(scrape(gateway).body.decode()):
        if family.name == "target_info":
            continue
        name = family.name if family.name in known else family.name + "_total"
        wanted = {"histogram": "histogram", "counter": "counter"}.get(family.type, "gauge")
        assert known[name] in (wanted, "up-down counter" if wanted == "gauge" else wanted), name
    assert len(known) > 80


def test_the_collector_is_told_the_same(gateway, sink, key):
    session(gateway, key)
    eventually(lambda: sum(p.value for p in sink.latest("tollgate.requests", http__route="/v1/messages")) == 6, "six requests")
    here = samples(gateway)
    for name, translated in (("tollgate.cost", "tollgate_cost_nano_usd_total"), ("tollgate.tokens", "tollgate_tokens_total"),
                             ("tollgate.attempts", "tollgate_attempts_total"),
                             ("gen_ai.client.inference.usage.input_tokens", "gen_ai_client_inference_usage_input_tokens_total")):
        points = sink.latest(name)
        assert points, name
        for point in points:
            labels = frozenset((key.replace(".", "_"), str(value)) for key, value in point.attributes.items())
            assert here[translated, labels].value == point.value, (name, labels)
    for name in ("gen_ai.client.inference.duration", "tollgate.overhead.duration", "tollgate.stage.duration"):
        for point in sink.latest(name):
            labels = frozenset((key.replace(".", "_"), str(value)) for key, value in point.attributes.items())
            translated = name.replace(".", "_") + "_seconds"
            assert here[translated + "_count", labels].value == point.count
            assert here[translated + "_sum", labels].value == pytest.approx(point.total)


def test_limits_failures_and_connections_are_seen(gateway, upstream, key):
    upstream.answers(answers.error(529, "overloaded_error"), answers.Message())
    assert gateway.messages(key).status == 529
    session(gateway, key, 2)
    found = samples(gateway)
    assert total(found, "tollgate_attempts_total", tollgate_outcome="upstream_error", error_type="overloaded_error") == 1
    assert total(found, "tollgate_attempts_total", tollgate_outcome="ok", tollgate_provider="main") == 2
    failed = {"error_type": "overloaded_error"}
    assert total(found, "gen_ai_client_inference_operation_input_tokens_count", **failed) == 1
    assert total(found, "gen_ai_client_inference_operation_input_tokens_sum", **failed) == 0
    assert total(found, "gen_ai_server_request_duration_seconds_count", gen_ai_request_model=MODEL) == 3
    assert total(found, "tollgate_provider_ratelimit_limit", tollgate_ratelimit_kind="requests") == 4000
    assert total(found, "tollgate_provider_ratelimit_remaining", tollgate_ratelimit_kind="requests") == 3999
    open_connections = total(found, "http_client_open_connections", tollgate_provider="main")
    closed = total(found, "http_client_connection_duration_seconds_count")
    assert open_connections + closed == total(found, "tollgate_pool_leases_total", tollgate_connection_reused="false") >= 1
    assert total(found, "tollgate_pool_leases_total") == 3
    assert total(found, "http_client_active_requests") == 0
    assert total(found, "http_server_active_requests") == 1, "the scrape itself"
    eventually(lambda: total(samples(gateway), "tollgate_connections_open") == 1, "what clients closed is seen as closed")
    assert total(found, "tollgate_requests_total", http_route="/metrics") == 0, "a scrape is no request of a client's"


# Access

def test_others_than_this_host_need_the_token(make_gateway):
    gateway = make_gateway().start()
    assert scrape(gateway).status == 200, "this host needs nothing"
    for field in ("x_forwarded_for", "forwarded", "x_real_ip"):
        assert scrape(gateway, **{field: "10.1.2.3"}).status == 403, "a proxy on this host speaks for others"
    gateway.config["telemetry"]["metrics"] = {"prometheus": {"token": "scrape-canary-1"}}
    gateway.reload()
    others = {"x_forwarded_for": "10.1.2.3"}
    assert scrape(gateway).status == 200
    for wrong in ("", "Bearer scrape-canary-2", "Bearer scrape-canary-", "Basic scrape-canary-1", "Bearer"):
        assert scrape(gateway, authorization=wrong, **others).status == 401, wrong
    assert scrape(gateway, authorization="Bearer scrape-canary-1", **others).status == 200
    gateway.config["telemetry"]["metrics"] = {"prometheus": {"enabled": False}}
    gateway.reload()
    assert scrape(gateway).status == 404
    assert "scrape-canary" not in json.dumps(gateway.log)


def own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return probe.getsockname()[0]


@pytest.mark.skipif(own_address().startswith("127."), reason="needs an address besides the loopback's")
def test_prometheus_elsewhere_shows_the_token(make_gateway, tmp_path):
    gateway = make_gateway()
    gateway.config["listen"] = "0.0.0.0:0"
    gateway.config["telemetry"]["metrics"] = {"prometheus": {"token": "scrape-canary-1"}}
    gateway.start()
    gateway.address = (own_address(), gateway.address[1])
    assert scrape(gateway).status == 401
    if PROMETHEUS:
        with Prometheus(tmp_path, [gateway.address], token="scrape-canary-1") as prometheus:
            assert prometheus.value("tollgate_build_info") == 1


def test_only_get_and_head_and_gzip_for_who_takes_it(gateway):
    assert gateway.request("POST", "/metrics", {}, b"x").status == 405
    assert gateway.request("HEAD", "/metrics").status == 200
    packed = scrape(gateway, accept_encoding="gzip")
    assert packed.header("content-encoding") == "gzip" and b"tollgate_build_info" in gzip.decompress(packed.body)
    assert scrape(gateway, accept_encoding="gzip;q=0").header("content-encoding") is None


def test_scrapes_that_are_given_up_hold_nobody(gateway, key):
    """In the middle of everything, with a drain at last: those who stay are answered, and the gateway ends."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        work = [pool.submit(session, gateway, key) for _ in range(3)]
        for _ in range(60):
            with gateway.connect() as connection:
                connection.request("GET", "/metrics", {"accept": OPEN})
        assert all(answer.status == 200 for answer in pool.map(lambda _: scrape(gateway, OPEN), range(20)))
        for each in work:
            each.result()
    with contextlib.ExitStack() as stack:
        waiting = [stack.enter_context(gateway.connect()) for _ in range(10)]
        for connection in waiting:
            connection.request("GET", "/metrics", {})
        assert waiting[0].answer().status == 200
        assert gateway.stop() == 0
        for connection in waiting[1:]:
            with contextlib.suppress(Closed, ConnectionResetError):  # it was not read yet
                assert connection.answer().body.endswith(b"\n"), "whole or not at all"


# Labels

def test_hostile_metadata_is_bounded_and_slows_nobody(make_gateway):
    gateway = make_gateway()
    gateway.config["telemetry"]["metrics"] = {"labels": ["team", "metadata.case"], "series_limit": 40}
    gateway.start("--loops", "1")
    key = gateway.issue()
    gateway.messages(key)
    before, times = gateway.resident(), []
    with gateway.connect() as connection:
        for number in range(1_200):
            value = ("%d\\u0000\\n\\u009f" % number) + "x" * 3_000
            fields = {"authorization": f"Bearer {key.secret}", "content-type": "application/json",
                      "x-tollgate-metadata": '{"case": "%s"}' % value}
            begin = time.monotonic()
            connection.request("POST", "/v1/messages", fields, json.dumps(prompt()).encode())
            assert connection.answer().status == 200
            times.append(time.monotonic() - begin)
    assert sorted(times)[1_150] < 0.5, "the slowest of nearly all"
    assert gateway.resident() - before < 60_000_000
    text = scrape(gateway).body.decode()
    lines = [line for line in text.splitlines() if line.startswith("tollgate_cost_nano_usd_total{")]
    assert len(lines) == 41 and sum('otel_metric_overflow="true"' in line for line in lines) == 1
    assert len(max(lines, key=len)) < 400 and not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    found = samples(gateway)
    assert total(found, "tollgate_requests_total", http_route="/v1/messages") + total(
        found, "tollgate_requests_total", otel_metric_overflow="true") == 1_201, "nothing is lost"
    assert total(found, "tollgate_metrics_overflow_total", tollgate_instrument="tollgate.cost") > 1_000
    # What is too large for a header altogether is refused as such.
    huge = gateway.messages(key, headers={"x-tollgate-metadata": '{"case": "%s"}' % ("y" * 1_000_000)})
    assert huge.status in (400, 431)
    assert gateway.messages(key).status == 200


def test_made_up_models_take_nobodys_series(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["telemetry"]["metrics"] = {"series_limit": 30}
    gateway.config["models"].append({"name": "ours", "target": "main/unpriced"})
    gateway.config["access"] = [{"id": "none", "deny": {"models": ["main/denied-*"]}}]
    gateway.start("--loops", "1")
    key = gateway.issue()
    upstream.answers(answers.error(404, "not_found_error", "model"))
    for number in range(50):
        assert gateway.messages(key, prompt(model=f"main/made-up-{number}")).status == 404
        assert gateway.messages(key, prompt(model=f"main/denied-{number}")).status == 400
    assert gateway.messages(key, prompt(model="ours")).status == 404
    upstream.answers(answers.Message())
    assert gateway.messages(key, prompt(model="main/new-and-real")).status == 200
    found = samples(gateway)
    assert total(found, "tollgate_metrics_overflow_total") == 0
    for name, others, ours in (("tollgate_attempts_total", 50, "unpriced"), ("gen_ai_server_request_duration_seconds_count", 100, "ours")):
        assert total(found, name, gen_ai_request_model="_other") == others
        assert total(found, name, gen_ai_request_model=ours) == 1, "the configuration names it"
    assert total(found, "tollgate_attempts_total", gen_ai_request_model="new-and-real") == 1


def test_made_up_models_that_are_never_answered_take_nobodys_series(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["telemetry"]["metrics"] = {"series_limit": 30}
    gateway.config["providers"][0]["timeouts"] = {"first_byte": "50ms"}
    gateway.start("--loops", "1")
    key = gateway.issue()
    upstream.answers(Stall(before_head=True))
    for number in range(40):
        assert gateway.messages(key, prompt(model=f"main/made-up-{number}")).status == 529
    found = samples(gateway)
    assert total(found, "tollgate_metrics_overflow_total") == 0
    # What was sent is charged by an estimate; without a price that costs nothing that is known.
    assert total(found, "tollgate_unpriced_requests_total", gen_ai_request_model="_other") == 40
    assert total(found, "tollgate_tokens_total", gen_ai_request_model="_other") > 0


def test_a_providers_own_models_fail_under_their_names(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["providers"][0]["models"] = [{"name": "own-model"}]
    gateway.config["models"].append({"name": "own-*", "target": "main/own-*"})
    gateway.start("--loops", "1")
    key = gateway.issue()
    upstream.answers(answers.error(500, "api_error", "down"))
    for name in ("own-model", "own-other"):
        gateway.messages(key, prompt(model=name))
    found = samples(gateway)
    for name in ("own-model", "_other"):
        assert total(found, "tollgate_attempts_total", gen_ai_request_model=name, error_type="api_error") == 1


def test_labels_change_with_a_reload(make_gateway):
    gateway = make_gateway().start("--loops", "1")
    key = gateway.issue()
    gateway.messages(key)
    gateway.config["telemetry"]["metrics"] = {"labels": ["key", "metadata.ticket"]}
    gateway.reload()
    gateway.messages(key, headers={"x-tollgate-metadata": '{"ticket": "T-1"}'})
    found = samples(gateway)
    assert total(found, "tollgate_requests_total", user_id="alice") == 1
    assert total(found, "tollgate_requests_total", tollgate_key_id=key.id, tollgate_metadata_ticket="T-1") == 1


def test_without_exemplars(make_gateway):
    gateway = make_gateway()
    gateway.environment["OTEL_METRICS_EXEMPLAR_FILTER"] = "always_off"
    gateway.start()
    gateway.messages(gateway.issue())
    assert b"trace_id" not in scrape(gateway, OPEN).body


def test_differences_for_the_collector_are_whole_for_prometheus(make_gateway, sink):
    gateway = make_gateway()
    gateway.config["telemetry"]["metrics"] = {"temporality": "delta", "interval": "1s"}
    gateway.start()
    key = gateway.issue()
    for _ in range(2):
        gateway.messages(key)
        count = len([p for p in sink.points if p.name == "tollgate.requests"])
        eventually(lambda: len([p for p in sink.points if p.name == "tollgate.requests"]) > count, "one more export")
    told = [p for p in sink.points if p.name == "tollgate.requests"]
    assert sum(p.value for p in told) == 2 and not any(p.cumulative for p in told)
    assert total(samples(gateway), "tollgate_requests_total") == 2
