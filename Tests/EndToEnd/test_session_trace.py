"""The real Claude Code and a real collector: a session with tools, a subagent and an outage is one trace, and the docs show it."""

import re

import pytest

from rig import golden
from rig.answers import Message, error, tool
from rig.claude import Claude
from rig.collector import Collector
from rig.gateway import UPSTREAM_KEY
from rig.otlp import CLIENT
from rig.waiting import eventually
from test_sessions import FREE, SUBAGENT, agrees_with_ledger, closed_trace

NAME = "acme/sonnet"
USAGE = {
    "gen_ai.usage.output_tokens": ("output_tokens",), "gen_ai.usage.cache_read.input_tokens": ("cache_read_tokens",),
    "gen_ai.usage.cache_creation.input_tokens": ("cache_write_5m_tokens", "cache_write_1h_tokens"),
    "gen_ai.usage.input_tokens": ("input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens"),
}


@pytest.fixture
def through_collector(make_gateway, upstream, second, sink, tmp_path):
    """A gateway with two providers behind one name, in front of a collector by others that passes on to the sink."""
    with Collector(tmp_path, sink.url) as collector:
        gateway = make_gateway()
        gateway.config["telemetry"] = {"otlp": [{"endpoint": collector.url}]}
        gateway.config["providers"] = [
            {"name": name, "kind": "anthropic", "base_url": server.url, "api_key": UPSTREAM_KEY}
            for name, server in (("first", upstream), ("last", second))]
        gateway.config["models"] = [{"name": NAME, "routing_config": {"type": "priority-based-routing", "load_balance_targets": [
            {"target": "first/claude-sonnet-5-5", "priority": 0}, {"target": "last/claude-sonnet-5-5", "priority": 1}]}}]
        yield gateway.start("--loops", "2")
        gateway.stop()


def attempts_agree(trace, gateway):
    """Each attempt's span has the numbers of its row."""
    rows = {row["span_id"]: row for row in gateway.ledger.attempts}
    spans = {span.span_id: span.attributes for span in trace.kind(CLIENT)}
    assert spans.keys() == rows.keys()
    for span, row in rows.items():
        assert spans[span].get("tollgate.cost.nano_usd", 0) == row["cost_nano_usd"]
        for name, columns in USAGE.items():
            assert spans[span].get(name, 0) == sum(row[column] for column in columns), name


def links_are_right(trace):
    """The one that took over is linked to the one that failed, and nothing else is linked."""
    failed, = [span for span in trace.kind(CLIENT) if span.status == 2]
    linked, = [span for span in trace.spans if span.links]
    assert linked.links == [(trace.id, failed.span_id, {"link.type": "retry_of"})]
    assert linked.parent_id == failed.parent_id and linked.begin >= failed.end
    assert (failed.attributes["tollgate.provider"], linked.attributes["tollgate.provider"]) == ("first", "last")


@pytest.mark.client
def test_tools_a_subagent_and_an_outage_are_one_connected_trace(through_collector, upstream, second, sink, tmp_path):
    gateway = through_collector
    upstream.answers(
        Message(text="", tools=[tool("Bash", command="sleep 0.3; ls", description="List files")]), error(529, "overloaded_error"))
    second.answers(
        Message(text="", tools=[SUBAGENT]), Message(text="", tools=[tool("Bash", command="pwd", description="Where")]),
        Message(text="Hi from the subagent."), Message(text="The subagent is done."))
    folder = tmp_path / "developer"
    folder.mkdir()
    claude = Claude(folder, gateway.url, gateway.issue().secret)
    models = {name: NAME for name in ("ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_HAIKU_MODEL", "ANTHROPIC_SMALL_FAST_MODEL")}
    run = claude.run("Do it.", FREE, CLAUDE_CODE_GATEWAY_HINT_HEADERS="1", **models)
    run.said("The subagent is done.")
    trace, = closed_trace(sink)
    assert len(gateway.ledger.closed(5)) == 5
    eventually(lambda: len(trace.kind(CLIENT)) == len(gateway.ledger.attempts) == 6, "all attempts came through the collector")
    trace.is_connected()
    assert {row["session_id"] for row in agrees_with_ledger(trace, gateway)} == {run.session}
    attempts_agree(trace, gateway)
    links_are_right(trace)
    assert {span.trace_id for span in sink.spans} == {trace.id} and sink.duplicates == 0
    golden.matches("session_trace.txt", trace.text())
    golden.shown("session_trace.txt", "sessions.md")
    gateway.environment["COLUMNS"] = "150"
    golden.matches("session_page.txt", page(gateway.run("session", run.session).stdout, run.session))
    golden.shown("session_page.txt", "sessions.md")


def page(text, session):
    """The page with times and ids that are the same in every run."""
    text = text.replace(session, "5f0c1b1e-0d4e-4b57-9f0e-54d6f7f1c0de")
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-11-21 15:09", text)
    text = re.sub(r"\d\d:\d\d:\d\d  \S+ m?s", "15:09:11  … ms", text)
    text = re.sub(r"(first|ran) \S+ m?s", r"\1 … ms", text)
    return re.sub(r" +\d\S* m?s(?= |$)", lambda cell: "… ms".rjust(len(cell[0])), text, flags=re.MULTILINE)
