"""Sessions: one connected trace of a prompt, with the tools and the subagents that came of it, and the same in the ledger."""

import json
import sqlite3
import subprocess
import threading
import time

import pytest

from rig import messages
from rig.answers import Message, error, tool
from rig.claude import Claude
from rig.gateway import binary
from rig.history import History
from rig.ledger import tokens
from rig.otlp import CLIENT, ERROR, SERVER
from rig.session import Conversation, Trace
from rig.waiting import eventually

FREE = "--dangerously-skip-permissions"
QUIET = 20  # seconds in which an end that nobody announces is noticed


def roots(sink):
    return [span for span in sink.spans if span.name == "invoke_agent claude-code"]


def closed_trace(sink, count=1):
    """The traces of so many prompts that are over."""
    eventually(lambda: len(roots(sink)) >= count, f"{count} prompts are over", QUIET)
    return [Trace(sink, root.trace_id) for root in sorted(roots(sink), key=lambda span: span.begin)]


def agrees_with_ledger(trace, gateway):
    """Counts and sums of the trace are those of the rows."""
    rows = gateway.ledger.rows("SELECT * FROM requests WHERE hex(trace_id) = ?", trace.id.upper())
    assert len(rows) == len(trace.kind(SERVER))
    sums = {name: sum(row[name] for row in rows) for name in tokens(rows[0])}
    cost = sum(row["cost_nano_usd"] for row in rows)
    root = trace.root.attributes
    assert root["tollgate.total.model_calls"] == len(rows)
    assert root["tollgate.total.input_tokens"] == sums["input_tokens"]
    assert root["tollgate.total.output_tokens"] == sums["output_tokens"]
    assert root["tollgate.total.cache_read_tokens"] == sums["cache_read_tokens"]
    assert root["tollgate.total.cache_write_tokens"] == sums["cache_write_5m_tokens"] + sums["cache_write_1h_tokens"]
    assert root["tollgate.cost.nano_usd"] == cost
    attempts = [span.attributes for span in trace.kind(CLIENT)]
    assert sum(a.get("gen_ai.usage.output_tokens", 0) for a in attempts) == sums["output_tokens"]
    assert sum(a.get("tollgate.cost.nano_usd", 0) for a in attempts) == cost
    assert not [name for name in root if name.startswith("gen_ai.usage")]
    calls = gateway.ledger.rows("SELECT t.* FROM tool_calls t JOIN requests r ON r.id = t.request_id "
                                "WHERE hex(r.trace_id) = ?", trace.id.upper())
    assert sorted(call["call_id"] for call in calls) == sorted(
        span.attributes["gen_ai.tool.call.id"] for span in trace.named("execute_tool "))
    return rows


@pytest.fixture
def session(gateway, key):
    return Conversation(gateway, key)


def test_a_prompt_is_one_trace(session, gateway, upstream, sink):
    upstream.answers(
        Message(text="", tools=[tool("Bash", command="ls"), tool("Read", file_path="a")]), Message(text="Done."))
    session.asks("List the files.").answers_tools(reported="Bash=5;Read=1")
    trace, = closed_trace(sink)
    trace.is_connected()
    rows = agrees_with_ledger(trace, gateway)
    assert {row["session_id"] for row in rows} == {session.id}
    bash, read = sorted(trace.named("execute_tool "), key=lambda span: span.name)
    assert bash.parent_id == read.parent_id == trace.root.span_id
    assert bash.attributes["gen_ai.operation.name"] == "execute_tool" and bash.attributes["gen_ai.tool.name"] == "Bash"
    assert bash.attributes["tollgate.tool.reported_duration_ms"] == 5
    assert trace.root.attributes["tollgate.prompt.end"] == "answered"
    assert trace.root.attributes["gen_ai.conversation.id"] == session.id and trace.root.attributes["user.id"] == "alice"
    first, second = sorted(trace.kind(SERVER), key=lambda span: span.begin)
    assert first.end >= bash.begin >= first.begin and abs(bash.end - second.begin) < 10**6
    assert trace.root.begin <= first.begin and trace.root.end >= second.end


