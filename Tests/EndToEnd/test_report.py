"""The report: who spent what. Totals equal the sum of the rows to the nano-dollar."""

import csv
import io

import pytest

from rig import messages
from rig.answers import Message, error
from rig.gateway import prompt
from rig.ledger import TOKENS

COLUMNS = ("requests", "errors", *TOKENS, "cost_nano_usd", "estimated_requests")


@pytest.fixture
def spent(gateway, upstream):
    """Two people of two teams, two models, one error, one broken stream."""
    alice, bob = gateway.issue(), gateway.issue("--metadata", "project=atlas", user="bob", team="data")
    for number in range(3):
        upstream.answers(Message(usage={**messages.USAGE, "output_tokens": 41 + number, "input_tokens": 7 * number + 1}))
        gateway.messages(alice, prompt(stream=number % 2 == 0))
    upstream.answers(Message())
    gateway.messages(bob, {**prompt(), "model": "claude-opus-5-5"}, {"x-tollgate-metadata": '{"environment": "ci"}'})
    upstream.answers(error(500, "api_error"))
    gateway.messages(bob)
    upstream.answers(Message(fail="cut"))
    gateway.messages(bob, prompt(stream=True))
    gateway.ledger.closed(6)
    return gateway


def adds_up(report):
    for column in COLUMNS:
        assert report["total"][column] == sum(row[column] for row in report["rows"]), column


@pytest.mark.parametrize("by", ["team", "user", "model", "day", "team,user,model", "provider", "key"])
def test_totals_are_the_sum_of_the_rows_and_of_the_ledger(spent, by):
    report = spent.report("--by", by)
    adds_up(report)
    rows = spent.ledger.requests
    for column in (*TOKENS, "cost_nano_usd"):
        assert report["total"][column] == sum(row[column] for row in rows), column
    assert report["total"]["requests"] == 6
    assert report["total"]["cost_nano_usd"] > 0
    assert all(set(by.split(",")) <= set(row) for row in report["rows"])


def test_rows_by_team(spent):
    rows = {row["team"]: row for row in spent.report("--by", "team")["rows"]}
    assert set(rows) == {"platform", "data"}
    assert rows["platform"]["requests"] == 3 and rows["platform"]["errors"] == 0
    assert rows["platform"]["output_tokens"] == 41 + 42 + 43 and rows["platform"]["cache_read_tokens"] == 9000
    assert rows["data"]["requests"] == 3 and rows["data"]["errors"] == 2 and rows["data"]["estimated_requests"] == 1


def test_where_narrows(spent):
    only = spent.report("--by", "user", "--where", "team=platform")
    assert [row["user"] for row in only["rows"]] == ["alice"]
    both = spent.report("--by", "user", "--where", "team=data", "--where", "model=claude-opus-5-5")
    assert both["total"]["requests"] == 1
    assert spent.report("--by", "user", "--where", "team=none")["rows"] == []


def test_metadata_can_be_grouped_and_filtered(spent):
    by = {row["metadata.environment"]: row["requests"] for row in spent.report("--by", "metadata.environment")["rows"]}
    assert by["ci"] == 1 and sum(by.values()) == 6
    assert spent.report("--by", "user", "--where", "metadata.environment=ci")["total"]["requests"] == 1


def test_since_and_until(spent):
    assert spent.report("--by", "user", "--since", "1h")["total"]["requests"] == 6
    assert spent.report("--by", "user", "--since", "2020-01-01", "--until", "2020-02-01")["rows"] == []
    whole = spent.report("--by", "user", "--since", "2020-01-01")
    assert whole["since"].startswith("2020-01-01") and whole["total"]["requests"] == 6


def test_all_formats_tell_the_same(spent):
    report = spent.report("--by", "team")
    table = spent.run("report", "--by", "team", "--format", "table").stdout
    for row in report["rows"]:
        assert row["team"] in table
    assert "total" in table.lower() and "\x1b" not in table, "no colours into a pipe"
    records = list(csv.DictReader(io.StringIO(spent.run("report", "--by", "team", "--format", "csv").stdout)))
    by_team = {record["team"]: record for record in records}
    for row in report["rows"]:
        assert int(by_team[row["team"]]["cost_nano_usd"]) == row["cost_nano_usd"]
        assert int(by_team[row["team"]]["requests"]) == row["requests"]


def test_it_works_after_the_gateway_stopped(spent):
    running = spent.report("--by", "team,model")
    assert spent.stop() == 0
    stopped = spent.report("--by", "team,model")
    assert stopped["rows"] == running["rows"] and stopped["total"] == running["total"]


def test_an_empty_ledger_has_an_empty_report(make_gateway):
    gateway = make_gateway()
    gateway.start()
    report = gateway.report("--by", "user")
    assert report["rows"] == [] and report["total"]["cost_nano_usd"] == 0


def test_what_the_client_says_about_itself_is_attributed(gateway, upstream):
    key = gateway.issue("--metadata", "project=from-key", "--metadata", "region=eu")
    gateway.messages(key, headers={
        "x-claude-code-session-id": "11111111-2222-4333-8444-555555555555", "x-claude-code-agent-id": "agent-7",
        "x-claude-code-parent-agent-id": "agent-1", "user-agent": "claude-cli/2.1.329 (external, sdk-py, agent-sdk/0.2.186)",
        "X-TFY-METADATA": '{"project": "from-header"}'})
    row = gateway.ledger.closed(1)[0]
    assert row["session_id"] == "11111111-2222-4333-8444-555555555555"
    assert (row["agent_id"], row["parent_agent_id"]) == ("agent-7", "agent-1")
    assert (row["user"], row["team"], row["key_id"]) == ("alice", "platform", key.id)
    assert (row["client_version"], row["entrypoint"]) == ("2.1.329", "sdk-py")
    assert row["project"] == "from-header" and row["provider"] == "main"
    assert gateway.report("--by", "metadata.region")["rows"][0]["metadata.region"] == "eu"


@pytest.mark.parametrize("metadata", ["{", "[]", '{"a": 1}', '"text"', "x" * 9000])
def test_bad_metadata_is_refused_and_charges_nothing(gateway, key, metadata):
    answer = gateway.messages(key, headers={"x-tollgate-metadata": metadata})
    assert answer.status == 400 and answer.error[0] == "invalid_request_error" and "metadata" in answer.error[1]
    assert gateway.ledger.attempts == []
