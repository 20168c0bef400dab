"""Arize Phoenix shows a session with the tokens of the ledger and a cost. Run by `PHOENIX=/path/to/venv pytest -m phoenix`; the environment is made by
`python3 -m venv /path/to/venv && /path/to/venv/bin/pip install arize-phoenix==20.26.1` (850 MB)."""

import uuid

import pytest

from rig.answers import Message, error, tool
from rig.gateway import prompt
from rig.phoenix import Phoenix, executable
from rig.waiting import eventually

pytestmark = [pytest.mark.phoenix, pytest.mark.timeout(300), pytest.mark.skipif(not executable(), reason="PHOENIX does not name an environment with Phoenix")]

MODEL = "claude-sonnet-4-5-20250929"  # one whose price Phoenix knows
CALLS = [  # plain input, written to the cache, read from it, output
    {"input_tokens": 1200, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 150},
    {"input_tokens": 300, "cache_creation_input_tokens": 5000, "cache_read_input_tokens": 0, "output_tokens": 220},
    {"input_tokens": 40, "cache_creation_input_tokens": 700, "cache_read_input_tokens": 5000, "output_tokens": 90},
]


def test_a_session_has_the_ledgers_tokens_and_a_cost(tmp_path, make_gateway, upstream):
    (tmp_path / "phoenix").mkdir()
    with Phoenix(tmp_path / "phoenix") as phoenix:
        gateway = make_gateway()
        gateway.config["telemetry"] = {"otlp": [{"endpoint": phoenix.url}]}
        gateway.environment |= {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
        gateway.start("--loops", "1")
        key, session = gateway.issue(), str(uuid.uuid4())
        said = [{"role": "user", "content": "What is in this folder?"}]
        for place, usage in enumerate(CALLS):
            tools = [tool("Bash", command="ls")] if place < 2 else []
            upstream.answers(Message(text="Looking.", tools=tools, usage=usage))
            body = prompt(model=MODEL, stream=place > 0, tools=[{"name": "Bash", "input_schema": {"type": "object"}}])
            answer = gateway.messages(key, {**body, "messages": said}, {"x-claude-code-session-id": session})
            assert answer.status == 200
            if tools:
                identity = f"toolu_{upstream.calls[-1].number:06}x0"
                said = said + [{"role": "assistant", "content": [{"type": "tool_use", "id": identity, "name": "Bash", "input": {"command": "ls"}}]},
                               {"role": "user", "content": [{"type": "tool_result", "tool_use_id": identity, "content": "a b c"}]}]
        upstream.answers(error(529, "overloaded_error"))
        assert gateway.messages(key, prompt(model=MODEL), {"x-claude-code-session-id": session}).status == 529
        gateway.ledger.settle()
        rows = gateway.ledger.requests
        prompts = sum(usage["input_tokens"] + usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"] for usage in CALLS)
        completions = sum(usage["output_tokens"] for usage in CALLS)

        def shown():
            project = phoenix.project()
            return project and project["tokenCountTotal"] == prompts + completions and project["costSummary"]["total"]["cost"] and project
        project = eventually(shown, f"Phoenix shows {prompts} + {completions} tokens and a cost: {phoenix.project()}", 60)
        assert (project["tokenCountPrompt"], project["tokenCountCompletion"]) == (prompts, completions)
        shown_session, = [edge["node"] for edge in project["sessions"]["edges"] if edge["node"]["sessionId"] == session]
        assert shown_session["tokenUsage"] == {"prompt": prompts, "completion": completions}
        ledger = sum(row["cost_nano_usd"] for row in rows) / 1e9
        assert project["costSummary"]["total"]["cost"] == pytest.approx(ledger, rel=0.001)

        spans = phoenix.spans()
        chats = [span for span in spans if span["name"].startswith("chat ")]
        assert len(chats) == 4 and {span["span_kind"] for span in chats} == {"LLM"}
        assert sorted(span["status_code"] for span in chats).count("ERROR") == 1
        assert not [span["name"] for span in spans if span["name"].startswith("POST") and span["span_kind"] == "UNKNOWN"]
