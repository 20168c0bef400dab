"""The Prometheus rules: promtool takes them, its tests pass, each alert says what to do about it, and each metric exists."""

import re

import pytest

from rig import dashboards, metrics_catalogue
from rig.gateway import ROOT
from rig.prometheus import promtool

RUNBOOKS = ROOT / "docs" / "runbooks.md"
RECORDED = dashboards.rules(dashboards.RECORDING)
ALERTS = dashboards.rules(dashboards.ALERTS)


def anchors():
    """As GitHub makes them of headings."""
    headings = re.findall(r"^## (.+)$", RUNBOOKS.read_text(), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-"): heading for heading in headings}


def part(anchor):
    """What the runbook says under a heading."""
    text = RUNBOOKS.read_text()
    return text.split(f"## {anchors()[anchor]}\n", 1)[1].split("\n## ", 1)[0]


def test_promtool_takes_the_rules():
    said = promtool("check", "rules", dashboards.RECORDING, dashboards.ALERTS)
    assert said.returncode == 0, said.stdout
    assert said.stdout.count("SUCCESS") == 2, said.stdout


@pytest.mark.parametrize("file", sorted((dashboards.FOLDER / "prometheus" / "tests").glob("*.test.yml")), ids=lambda file: file.stem)
def test_the_rules_own_tests_pass(file):
    said = promtool("test", "rules", file.name, cwd=file.parent)
    assert said.returncode == 0, said.stdout


def test_every_alert_is_tested():
    tests = "".join(file.read_text() for file in (dashboards.FOLDER / "prometheus" / "tests").glob("*.test.yml"))
    assert {alert["alert"] for alert in ALERTS} - set(re.findall(r"Tollgate\w+", tests)) == set()


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_how_bad_what_and_what_to_do(alert):
    assert alert["labels"]["severity"] in ("page", "ticket", "info")
    notes = alert["annotations"]
    assert notes["summary"] and notes["description"].endswith(".")
    page, anchor = notes["runbook_url"].split("#")
    assert page == "docs/runbooks.md"
    told = part(anchor)
    assert f"`{alert['alert']}` ({alert['labels']['severity']}" in told
    for what in ("**Means**", "**Check**", "**Do**"):
        assert told.count(what) == 1, what


def test_the_runbook_is_about_nothing_else():
    assert set(anchors()) == {alert["annotations"]["runbook_url"].split("#")[1] for alert in ALERTS}


def test_links_within_the_runbook_lead_somewhere():
    for page, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", RUNBOOKS.read_text()):
        text = (RUNBOOKS.parent / page).read_text() if page else RUNBOOKS.read_text()
        headings = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
        assert anchor in headings, (page, anchor)


def test_names_of_recorded_series_have_level_metric_and_operation():
    for rule in RECORDED:
        assert re.fullmatch(r"[a-z_]+:[a-z0-9_]+:[a-z0-9_]+", rule["record"]), rule["record"]


def kept_labels_exist(expr):
    """Each label of a `by (…)` is one that all metrics have which are summed there; those of recorded series stand in their names."""
    known = metrics_catalogue.series()
    for labels, metrics in dashboards.groupings(expr):
        for metric in metrics & set(known):
            assert labels <= known[metric] | {"job", "instance", "le"}, (expr, metric, labels - known[metric])


@pytest.mark.parametrize("rule", RECORDED + ALERTS, ids=lambda rule: rule.get("alert") or rule["record"])
def test_labels_that_a_rule_keeps_exist(rule):
    kept_labels_exist(rule["expr"])


def test_every_metric_of_a_rule_exists():
    known = metrics_catalogue.series() | {rule["record"]: None for rule in RECORDED}
    for rule in RECORDED + ALERTS:
        for metric, labels in dashboards.selectors(rule["expr"]):
            assert metric in known, (rule.get("alert") or rule["record"], metric)
            if known[metric] is not None:
                assert labels <= known[metric] | {"job", "instance", "le"}, (rule, labels)


def test_what_the_runbook_tells_to_look_at_exists():
    known = set(metrics_catalogue.series()) | set(metrics_catalogue.bases())
    for name in re.findall(r"\b((?:tollgate|gen_ai|http|otel_sdk|process)_[a-z0-9_]+)\b", RUNBOOKS.read_text()):
        assert name in known or name in metrics_catalogue.labels(), name
