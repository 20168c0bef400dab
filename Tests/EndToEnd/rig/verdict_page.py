"""docs/http.md: how raw requests and answers are read, from the corpora and the tables of verdicts."""

from rig.gateway import ROOT

PAGE = ROOT / "docs" / "http.md"
FIRST, SECOND = "POST /v1/messages 90", "POST /v1/messages?next 90"
INTRODUCTION = """# How HTTP is read

Tollgate reads HTTP/1.1 strictly by RFC 9112, from clients and from upstreams: whatever two readers could understand differently is
refused, and the connection ends with it. A proxy that repairs a message decides what the next hop is told; one that refuses it has
nothing to be wrong about.

This page is made from the raw messages in `Tests/EndToEnd/corpus` and the verdicts in `Tests/EndToEnd/golden`. `test_http_verdicts.py`
has Tollgate, Debian's nginx 1.22 as a proxy and Python's h11 read each, and compares what they make of it with these tables.

| | messages | read alike by all three | differences, each judged |
|---|---|---|---|
{summary}
`=` is the same as Tollgate.

# Requests

**first** is the request itself, a `POST /v1/messages` whose body of 90 bytes was understood as a whole, and **second** a well-formed
request that was sent behind it in the same write. What was understood otherwise stands there with method, target and length of
the body as the upstream saw it (h11: as it reports it). A number is the status of a server's own answer. Then the connection is
*kept* for another request, *closed*, or the server *waits* for more.
"""
ANSWERS = """
# Answers

Each is what an upstream answers to a `POST`. The verdict is what the client gets, status and bytes of the body, perhaps *cut*, or
*refused* where the proxy answers itself (529, nginx 502), *nothing* where the connection ends without an answer that could be read, and
*silence* where none comes; then whether the connection upstream is *kept* or *closed*.
"""


def render(requests, answers):
    """The whole page."""
    summary = "".join(_summary(table) for table in (requests, answers))
    return INTRODUCTION.format(summary=summary) + _part(requests) + ANSWERS + _part(answers)


def _summary(table):
    different = len(table.differences())
    return f"| {table.name} | {len(table.cases)} | {len(table.cases) - different} | {different} |\n"


def _part(table):
    page, rows = [], table.rows
    for family in dict.fromkeys(case.family for case in table.cases):
        page.append(f"\n## {family[0].upper()}{family[1:]}\n\n| {table.name[:-1]} | Tollgate | nginx | h11 | judged |\n|---|---|---|---|---|\n")
        page += [_row(table, case, rows[case.id]) for case in table.cases if case.family == family]
    page.append(f"\n## Why Tollgate is right about {table.name}\n\n")
    reasons = sorted({(case.reason, case.judged) for case in table.differences()})
    page += [f"- <a id=\"{table.name}-{name}\"></a>**{_words(name)}**: {sentence}\n" for name, sentence in reasons]
    return "".join(page)


def _row(table, case, verdict):
    ours = _said(verdict["tollgate"])
    others = ["=" if verdict[peer] == verdict["tollgate"] else _said(verdict[peer]) for peer in ("nginx", "h11")]
    why = f"[{_words(case.reason)}](#{table.name}-{case.reason})" if case.judged else ""
    return f"| {case.name} | {ours} | {others[0]} | {others[1]} | {why} |\n"


def _said(steps):
    def one(step):
        if step in (FIRST, SECOND):
            return "**first**" if step == FIRST else "**second**"
        return f"`{step}`" if "/" in step else step
    return ", ".join(map(one, steps)).replace("|", "\\|")


def _words(name):
    return name.replace("-", " ")