def test_the_next_prompt_is_another_trace_linked_to_the_one_before(session, gateway, sink):
    session.asks("One.")
    session.asks("Two.")
    first, second = closed_trace(sink, 2)
    first.is_connected(), second.is_connected()
    assert first.id != second.id
    agrees_with_ledger(first, gateway), agrees_with_ledger(second, gateway)
    assert first.root.attributes["tollgate.prompt.end"] in ("next", "answered")


def test_a_subagent_hangs_under_the_tool_that_started_it(session, gateway, upstream, sink):
    upstream.answers(
        Message(text="", tools=[tool("Agent", prompt="Look.", subagent_type="Explore")]),
        Message(text="", tools=[tool("Grep", pattern="x")]), Message(text="Found."), Message(text="All done."))
    session.asks("Look around.")
    agent = session.subagent("a97bd800fbddb4afd", "Explore").asks("Look.")
    agent.answers_tools()
    session.answers_tools()
    trace, = closed_trace(sink)
    trace.is_connected()
    agrees_with_ledger(trace, gateway)
    (started,), (span,), (grep,) = (
        trace.named("execute_tool Agent"), trace.named("invoke_agent Explore"), trace.named("execute_tool Grep"))
    assert span.parent_id == started.span_id and grep.parent_id == span.span_id
    assert span.attributes["gen_ai.agent.id"] == "a97bd800fbddb4afd" and span.attributes["tollgate.total.model_calls"] == 2
    eventually(lambda: [call["spawned_agent"] for call in gateway.ledger.rows("SELECT * FROM tool_calls WHERE name = 'Agent'")]
               == ["a97bd800fbddb4afd"], "the tool knows its agent")


def test_parallel_subagents_belong_to_their_own_tools(session, gateway, upstream, sink):
    upstream.answers(
        Message(text="", tools=[tool("Agent", prompt="A"), tool("Agent", prompt="B")]), Message(text="Found."))
    session.asks("Look around.")
    session.subagent("agent-a", "Explore").asks("A")
    session.subagent("agent-b", "Explore").asks("B")
    session.answers_tools()
    trace, = closed_trace(sink)
    trace.is_connected()
    eventually(lambda: [call["spawned_agent"] for call in gateway.ledger.rows("SELECT * FROM tool_calls ORDER BY call_id")]
               == ["agent-a", "agent-b"], "the tools know their agents")


def test_prompts_are_told_apart_by_the_clients_hint(session, gateway, upstream, sink):
    upstream.answers(Message(text="", tools=[tool("Bash", command="ls")]), Message())
    session.hints = {"x-claude-code-prompt-id": "p-1", "x-claude-code-request-class": "main"}
    session.asks("List.")
    session.answers_tools()
    session.hints = {"x-claude-code-request-class": "auxiliary"}
    session.helps()
    trace, = closed_trace(sink)
    trace.is_connected()
    assert len(trace.kind(SERVER)) == 3, "what helps is in the trace of what it helps"


def test_a_session_without_an_end_is_told_at_the_gateways_own(session, gateway, upstream, sink):
    upstream.answers(Message(text="", tools=[tool("Bash", command="sleep 1000")]))
    session.asks("Sleep.")
    gateway.ledger.closed(1)
    gateway.stop()
    trace, = closed_trace(sink)
    trace.is_connected()
    assert trace.root.attributes["tollgate.prompt.end"] == "shutdown"
    (span,) = trace.named("execute_tool ")
    assert span.attributes["tollgate.tool.outcome"] == "no_result"
    call, = gateway.ledger.rows("SELECT * FROM tool_calls")
    assert call["duration_ns"] is None and call["name"] == "Bash"


def test_an_error_of_a_tool_is_one(session, gateway, upstream, sink):
    upstream.answers(Message(text="", tools=[tool("Bash", command="false")]), Message())
    session.asks("Fail.")
    session.answers_tools(is_error=True)
    trace, = closed_trace(sink)
    (span,) = trace.named("execute_tool ")
    assert span.status == ERROR and span.attributes["tollgate.tool.outcome"] == "error"


