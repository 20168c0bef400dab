"""The dashboards: their form, what they link to, and that every query of panels and rules has data in a real Prometheus that scraped a real gateway."""

import contextlib
import json
import re
import socket
import subprocess
import sys
import time
import urllib.parse

import jsonschema
import pytest

from rig import dashboard_schema, dashboards, metrics_catalogue
from rig.certificates import Authority
from rig.gateway import ROOT, Gateway
from rig.otlp import Sink
from rig.prometheus import Prometheus
from rig.tokens import IdentityProvider, SigningKey
from rig.upstream import Upstream
from rig.waiting import eventually
from rig.webhook import Webhook
from test_rules import RECORDED, anchors, kept_labels_exist
from watched import VALUES, Traffic, configured

DASHBOARDS = dashboards.dashboards()
PANELS = [pytest.param(panel, id=f"{name}: {panel['title']}") for name, board in DASHBOARDS.items() for panel in dashboards.panels(board)]
each = pytest.mark.parametrize("name", DASHBOARDS)


def test_the_files_are_what_the_generator_makes():
    said = subprocess.run([sys.executable, ROOT / "dashboards" / "generate", "--check"], capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr


@each
def test_a_dashboard_is_what_grafana_takes(name):
    validator = jsonschema.Draft202012Validator(dashboard_schema.DASHBOARD)
    for panel in dashboards.panels(DASHBOARDS[name]):
        jsonschema.validate(panel, dashboard_schema.panel(panel["type"]))  # a better message than that of `oneOf`
    assert [error.message for error in validator.iter_errors(DASHBOARDS[name])] == []


def test_the_schema_refuses_what_grafana_would_ignore():
    good = DASHBOARDS["sre"]
    for spoil in (lambda board: board.update(schemaVersion=36), lambda board: board.update(id=7), lambda board: board["panels"][1].update(tittle="x"),
                  lambda board: board["panels"][1]["fieldConfig"]["defaults"].update(unit="seconds"),
                  lambda board: board["panels"][1]["targets"][0]["datasource"].update(uid="abc123"),
                  lambda board: board["panels"][1].pop("description")):
        board = json.loads(json.dumps(good))
        spoil(board)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(board, dashboard_schema.DASHBOARD)


def test_names_are_unique():
    assert len({board["uid"] for board in DASHBOARDS.values()}) == len(DASHBOARDS) == 4
    assert len({board["title"] for board in DASHBOARDS.values()}) == 4


@each
def test_panels_have_their_own_places_and_numbers(name):
    board, taken = DASHBOARDS[name], {}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, (panel["title"], taken[x, y])
                taken[x, y] = panel["title"]


@each
def test_variables_are_those_that_queries_use(name):
    board = DASHBOARDS[name]
    named = {variable["name"] for variable in board["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps([board["panels"], board["annotations"]])))
    assert used - named <= {"__rate_interval", "__range", "__range_s", "__from", "__to"}
    assert named <= used
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = re.fullmatch(r"label_values\((\w+)(?:\{.*\})?, (\w+)\)", variable["query"]["query"]).groups()
            assert label in metrics_catalogue.series()[metric] | {"job"}, variable["name"]


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_explains_itself(panel):
    assert len(panel["description"]) > 15 and panel["description"].endswith((".", "`"))
    for link in panel["links"]:
        if link["title"] == "Runbook":
            assert link["url"].removeprefix("${runbooks}#") in anchors()
        else:
            panes = urllib.parse.parse_qs(urllib.parse.urlsplit(link["url"]).query)["panes"][0]
            query = json.loads(panes)["t"]["queries"][0]
            assert query["datasource"] == {"type": "tempo", "uid": "${tempo}"} and query["query"].startswith("{ "), query
    assert any(link["title"] == "Runbook" for link in panel["links"])


@pytest.mark.parametrize("panel", PANELS)
def test_a_panels_queries_are_well_made(panel):
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
    series = metrics_catalogue.series() | {rule["record"]: None for rule in RECORDED}
    for target in panel["targets"]:
        expr = target["expr"]
        dashboards.parsed(expr)
        for window in re.findall(r"\brate\([^\[]*\[([^\]]+)\]", re.sub(r"'[^']*'|\"[^\"]*\"", "", expr)):
            assert window == "$__rate_interval", expr
        assert ("histogram_quantile" in expr and "timeseries" == panel["type"] and "1 /" not in expr) <= (
            target["exemplar"] or "otel_sdk" in expr), f"no exemplars: {expr}"
        for metric, labels in dashboards.selectors(expr):
            assert "job" in labels, f"not by job: {expr}"
            assert metric in series, metric
            if series[metric] is not None:
                assert labels <= series[metric] | {"job", "instance"}, (metric, labels - series[metric])
        kept_labels_exist(expr)


@pytest.mark.parametrize("panel", PANELS)
def test_legends_name_labels_that_the_query_keeps(panel):
    for target in panel["targets"]:
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            assert re.search(r"by \([^)]*\b%s\b" % label, target["expr"]), (label, target["expr"])


# Every query against a Prometheus that scraped a run

# Counters that have no series in this run, and why none can be staged here. promtool's cases run what is about them with data.
NOT_STAGED = {
    "tollgate_audit_dropped_total": "the audit only loses lines when thousands wait for a database that is stuck",
    "tollgate_ledger_refusals_total": "a journal has 16,384 slots for each loop, and all of them have to wait for a database that is stuck",
}


def is_staged(query):
    """It is about other metrics than those alone."""
    return not {metric for metric, _ in dashboards.selectors(query)} <= set(NOT_STAGED)


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """Gateways, one of them with TLS, that had traffic of every kind while Prometheus scraped them."""
    folder = tmp_path_factory.mktemp("stage")
    with contextlib.ExitStack() as stack:
        def started(thing):
            stack.callback(thing.stop)
            return thing.start()
        upstream, second, sink, webhook = started(Upstream()), started(Upstream()), started(Sink()), started(Webhook())
        signing = SigningKey("ES256", "es-1")
        identity = started(IdentityProvider(signing))
        (folder / "plain").mkdir()
        gateway = configured(Gateway(folder / "plain", upstream.url, sink.url), upstream, second, webhook, identity)
        stack.callback(gateway.stop)
        gateway.start("--loops", "2")
        secured = with_tls(folder, upstream)
        stack.callback(secured.stop)
        authority = folder / "authority" / "ca.pem"
        # As they are, but the minute between two looks at the money would be longer than all of this.
        recording = folder / dashboards.RECORDING.name
        recording.write_text(dashboards.RECORDING.read_text().replace("    interval: 1m\n", ""))
        with Prometheus(folder, [gateway.address, (*secured.address, authority)], [recording, dashboards.ALERTS]) as prometheus:
            eventually(lambda: [one["health"] for one in prometheus.targets()] == ["up", "up"], "both are scraped", 20)
            webhook.faults += [400]
            traffic, begun = Traffic(gateway, upstream, second, sink, signing), time.time()
            for _ in range(ROUNDS):
                traffic.round()
                if traffic.rounds == 2:
                    identity.status = 500
                    turn_away(secured)
                scraped(prometheus, 2)
            with contextlib.suppress(AssertionError):  # the tests say which are not
                eventually(lambda: all(prometheus.query(rule["record"]) for rule in RECORDED), "all rules are recorded", 10)
            yield prometheus, begun
        assert not gateway.noise and not secured.noise


ROUNDS = 4


def with_tls(folder, upstream):
    authority = Authority(folder / "authority")
    (folder / "secured").mkdir()
    gateway = Gateway(folder / "secured", upstream.url)
    certificate, key = authority.issue("gateway", "DNS:localhost", "IP:127.0.0.1")
    gateway.config |= {"tls": {"certificate": str(certificate), "key": str(key)}, "limits": {"connections": 3}}
    gateway.tls = authority.client()
    return gateway.start("--loops", "1")


def turn_away(gateway):
    """Open more connections than it may have, after one that does not speak TLS."""
    with socket.create_connection(gateway.address) as plain, contextlib.suppress(ConnectionResetError):
        plain.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        plain.recv(100)
    opened = []
    for _ in range(8):
        with contextlib.suppress(OSError):
            opened.append(gateway.connect())
    for connection in opened:
        connection.close()


def scraped(prometheus, times):
    """Wait until every target was scraped so often from now on."""
    for _ in range(times):
        before = {one["scrapeUrl"]: one["lastScrape"] for one in prometheus.targets()}
        eventually(lambda: all(one["lastScrape"] != before.get(one["scrapeUrl"]) and one["health"] == "up" for one in prometheus.targets()),
                   f"all are scraped: {prometheus.targets()}", 10)


def test_every_panel_has_data(stage):
    prometheus, begun = stage
    span = f"{int(time.time() - begun) + 1}s"
    empty = []
    for where, expr, is_instant in dashboards.queries():
        query = dashboards.filled(expr, VALUES, window="6s", span=span)
        found = prometheus.query(query) if is_instant else prometheus.query_range(query, begun, time.time())
        if not found and is_staged(query):
            empty.append(f"{where}: {query}")
    assert not empty, "\n".join([f"{len(empty)} without data:", *empty])


def test_every_rule_has_data(stage):
    prometheus, _ = stage
    empty = []
    for rule in RECORDED:
        if not prometheus.query(rule["expr"]):
            empty.append(f"{rule['record']}: {rule['expr']}")
        if not prometheus.query(rule["record"]):
            empty.append(f"{rule['record']}: is not recorded")
    for alert in dashboards.rules(dashboards.ALERTS):
        for operand in dashboards.without_threshold(dashboards.parsed(alert["expr"])):
            if not prometheus.query(operand.prettify()) and is_staged(operand.prettify()):
                empty.append(f"{alert['alert']}: {operand.prettify()}")
    assert not empty, "\n".join([f"{len(empty)} without data:", *empty])


def test_every_selector_finds_series(stage):
    """Also those whose absence a query would hide behind `or`, and those behind an alert's threshold."""
    prometheus, _ = stage
    exprs = {dashboards.filled(expr, VALUES) for _, expr, _ in dashboards.queries()}
    exprs |= {rule["expr"] for rule in RECORDED + dashboards.rules(dashboards.ALERTS)}
    wanted = {selector for expr in exprs for selector in dashboards.series_wanted(expr)}
    assert len(wanted) > 150
    assert sorted(selector for selector in wanted if is_staged(selector) and not prometheus.has_series(selector)) == []


def test_prometheus_evaluates_all_rules_without_a_fault(stage):
    prometheus, _ = stage
    rules = prometheus.rules()
    assert len(rules) == len(RECORDED) + len(dashboards.rules(dashboards.ALERTS))
    eventually(lambda: {rule["health"] for rule in prometheus.rules()} == {"ok"}, "all rules were evaluated")


def test_what_happened_has_raised_its_alert(stage):
    """Alerts without a waiting time about what the traffic did."""
    prometheus, _ = stage
    firing = {labels["alertname"] for labels, _ in prometheus.query('ALERTS{alertstate="firing"}')}
    assert {"TollgateTelemetryDropped", "TollgateUnpricedRequests", "TollgateTokenKeysFailing", "TollgateWebhookAlertsLost",
            "TollgateConnectionsRefused", "TollgateSeriesOverflow", "TollgateCertificateExpiryNear"} <= firing, firing
    assert not {"TollgateAbsent", "TollgateLedgerFaults", "TollgateLedgerRefusals", "TollgateAuditDropped"} & firing, firing


def test_variables_have_values(stage):
    prometheus, _ = stage
    for board in DASHBOARDS.values():
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                metric, label = re.fullmatch(r"label_values\((\w+)(?:\{.*\})?, (\w+)\)", variable["query"]["query"]).groups()
                values = {labels.get(label, "") for labels, _ in prometheus.query(f"count by ({label}) ({metric})")}
                assert values - {""}, variable["name"]


def test_histograms_have_exemplars_that_lead_to_traces(stage):
    prometheus, begun = stage
    for metric in ("http_server_request_duration_seconds", "gen_ai_server_time_to_first_token_seconds", "tollgate_overhead_duration_seconds"):
        found = prometheus.get("query_exemplars", query=f"{metric}_bucket", start=begun, end=time.time())
        traces = {exemplar["labels"]["trace_id"] for series in found for exemplar in series["exemplars"]}
        assert traces and all(re.fullmatch("[0-9a-f]{32}", trace) for trace in traces), metric
