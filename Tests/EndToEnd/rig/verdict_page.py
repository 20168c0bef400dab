"""docs/http.md: how raw requests are read, from the corpus and the table of verdicts."""

from rig.gateway import ROOT

PAGE = ROOT / "docs" / "http.md"
PEERS = ("tollgate", "nginx", "h11")
FIRST, SECOND = "POST /v1/messages 90", "POST /v1/messages?next 90"
INTRODUCTION = """# How requests are read

Tollgate reads HTTP/1.1 strictly by RFC 9112: whatever two readers could understand differently is refused, and the connection
ends with it. A proxy that repairs a request decides what the next hop is told; one that refuses it has nothing to be wrong about.

This page is made from `Tests/EndToEnd/corpus/requests.txt` ({cases} raw requests) and `Tests/EndToEnd/golden/http_verdicts.json`;
`test_http_verdicts.py` sends each request to Tollgate, to Debian's nginx as a proxy and to Python's h11, and compares what they
make of it with these tables. {same} are read alike by all three; each of the {different} differences is judged.

**first** is the request itself, a `POST /v1/messages` whose body of 90 bytes was understood as a whole, and **second** a well-formed
request that was sent behind it in the same write. What was understood otherwise stands there with method, target and length of
the body as the upstream saw it (h11: as it reports it). A number is the status of a server's own answer. Then the connection is
*kept* for another request, *closed*, or the server *waits* for more. `=` is the same as Tollgate.
"""


def render(cases, verdicts):
    """The whole page."""
    differences = [case for case in cases if differs(verdicts[case.id])]
    page = [INTRODUCTION.format(cases=len(cases), same=len(cases) - len(differences), different=len(differences))]
    for family in dict.fromkeys(case.family for case in cases):
        page.append(f"\n## {family[0].upper()}{family[1:]}\n\n| request | Tollgate | nginx | h11 | judged |\n|---|---|---|---|---|\n")
        page += [_row(case, verdicts[case.id]) for case in cases if case.family == family]
    page.append("\n## Why Tollgate is right\n\n")
    reasons = dict.fromkeys((case.reason, case.judged) for case in differences)
    page += [f"- <a id=\"{name}\"></a>**{_words(name)}**: {sentence}\n" for name, sentence in sorted(reasons)]
    return "".join(page)


def differs(verdict):
    return any(verdict[peer] != verdict["tollgate"] for peer in PEERS)


def _row(case, verdict):
    ours = _said(verdict["tollgate"])
    others = ["=" if verdict[peer] == verdict["tollgate"] else _said(verdict[peer]) for peer in PEERS[1:]]
    why = f"[{_words(case.reason)}](#{case.reason})" if case.judged else ""
    return f"| {case.name} | {ours} | {others[0]} | {others[1]} | {why} |\n"


def _said(steps):
    def one(step):
        if step in (FIRST, SECOND):
            return "**first**" if step == FIRST else "**second**"
        return f"`{step}`" if " " in step else step
    return ", ".join(map(one, steps)).replace("|", "\\|")


def _words(name):
    return name.replace("-", " ")
