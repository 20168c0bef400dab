"""What Grafana's classic dashboard JSON (schemaVersion 39 to 42) has to be, written from its documentation, for what these dashboards use: a
misspelt or unknown member fails, where Grafana itself would silently ignore it."""


def thing(required, **properties):
    """An object with these members and no others; all of `required` have to be there."""
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


def listed(items, least=0):
    return {"type": "array", "items": items, "minItems": least}


TEXT, WORDS, FLAG, NUMBER, WHOLE = {"type": "string"}, {"type": "string", "minLength": 1}, {"type": "boolean"}, {"type": "number"}, {"type": "integer"}
ANY = {}
UNITS = ["short", "s", "reqps", "ops", "percentunit", "bytes", "currencyUSD"]


def source(kind, variable):
    return thing("type uid", type={"const": kind}, uid={"const": variable})


PROMETHEUS = source("prometheus", "${datasource}")
LINK = thing("title url targetBlank", title=WORDS, url=WORDS, targetBlank=FLAG)
STEP = thing("color value", color=WORDS, value={"type": ["number", "null"]})
TARGET = thing(
    "datasource expr refId instant range exemplar legendFormat editorMode", datasource=PROMETHEUS, expr=WORDS, refId={"pattern": "^[A-Z]$"},
    instant=FLAG, range=FLAG, exemplar=FLAG, legendFormat=WORDS, editorMode={"enum": ["code", "builder"]}, format={"enum": ["table", "time_series", "heatmap"]})
PLACE = thing("x y w h", x={"type": "integer", "minimum": 0, "maximum": 23}, y={"type": "integer", "minimum": 0},
              w={"type": "integer", "minimum": 1, "maximum": 24}, h={"type": "integer", "minimum": 1})
CUSTOM = thing(
    "", drawStyle={"enum": ["line", "bars", "points"]}, lineInterpolation={"enum": ["linear", "smooth", "stepBefore", "stepAfter"]}, lineWidth=WHOLE,
    fillOpacity={"type": "integer", "minimum": 0, "maximum": 100}, showPoints={"enum": ["auto", "never", "always"]}, spanNulls={"const": False},
    axisSoftMin=NUMBER, stacking=thing("mode group", mode={"enum": ["none", "normal", "percent"]}, group=WORDS), align={"enum": ["auto", "left", "right", "center"]},
    filterable=FLAG)
FIELD = thing(
    "unit color thresholds mappings links", unit={"enum": UNITS}, color=thing("mode", mode={"enum": ["palette-classic", "thresholds", "fixed"]}),
    thresholds=thing("mode steps", mode={"enum": ["absolute", "percentage"]}, steps=listed(STEP, 1)), mappings=listed(ANY), links=listed(LINK),
    custom=CUSTOM, min=NUMBER, max=NUMBER, decimals=WHOLE)
OVERRIDE = thing("matcher properties", matcher=thing("id options", id={"enum": ["byName", "byRegexp", "byType"]}, options=WORDS),
                 properties=listed(thing("id value", id=WORDS, value=ANY), 1))
REDUCE = thing("calcs fields values", calcs=listed(WORDS, 1), fields=TEXT, values=FLAG)
LEGEND = thing("displayMode placement showLegend", displayMode={"enum": ["list", "table", "hidden"]}, placement={"enum": ["bottom", "right"]}, showLegend=FLAG,
               calcs=listed(WORDS), values=listed({"enum": ["value", "percent"]}))
TOOLTIP = thing("mode sort", mode={"enum": ["single", "multi", "none"]}, sort={"enum": ["none", "asc", "desc"]})
WAY = {"enum": ["auto", "horizontal", "vertical"]}
OPTIONS = {
    "timeseries": thing("legend tooltip", legend=LEGEND, tooltip=TOOLTIP),
    "stat": thing("reduceOptions colorMode graphMode justifyMode orientation textMode", reduceOptions=REDUCE, colorMode={"enum": ["none", "value", "background"]},
                  graphMode={"enum": ["none", "area"]}, justifyMode={"enum": ["auto", "center"]}, orientation=WAY,
                  textMode={"enum": ["auto", "value", "value_and_name", "name", "none"]}),
    "bargauge": thing("reduceOptions displayMode orientation showUnfilled valueMode minVizWidth minVizHeight", reduceOptions=REDUCE,
                      displayMode={"enum": ["basic", "gradient", "lcd"]}, orientation=WAY, showUnfilled=FLAG, valueMode={"enum": ["color", "text", "hidden"]},
                      minVizWidth=WHOLE, minVizHeight=WHOLE),
    "piechart": thing("reduceOptions pieType legend tooltip", reduceOptions=REDUCE, pieType={"enum": ["pie", "donut"]}, legend=LEGEND, tooltip=TOOLTIP),
    "table": thing("showHeader cellHeight sortBy footer", showHeader=FLAG, cellHeight={"enum": ["sm", "md", "lg"]},
                   sortBy=listed(thing("displayName desc", displayName=WORDS, desc=FLAG)),
                   footer=thing("show reducer countRows fields", show=FLAG, reducer=listed(WORDS), countRows=FLAG, fields=TEXT)),
}
TRANSFORMATIONS = {"anyOf": [
    thing("id options", id={"const": "merge"}, options=thing("")),
    thing("id options", id={"const": "organize"}, options=thing(
        "excludeByName indexByName renameByName", excludeByName={"additionalProperties": FLAG}, indexByName={"additionalProperties": WHOLE},
        renameByName={"additionalProperties": WORDS}))]}


