"""The dashboards and rules of the repository, their queries, and what of them has to have data."""

import json
import re

import promql_parser as promql
import yaml

from rig.gateway import ROOT

FOLDER = ROOT / "dashboards"
RECORDING = FOLDER / "prometheus" / "recording.rules.yml"
ALERTS = FOLDER / "prometheus" / "alerts.rules.yml"
COMPARISONS = {"==", "!=", ">", "<", ">=", "<="}


def dashboards():
    return {file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))}


def panels(dashboard):
    """All panels but rows."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def rules(file):
    return [rule for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


def queries():
    """(where, expression, whether it is instant) of every panel and annotation."""
    for name, dashboard in dashboards().items():
        for note in dashboard["annotations"]["list"]:
            yield f"{name}: annotation {note['name']}", note["expr"], False
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield f"{name}: {panel['title']} {target['refId']}", target["expr"], target["instant"]


def filled(expr, values, window="20s", span="60s"):
    """An expression as Grafana sends it. `values` are the chosen values of the variables."""
    seconds = span.removesuffix("s")
    for name, value in {"__rate_interval": window, "__interval": "1s", "__range_s": seconds, "__range": span, **values}.items():
        expr = re.sub(r"\$(?:\{%s\}|%s\b)" % (name, name), value.replace("\\", r"\\"), expr)
    assert "$" not in expr, expr
    return expr


def parsed(expr):
    return promql.parse(filled(expr, {name: ".*" for name in ("job", "provider", "model", "team", "user", "project")}))


def nodes(node):
    """A node and all below it."""
    yield node
    if isinstance(node, promql.Call):
        below = node.args
    elif isinstance(node, promql.BinaryExpr):
        below = [node.lhs, node.rhs]
    elif isinstance(node, promql.AggregateExpr):
        below = [node.expr] + ([node.param] if node.param is not None else [])
    elif isinstance(node, (promql.ParenExpr, promql.UnaryExpr, promql.SubqueryExpr)):
        below = [node.expr]
    elif isinstance(node, promql.MatrixSelector):
        below = [node.vector_selector]
    else:
        below = []
    for one in below:
        yield from nodes(one)


def selectors(expr):
    """(metric, {label names in its matchers}) of every selector."""
    for node in nodes(parsed(expr)):
        if isinstance(node, promql.VectorSelector):
            yield node.name, {matcher.name for matcher in node.matchers.matchers}


def groupings(expr):
    """({labels that are kept}, {metrics that are grouped}) of every aggregation."""
    for node in nodes(parsed(expr)):
        if isinstance(node, promql.AggregateExpr) and node.modifier is not None:
            yield set(node.modifier.labels), {one.name for one in nodes(node.expr) if isinstance(one, promql.VectorSelector)}


def series_wanted(expr):
    """Every selector of an expression whose variables are filled in, as text and without offset."""
    for node in nodes(promql.parse(expr)):
        if isinstance(node, promql.VectorSelector):
            yield re.sub(r" offset \S+$", "", node.prettify())


def without_threshold(node):
    """The parts of an alert's expression that say something even while nothing is wrong: what is compared, what is asked to be absent, and both
    sides of `and` and `or`. The right side of `unless` is about another time, and has to be empty there."""
    if isinstance(node, promql.ParenExpr):
        return without_threshold(node.expr)
    if isinstance(node, promql.Call) and node.func.name == "absent":
        return without_threshold(node.args[0])
    if isinstance(node, promql.AggregateExpr) and any(isinstance(one, promql.BinaryExpr) for one in nodes(node.expr)):
        return without_threshold(node.expr)
    if isinstance(node, promql.BinaryExpr):
        operator = str(node.op).split()[0].lower()
        if operator == "unless":
            return without_threshold(node.lhs)
        if operator in COMPARISONS or operator in ("and", "or"):
            sides = [node.lhs, node.rhs]
            return [part for side in sides if any(isinstance(one, promql.VectorSelector) for one in nodes(side)) for part in without_threshold(side)]
    return [node]