def test_a_client_with_a_trace_of_its_own_keeps_it(session, gateway, upstream, sink):
    upstream.answers(Message(text="", tools=[tool("Bash", command="ls")]), Message())
    trace = "0af7651916cd43dd8448eb211c80319c"
    session.hints = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    session.asks("List.")
    session.answers_tools()
    eventually(lambda: gateway.ledger.rows("SELECT * FROM tool_calls"), "the tool is in the ledger")
    gateway.stop()
    assert {span.trace_id for span in sink.spans if span.kind in (SERVER, CLIENT)} == {trace}
    assert not roots(sink) and not sink.named("execute_tool ")


def test_session_traces_can_be_switched_off(make_gateway, upstream, sink):
    gateway = make_gateway()
    gateway.config["telemetry"]["session_traces"] = False
    gateway.start()
    session = Conversation(gateway, gateway.issue())
    upstream.answers(Message(text="", tools=[tool("Bash", command="ls")]), Message())
    session.asks("List.").answers_tools()
    eventually(lambda: gateway.ledger.rows("SELECT * FROM tool_calls"), "the tool is in the ledger")
    gateway.stop()
    servers = [span for span in sink.spans if span.kind == SERVER]
    assert len({span.trace_id for span in servers}) == len(servers) and not roots(sink)


def test_the_roll_up_of_sessions_is_the_sum_of_its_rows(session, gateway, key, upstream):
    other = Conversation(gateway, key)
    upstream.answers(error(529, "overloaded_error"), Message())
    session.asks("One."), other.asks("Two."), session.asks("Three."), other.asks("Four.")
    rows = gateway.ledger.closed(4)
    for conversation in (session, other):
        own = [row for row in rows if row["session_id"] == conversation.id]
        kept, = gateway.ledger.rows("SELECT * FROM sessions WHERE session_id = ?", conversation.id)
        assert kept["requests"] == len(own) and kept["cost_nano_usd"] == sum(row["cost_nano_usd"] for row in own)
        assert {name: kept[name] for name in tokens(own[0])} == {
            name: sum(tokens(row)[name] for row in own) for name in tokens(own[0])}
        assert kept["user"] == "alice" and kept["models"] == own[0]["model_served"]
        assert kept["errors"] == sum(row["outcome"] != "ok" for row in own)
        assert kept["context_tokens"] == sum(messages.USAGE.values())


# The real client


@pytest.fixture
def claude(tmp_path, gateway, key):
    folder = tmp_path / "developer"
    folder.mkdir()
    return Claude(folder, gateway.url, key.secret)


SUBAGENT = tool("Agent", description="Hi", prompt="Say hi.", subagent_type="general-purpose", run_in_background=False)


@pytest.mark.client
@pytest.mark.parametrize("hints", ["", "1"])
def test_claude_code_with_tools_and_a_subagent_is_one_connected_trace(claude, gateway, upstream, sink, hints):
    upstream.answers(
        Message(text="", tools=[tool("Bash", command="sleep 0.3; ls", description="List files")]),
        Message(text="", tools=[SUBAGENT]), Message(text="", tools=[tool("Bash", command="pwd", description="Where")]),
        Message(text="Hi from the subagent."), Message(text="The subagent is done."))
    run = claude.run("Do it.", FREE, CLAUDE_CODE_GATEWAY_HINT_HEADERS=hints or None)
    run.said("The subagent is done.")
    trace, = closed_trace(sink)
    trace.is_connected()
    rows = agrees_with_ledger(trace, gateway)
    assert len(rows) == len(upstream.calls) == 5 and len(gateway.ledger.requests) == 5
    (agent,) = [span for span in trace.named("invoke_agent ") if span is not trace.root]
    (started,) = trace.named("execute_tool Agent")
    assert agent.parent_id == started.span_id and agent.attributes["tollgate.total.model_calls"] == 2
    first, second = sorted(trace.named("execute_tool Bash"), key=lambda span: span.begin)
    assert first.parent_id == trace.root.span_id and second.parent_id == agent.span_id
    assert 0.25e9 < first.end - first.begin < 10e9
    if hints:
        assert first.attributes["tollgate.tool.reported_duration_ms"] >= 250
    print(trace.text())


