"""Pieces of Grafana's classic dashboard JSON, as far as these dashboards need them."""

import json
import urllib.parse

SCHEMA = 41  # Grafana 11.6 to 12; later ones migrate when they load
WIDTH = 24
PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}
TEMPO = "${tempo}"
ANY = 'job=~"$job"'


def target(expr, legend="", exemplar=False, instant=False, ref="A", table=False):
    made = {"datasource": PROMETHEUS, "editorMode": "code", "expr": expr, "legendFormat": legend or "__auto", "refId": ref}
    made |= {"instant": True, "range": False} if instant else {"instant": False, "range": True}
    made["exemplar"] = exemplar
    if table:
        made["format"] = "table"
    return made


def targets(*pairs, **more):
    """Of (expression, legend) pairs; the letters follow from the order."""
    return [target(expr, legend, ref=chr(ord("A") + place), **more) for place, (expr, legend) in enumerate(pairs)]


def thresholds(*steps):
    """`steps` are (from, colour) pairs; the first is from None."""
    return {"mode": "absolute", "steps": [{"color": colour, "value": value} for value, colour in steps]}


GREEN = thresholds((None, "green"))


def runbook(anchor):
    return {"title": "Runbook", "url": "${runbooks}#" + anchor, "targetBlank": True}


def traces(title, query):
    """A link to those traces of the shown time that a TraceQL query finds."""
    panes = {"t": {"datasource": TEMPO, "range": {"from": "${__from}", "to": "${__to}"},
                   "queries": [{"refId": "A", "datasource": {"type": "tempo", "uid": TEMPO},
                                "queryType": "traceql", "query": query, "limit": 50}]}}
    left = urllib.parse.quote(json.dumps(panes, separators=(",", ":")), safe="${}_")
    return {"title": title, "url": f"/explore?schemaVersion=1&orgId=1&panes={left}", "targetBlank": True}


def panel(kind, title, description, queries, unit, links=(), width=8, height=8, options=None, custom=None, overrides=(), **defaults):
    """A panel without a place; `Dashboard` gives it one, and its id."""
    field = {"unit": unit, "color": {"mode": "palette-classic"}, "thresholds": GREEN, "mappings": [], "links": [], **defaults}
    if custom is not None:
        field["custom"] = custom
    return {"type": kind, "title": title, "description": description, "datasource": PROMETHEUS, "targets": queries,
            "links": list(links), "fieldConfig": {"defaults": field, "overrides": list(overrides)},
            "options": options or {}, "gridPos": {"w": width, "h": height}}


def graph(title, description, queries, unit, stack=False, fill=10, calcs=("mean", "max"), **more):
    custom = {"drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 1, "fillOpacity": 30 if stack else fill,
              "showPoints": "never", "spanNulls": False, "axisSoftMin": 0,
              "stacking": {"mode": "normal" if stack else "none", "group": "A"}}
    options = {"legend": {"displayMode": "table", "placement": "bottom", "showLegend": True, "calcs": list(calcs)},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return panel("timeseries", title, description, queries, unit, custom=custom, options=options, **more)


def stat(title, description, queries, unit, steps=GREEN, width=4, height=4, calc="lastNotNull", **more):
    options = {"reduceOptions": {"calcs": [calc], "fields": "", "values": False}, "colorMode": "value", "graphMode": "area",
               "justifyMode": "auto", "orientation": "auto", "textMode": "auto"}
    more.setdefault("color", {"mode": "thresholds"})
    return panel("stat", title, description, queries, unit, width=width, height=height, options=options, thresholds=steps, **more)


def bars(title, description, queries, unit, steps=GREEN, **more):
    """A bar for each series, at its last value."""
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "displayMode": "basic",
               "orientation": "horizontal", "showUnfilled": True, "valueMode": "color", "minVizWidth": 8, "minVizHeight": 16}
    more.setdefault("color", {"mode": "thresholds"})
    return panel("bargauge", title, description, queries, unit, options=options, thresholds=steps, **more)


def pie(title, description, queries, unit, **more):
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "pieType": "donut",
               "legend": {"displayMode": "table", "placement": "right", "showLegend": True, "values": ["value", "percent"]},
               "tooltip": {"mode": "single", "sort": "none"}}
    return panel("piechart", title, description, queries, unit, options=options, **more)


