"""docs/metrics.md as data: which series there are, and which labels they have."""

import functools
import re

from rig.gateway import ROOT

# How the document abbreviates sets of labels.
MODEL = {"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "gen_ai_response_model", "server_address", "server_port"}
SUBJECT = {"tollgate_team", "user_id", "tollgate_project"}


def _rows():
    """(Prometheus name, kind, label cell) of each line of the tables; `the same` is resolved."""
    former = ""
    for line in (ROOT / "docs" / "metrics.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("| `") else []
        if len(cells) < 6 or not re.fullmatch(r"`[a-z0-9_]+`", cells[1], re.IGNORECASE):
            continue
        former = former if cells[4] == "the same" else cells[4]
        yield cells[1].strip("`"), cells[2], former


def _labels(cell):
    named = {name.replace(".", "_") for name in re.findall(r"`([a-z0-9_.]+)`", cell)}
    words = re.sub(r"`[^`]*`", "", cell)
    return named | (MODEL if re.search(r"\bmodel\b", words) else set()) | (SUBJECT if re.search(r"\bsubject\b", words) else set())


@functools.cache
def series():
    """{series: its labels}; histograms have three."""
    found = {}
    for name, kind, cell in _rows():
        ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        found |= {name + end: _labels(cell) for end in ends}
    return found


@functools.cache
def bases():
    return {name for name, _, _ in _rows()}


@functools.cache
def labels():
    return set().union(*series().values())