# The pages


def staged(session, upstream, gateway):
    """A prompt with a tool and a subagent."""
    upstream.answers(
        Message(text="", tools=[tool("Bash", command="ls"), tool("Agent", prompt="Look.", subagent_type="Explore")]),
        Message(text="Found."), Message(text="All done."))
    session.asks("Look around.")
    session.subagent("a97bd800fbddb4afd", "Explore").asks("Look.")
    session.answers_tools(reported="Bash=5")
    eventually(lambda: any(row["spawned_agent"] for row in gateway.ledger.rows("SELECT * FROM tool_calls")), "all is told", QUIET)


def test_the_page_of_a_session(session, gateway, upstream):
    staged(session, upstream, gateway)
    page = gateway.run("session", session.id[:8]).stdout
    lines = page.splitlines()
    assert session.id in lines[0] and "alice" in lines[0]
    assert "3 calls" in lines[2] and "93 % cached" in lines[2]
    names = [line.strip(" │├└").split("  ")[0] for line in lines[5:]]
    assert names == ["claude-sonnet-5-5", "Bash", "Agent", "agent Explore", "claude-sonnet-5-5", "claude-sonnet-5-5"], page
    assert "ran 5 ms" in page
    whole = json.loads(gateway.run("session", session.id, "--json").stdout)
    (one,) = whole["prompts"]
    assert [call["model"] for call in one["calls"]] == ["claude-sonnet-5-5"] * 2
    assert one["calls"][0]["tools"][1]["agent"]["type"] == "Explore"
    assert one["cost_nano_usd"] == whole["cost_nano_usd"] == sum(row["cost_nano_usd"] for row in gateway.ledger.requests)


def test_a_narrow_terminal_gets_narrow_lines(session, gateway, upstream):
    staged(session, upstream, gateway)
    gateway.environment["COLUMNS"] = "60"
    for command in (["session", session.id], ["sessions"]):
        assert max(map(len, gateway.run(*command).stdout.splitlines())) <= 62, command


def test_the_list_of_sessions(session, gateway, key, upstream):
    other = Conversation(gateway, gateway.issue(user="bob"))
    session.asks("One."), other.asks("Two."), other.asks("Three.")
    gateway.ledger.closed(3)
    text = gateway.run("sessions").stdout
    assert "2 sessions, 2 active" in text and "alice" in text and "bob" in text
    first, second = json.loads(gateway.run("sessions", "--since", "5m", "--json").stdout)
    assert (first["user"], first["requests"], second["user"]) == ("bob", 2, "alice") and first["is_active"]
    assert first["nano_usd_per_minute"] == first["cost_nano_usd"] > 0


def test_what_a_session_costs_per_minute_is_of_all_its_seconds(gateway):
    history, now = History(gateway), time.time()
    history.add(now - 100, session_id="young", cost_nano_usd=3 * 10**9)
    for ago in (1200, 60):
        history.add(now - ago, session_id="old", cost_nano_usd=5 * 10**9)
    history.write()
    rates = {row["session_id"]: row["nano_usd_per_minute"] for row in json.loads(gateway.run("sessions", "--json").stdout)}
    assert rates["old"] == 10**9, "of the last five minutes"
    assert 1.5e9 < rates["young"] <= 1.8e9, "since it began, which is more than a minute and less than two"


def test_a_session_that_is_not_there_is_said(gateway):
    assert "there is no session" in gateway.run("session", "nothing", code=2).stderr
    assert "No session" in gateway.run("sessions", "--since", "1m").stdout


def test_follow_appends_what_comes(session, gateway, upstream):
    session.asks("One.")
    gateway.ledger.closed(1)
    process = subprocess.Popen(
        [binary(), "session", session.id, "--follow", "--config", gateway.file], env=gateway.environment, text=True,
        stdout=subprocess.PIPE, cwd=gateway.folder)
    try:
        lines = []
        threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")), daemon=True).start()
        eventually(lambda: len(lines) >= 6, "the page is shown")
        session.asks("Two.")
        eventually(lambda: len(lines) >= 8, "the next call is appended")
        assert "claude-sonnet-5-5" in lines[7] and "out 40" in lines[7]
    finally:
        process.kill()
        process.wait()