def table(title, description, columns, unit, by, labels, links_by=None, **more):
    """One row for each set of labels in `by`. `columns` are (title, expression, unit); `labels` are the titles of `by`."""
    queries = [target(expr, ref=chr(ord("A") + place), instant=True, table=True) for place, (_, expr, _) in enumerate(columns)]
    names = dict(zip(by, labels))
    names |= {("Value" if len(columns) == 1 else f"Value #{chr(ord('A') + place)}"): name for place, (name, _, _) in enumerate(columns)}
    transformations = [{"id": "merge", "options": {}},
                       {"id": "organize", "options": {"excludeByName": {"Time": True}, "renameByName": names,
                                                      "indexByName": {old: place for place, old in enumerate(names)}}}]
    overrides = [{"matcher": {"id": "byName", "options": name}, "properties": [{"id": "unit", "value": unit_}]}
                 for name, _, unit_ in columns]
    made = panel("table", title, description, queries, unit, overrides=overrides, custom={"align": "auto", "filterable": True},
                 options={"showHeader": True, "cellHeight": "sm", "sortBy": [{"displayName": columns[0][0], "desc": True}],
                          "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""}}, **more)
    made["transformations"] = transformations
    return made


def row(title, *panels, collapsed=False):
    return {"title": title, "panels": list(panels)}


def datasource(name, kind, label):
    return {"name": name, "type": "datasource", "label": label, "query": kind, "regex": "", "hide": 0, "refresh": 1,
            "includeAll": False, "multi": False, "options": [], "current": {}, "skipUrlSync": False}


def values(name, label, metric, of):
    """A variable with all values of a label; `.*` when all are meant, so that series without the label stay in."""
    query = f'label_values({metric}{{job=~"$job"}}, {of})' if name != "job" else f"label_values({metric}, {of})"
    return {"name": name, "type": "query", "label": label, "datasource": PROMETHEUS, "definition": query,
            "query": {"query": query, "refId": "variable"}, "regex": "", "hide": 0, "refresh": 2, "sort": 1,
            "includeAll": True, "multi": True, "allValue": ".*", "options": [], "current": {"text": ["All"], "value": ["$__all"]},
            "skipUrlSync": False}


def textbox(name, label, value):
    return {"name": name, "type": "textbox", "label": label, "query": value, "hide": 2, "skipUrlSync": False,
            "options": [{"selected": True, "text": value, "value": value}], "current": {"text": value, "value": value}}


STANDARD = [
    datasource("datasource", "prometheus", "Metrics"),
    datasource("tempo", "tempo", "Traces"),
    textbox("runbooks", "Where docs/runbooks.md can be read", "docs/runbooks.md"),
    values("job", "Job", "tollgate_build_info", "job"),
]


def dashboard(uid, title, description, rows, variables=(), since="now-6h", refresh="1m"):
    """Lays out the rows from left to right and from top to bottom, with ids in that order."""
    made, y, number = [], 0, 0
    for each in rows:
        number += 1
        made.append({"id": number, "type": "row", "title": each["title"], "collapsed": False, "panels": [],
                     "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1}})
        y, x, tallest = y + 1, 0, 0
        for one in each["panels"]:
            size = one["gridPos"]
            if x + size["w"] > WIDTH:
                x, y, tallest = 0, y + tallest, 0
            number += 1
            made.append({"id": number, **one, "gridPos": {"x": x, "y": y, **size}})
            x, tallest = x + size["w"], max(tallest, size["h"])
        y += tallest
    reloads = {"name": "Reloads of the configuration", "enable": True, "hide": False, "iconColor": "blue", "datasource": PROMETHEUS,
               "expr": f"sum by (tollgate_result) (increase(tollgate_config_reloads_total{{{ANY}}}[$__rate_interval])) > 0",
               "titleFormat": "Configuration reloaded", "textFormat": "{{tollgate_result}}", "step": "60s"}
    return {
        "id": None, "uid": uid, "title": title, "description": description, "tags": ["tollgate"], "schemaVersion": SCHEMA,
        "version": 1, "editable": True, "graphTooltip": 1, "fiscalYearStartMonth": 0, "liveNow": False, "refresh": refresh,
        "time": {"from": since, "to": "now"}, "timepicker": {}, "timezone": "browser", "weekStart": "",
        "annotations": {"list": [reloads]},
        "links": [{"type": "dashboards", "title": "Tollgate", "tags": ["tollgate"], "asDropdown": True, "includeVars": True,
                   "keepTime": True, "targetBlank": False, "icon": "external link", "tooltip": "", "url": ""}],
        "templating": {"list": STANDARD + list(variables)}, "panels": made,
    }