def panel(kind):
    more = {"transformations": listed(TRANSFORMATIONS, 1)} if kind == "table" else {}
    return thing(
        "id type title description datasource targets links fieldConfig options gridPos", id=WHOLE, type={"const": kind}, title=WORDS, description=WORDS,
        datasource=PROMETHEUS, targets=listed(TARGET, 1), links=listed(LINK, 1), gridPos=PLACE, options=OPTIONS[kind],
        fieldConfig=thing("defaults overrides", defaults=FIELD, overrides=listed(OVERRIDE)), **more)


ROW = thing("id type title collapsed panels gridPos", id=WHOLE, type={"const": "row"}, title=WORDS, collapsed={"const": False}, panels={"const": []}, gridPos=PLACE)
CHOICE = thing("text value", text=ANY, value=ANY, selected=FLAG)
COMMON = {"name": {"pattern": r"^\w+$"}, "label": WORDS, "hide": {"enum": [0, 1, 2]}, "skipUrlSync": FLAG, "options": listed(CHOICE), "current": {"type": "object"}}
VARIABLE = {"anyOf": [
    thing("name type label query", type={"const": "datasource"}, query={"enum": ["prometheus", "tempo", "loki"]}, regex=TEXT, refresh={"enum": [1, 2]},
          includeAll=FLAG, multi=FLAG, **COMMON),
    thing("name type label query", type={"const": "textbox"}, query=TEXT, **COMMON),
    thing("name type label query definition datasource includeAll multi allValue refresh sort", type={"const": "query"}, datasource=PROMETHEUS, definition=WORDS,
          query=thing("query refId", query=WORDS, refId=WORDS), regex=TEXT, refresh={"enum": [1, 2]}, sort=WHOLE, includeAll={"const": True}, multi={"const": True},
          allValue={"const": ".*"}, **COMMON)]}
ANNOTATION = thing("name enable hide iconColor datasource expr titleFormat textFormat step", name=WORDS, enable=FLAG, hide=FLAG, iconColor=WORDS, datasource=PROMETHEUS,
                   expr=WORDS, titleFormat=TEXT, textFormat=TEXT, step=TEXT)
DASHBOARD = thing(
    "id uid title description tags schemaVersion version editable time timezone templating annotations panels links refresh graphTooltip",
    id={"type": "null"}, uid={"pattern": "^[a-z0-9-]{1,40}$"}, title=WORDS, description=WORDS, tags=listed(WORDS, 1),
    schemaVersion={"type": "integer", "minimum": 39, "maximum": 42}, version=WHOLE, editable={"const": True}, graphTooltip={"enum": [0, 1, 2]},
    fiscalYearStartMonth=WHOLE, liveNow=FLAG, refresh={"pattern": "^[0-9]+[sm]$"}, time=thing("from to", **{"from": WORDS, "to": WORDS}), timepicker=thing(""),
    timezone={"enum": ["browser", "utc"]}, weekStart=TEXT, annotations=thing("list", list=listed(ANNOTATION)), templating=thing("list", list=listed(VARIABLE, 1)),
    links=listed(thing("type title tags asDropdown includeVars keepTime targetBlank icon tooltip url", type={"enum": ["dashboards", "link"]}, title=WORDS,
                       tags=listed(WORDS), asDropdown=FLAG, includeVars=FLAG, keepTime=FLAG, targetBlank=FLAG, icon=WORDS, tooltip=TEXT, url=TEXT)),
    panels=listed({"oneOf": [ROW, *map(panel, OPTIONS)]}, 1))