# For the developer in the session


def me(gateway, key, query=""):
    answer = gateway.request("GET", f"/v1/me{query}", {"authorization": f"Bearer {key.secret}"})
    assert answer.status == 200, answer.body
    return answer


@pytest.fixture
def with_budget(make_gateway):
    gateway = make_gateway()
    gateway.config["budgets"] = [{"id": "daily", "limit_to": 10, "unit": "cost_per_day", "budget_applies_per": ["user"]}]
    return gateway.start()


def test_a_developer_is_told_what_he_spends(with_budget, upstream):
    gateway, key = with_budget, with_budget.issue()
    session, other = Conversation(gateway, key), Conversation(gateway, key)
    session.asks("One."), session.asks("Two."), other.asks("Three.")
    rows = gateway.ledger.closed(3)
    cost = rows[0]["cost_nano_usd"]
    told = eventually(lambda: (t := me(gateway, key, f"?session={session.id}").json)["today"]["requests"] == 3 and t, "all is written")
    assert told["user"] == "alice" and told["session"]["cost_nano_usd"] == 2 * cost and told["today"]["cost_nano_usd"] == 3 * cost
    assert told["session"]["context_tokens"] == sum(messages.USAGE.values())
    (daily,) = told["budgets"]
    assert daily["settled"] == 3 * cost and daily["left"] == 10 * 10**9 - 3 * cost and daily["resets_at"].endswith("T00:00:00Z")
    assert 0 < told["next_turn"]["cached_nano_usd"] < told["next_turn"]["uncached_nano_usd"]
    line = me(gateway, key, f"?format=line&session={session.id}").body.decode()
    assert line.startswith("session $0.00 · today $0.0") and "left $10.00 of today" in line and "next $0.00–$0.01" in line, line
    gateway.config["time_zone"] = "Asia/Kolkata"
    gateway.reload()
    told = eventually(lambda: (b := me(gateway, key).json["budgets"][0])["resets_at"].endswith("T18:30:00Z") and b, "days of another zone")
    assert me(gateway, key, "?format=line").body.decode().startswith("today (UTC) $0.0")


def test_the_answer_does_not_wait_for_the_ledgers_writer(gateway, key):
    session = Conversation(gateway, key)
    session.asks("One.")
    gateway.ledger.closed(1)
    me(gateway, key)
    other = sqlite3.connect(gateway.folder / "data" / "ledger.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        session.asks("Two.")
        times, end = [], time.monotonic() + 0.5
        while time.monotonic() < end:
            began = time.monotonic()
            assert me(gateway, key, f"?session={session.id}").json["today"]["requests"] == 1
            times.append(time.monotonic() - began)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert max(times) < 0.3, "whoever else writes is not waited for"
    assert gateway.ledger.closed(2)


def test_nobody_is_told_of_anothers_session(gateway, key):
    session = Conversation(gateway, key)
    session.asks("One.")
    gateway.ledger.closed(1)
    stranger = gateway.issue(user="bob")
    told = me(gateway, stranger, f"?session={session.id}").json
    assert told["session"] is None and told["today"]["cost_nano_usd"] == 0
    assert gateway.request("GET", "/v1/me").status == 401


def test_the_status_line_asks_the_gateway(gateway, key):
    session = Conversation(gateway, key)
    session.asks("One.")
    gateway.ledger.closed(1)
    setting = json.loads(gateway.run("settings", "status-line", config=False).stdout)["statusLine"]
    assert setting["type"] == "command"
    given = json.dumps({"hook_event_name": "Status", "session_id": session.id, "cost": {"total_cost_usd": 1}}, indent=2)
    environment = {"PATH": "/usr/bin:/bin", "ANTHROPIC_BASE_URL": gateway.url, "ANTHROPIC_AUTH_TOKEN": key.secret}
    done = subprocess.run(["sh", "-c", setting["command"]], input=given, env=environment, capture_output=True, text=True, timeout=10)
    assert done.stdout.startswith("session $0.00 · today $") and done.stdout.count("\n") == 1, done
