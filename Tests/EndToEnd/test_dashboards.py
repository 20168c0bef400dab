"""The dashboards: their form, what they link to, and that every query of panels and rules has data in a real Prometheus that scraped a real gateway."""

import json
import re
import subprocess
import sys
import urllib.parse

import jsonschema
import pytest

from rig import dashboard_schema, dashboards, metrics_catalogue
from rig.gateway import ROOT
from test_rules import RECORDED, anchors

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


@pytest.mark.parametrize("panel", PANELS)
def test_legends_name_labels_that_the_query_keeps(panel):
    for target in panel["targets"]:
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            assert re.search(r"by \([^)]*\b%s\b" % label, target["expr"]), (label, target["expr"])
