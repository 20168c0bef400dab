"""What several test files expect alike: of a refusal, and of a finished request."""

from rig.ledger import expected, tokens
from rig.waiting import eventually


def is_our_error(answer, status, *kinds):
    """One of Tollgate's own errors: Anthropic's envelope with our id in header and body; returns that id."""
    assert answer.status == status, (answer.status, answer.body)
    request_id = answer.header("request-id")
    assert request_id, answer.headers
    body = answer.json
    assert body["type"] == "error" and body["request_id"] == request_id, body
    assert body["error"]["type"] in kinds, body
    assert len(body["error"]["message"]) > 10, body
    return request_id


def leaves_its_traces(gateway, sink, request_id, status):
    """A SERVER span with the status and a log line with the id."""
    span = sink.request_span(request_id)
    assert span.attributes["http.response.status_code"] == status
    gateway.logged(request_id)
    return span


def refused(gateway, sink, answer, status, *kinds):
    """A refusal before dispatch: it is told and traced, but the ledger, which holds what may cost, does not grow."""
    request_id = is_our_error(answer, status, *kinds)
    span = leaves_its_traces(gateway, sink, request_id, status)
    assert gateway.ledger.open() == 0 and gateway.ledger.request(request_id) == [] and gateway.ledger.attempts == []
    assert not [s for s in sink.spans if s.parent_id == span.span_id and s.name.startswith("chat ")]
    return request_id


def serves(gateway, key):
    """The gateway goes on serving."""
    answer = gateway.messages(key)
    assert answer.status == 200, answer.body


def one_attempt_each(gateway, upstream, requests):
    """After so many requests: a closed row for each, and an attempt row for exactly each request that the upstream saw."""
    rows = gateway.ledger.closed(requests)
    assert len(rows) == requests
    seen = sorted(request.span_id for request in upstream.calls)
    eventually(lambda: sorted(row["span_id"] for row in gateway.ledger.attempts) == seen,
               f"attempt rows for {seen}, found {gateway.ledger.attempts}")
    return rows


def charged_exactly(row, usage):
    assert tokens(row) == expected(usage)
    assert not row["estimated"]
