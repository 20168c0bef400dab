"""What must hold when the soak is over."""

import collections

from rig.ledger import TOKENS, expected, tokens
from soaking.samples import last_two_thirds, slope

RSS_BOUND = 0.25 * 2**20  # bytes a minute; peers ask for less than 1 MiB a minute
FDS_BOUND = 0.2  # descriptors a minute
SHORTEST = 8 * 60  # before that memory has not settled, and a slope says nothing


def growth(samples):
    """Slopes of what must be flat: findings, and the figures."""
    said, findings = [], []
    for name, bound, unit, scale in (("rss", RSS_BOUND, "MiB", 2**20), ("anonymous", RSS_BOUND, "MiB", 2**20),
                                     ("fds", FDS_BOUND, "", 1), ("threads", 0.05, "", 1)):
        grows, mean = slope(last_two_thirds(samples, name))
        said.append(f"{name}: {grows / scale:+.3f} {unit} a minute (bound {bound / scale:g}), mean {mean / scale:.1f} {unit}")
        if grows > bound and samples[-1]["seconds"] >= SHORTEST:
            findings.append(said[-1])
    return said, findings


def ledger(gateway, book, traffic, collector, dropped):
    """Rows are what providers saw, to the token; spans are rows."""
    said, findings = [], []
    attempts = gateway.ledger.rows("SELECT a.*, r.trace_id, r.operation FROM attempts a JOIN requests r ON r.id = a.request_id")
    rows = {row["span_id"]: row for row in attempts}
    requests = gateway.ledger.rows("SELECT id, trace_id, outcome FROM requests")

    def check(name, wrong, sample=None):
        said.append(f"{name}: {wrong}")
        if wrong:
            findings.append(f"{name}: {wrong} {sample or ''}")

    # What providers are asked besides, such as for tokens of access, carries no span of an attempt.
    seen = {span: note for span, note in book.seen.items() if span}
    said.append(f"requests: {len(requests)}, attempts: {len(attempts)}, seen upstream: {len(seen)}, spans of attempts: {len(collector.chats)}")
    lost = [span for span in seen if span not in rows]
    check("requests seen upstream without a row", len(lost), [seen[span] for span in lost[:5]])
    unseen = [row for row in attempts if row["span_id"] not in seen]
    strange = [row for row in unseen if row["outcome"] not in ("unreachable", "client_gone", "cut")]
    check("rows of attempts that nobody saw, and that do not say so", len(strange), strange[:3])
    said.append(f"rows of attempts that reached nobody: {dict(collections.Counter(row['outcome'] for row in unseen))}")
    check("spans seen twice upstream", book.double)
    check("requests with two rows", len(requests) - len({row["id"] for row in requests}))

    wanted, found, unequal = collections.Counter(), collections.Counter(), []
    for span, note in seen.items():
        row = rows.get(span)
        if not row or not note[5] or row["outcome"] != "ok" or row["operation"] != "messages":
            continue
        claimed, have = expected(note[5]), tokens(row)
        wanted.update(claimed)
        found.update(have)
        if claimed != have or row["estimated"]:
            unequal.append((note, have))
    check("answered requests whose tokens differ", len(unequal), unequal[:3])
    check("sums of tokens that differ", sum(wanted[name] != found[name] for name in TOKENS), (dict(wanted), dict(found)))
    said.append(f"tokens: {dict(found)}")
    bad = [note for note in seen.values()
           if note[0] in traffic.complete and note[5] and note[2].endswith("/messages") and note[4] == "answered"]
    done = {row["trace_id"] for row in attempts if row["outcome"] == "ok"}
    check("requests that clients had whole and whose row is not ok", len({note[0] for note in bad} - done))

    messages = {row["span_id"] for row in attempts if row["operation"] == "messages"}
    missing = len(messages - collector.chats)
    said.append(f"spans dropped, as the gateway counts them: {dropped:g}")
    check("attempts without a span beyond those counted as dropped", max(0, missing - int(dropped)))
    check("spans of attempts without a row", len(collector.chats - set(rows)))
    check("spans that end before they begin", collector.negative)
    negative = [row for row in attempts if row["duration_ns"] is not None and row["duration_ns"] < 0]
    check("rows with a negative duration", len(negative))
    return said, findings
