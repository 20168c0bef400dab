"""Brakes: a session that runs in circles is stopped with words that the developer can read."""

import json

import pytest

from expectations import is_our_error, refused
from governed import audited, governed
from rig.answers import Message, tool
from rig.claude import Claude
from rig.gateway import prompt
from rig.waiting import eventually

FREE = "--dangerously-skip-permissions"


def braked(make_gateway, *rules, **config):
    return governed(make_gateway, runaway=list(rules), **config).start("--loops", "2")


def loops(calls=3, **more):
    return {"id": "loops", "same_tool_calls": calls, **more}


def wandering(calls=4, context="1k", **more):
    return {"id": "wandering", "calls_without_edit": calls, "context_tokens": context, **more}


class Session:
    """A conversation with calls of tools and their results."""

    def __init__(self, first="Do it."):
        self.messages = [{"role": "user", "content": first}]

    def call(self, name, result="done", times=1, **arguments):
        for _ in range(times):
            identity = f"toolu_{len(self.messages):06}"
            self.messages += [
                {"role": "assistant", "content": [{"type": "tool_use", "id": identity, "name": name, "input": arguments}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": identity, "content": result}]}]
        return self

    def says(self, text):
        self.messages += [{"role": "assistant", "content": "Well."}, {"role": "user", "content": text}]
        return self

    def ask(self, gateway, key, **more):
        return gateway.messages(key, prompt(messages=self.messages, **more))


def test_the_same_call_again_and_again(make_gateway, upstream, sink):
    gateway = braked(make_gateway, loops(3))
    key = gateway.issue()
    session = Session()
    session.call("Bash", command="ls", times=2)
    assert session.ask(gateway, key).status == 200
    answer = session.call("Bash", command="ls").ask(gateway, key)
    is_our_error(answer, 400, "policy_blocked")
    assert answer.header("x-should-retry") == "false" and answer.header("retry-after") is None
    for part in ("Stopped by the rule `loops`", "Bash was called 3 times in a row with the same input"):
        assert part in answer.error[1], answer.error
    assert len(upstream.calls) == 1
    line = audited(gateway, "refuse", rule="loops")[0]
    assert line["actor"] == "alice" and line["details"]["request_id"] == answer.header("request-id")
    sink.request_span(answer.header("request-id"))


@pytest.mark.parametrize("session", [
    Session().call("Bash", command="ls", times=2).call("Bash", command="pwd"),
    Session().call("Bash", command="ls", times=2).call("Read", command="ls"),
    Session().call("Bash", command="ls", times=2).says("Go on.").call("Bash", command="ls", times=2),
    Session().call("Bash", command="ls").call("Read", file_path="a").call("Bash", command="ls").call("Bash", command="ls"),
], ids=["another input", "another tool", "a new prompt between", "another call between"])
def test_what_is_no_circle_goes_on(make_gateway, session):
    gateway = braked(make_gateway, loops(3))
    assert session.ask(gateway, gateway.issue()).status == 200


def test_calls_in_one_turn_count(make_gateway):
    gateway = braked(make_gateway, loops(3))
    calls = [{"type": "tool_use", "id": f"toolu_{n}", "name": "Bash", "input": {"command": "ls"}} for n in range(3)]
    results = [{"type": "tool_result", "tool_use_id": f"toolu_{n}", "content": "x"} for n in range(3)]
    session = Session()
    session.messages += [{"role": "assistant", "content": calls}, {"role": "user", "content": results}]
    assert session.ask(gateway, gateway.issue()).status == 400


def test_many_calls_without_an_edit_in_a_large_context(make_gateway):
    gateway = braked(make_gateway, wandering(4, "1k"))
    key = gateway.issue()

    def wander(result, edit=False):
        session = Session()
        for number in range(5):
            session.call("Read", result, file_path=f"file-{number}")
            if edit and number == 2:
                session.call("Edit", "done", file_path="a", old_string="b", new_string="c")
        return session.ask(gateway, key)

    assert wander("short").status == 200, "the context is small"
    answer = wander("word " * 2_000)
    is_our_error(answer, 400, "policy_blocked")
    assert "`wandering`" in answer.error[1] and "5 calls of tools without a change to a file" in answer.error[1]
    assert wander("word " * 2_000, edit=True).status == 200, "a file was changed"


def test_a_rule_is_about_some_only(make_gateway):
    gateway = braked(make_gateway, loops(3, when={"teams": ["interns"], "models": ["*sonnet*"]}))
    intern, other = gateway.issue(user="ina", team="interns"), gateway.issue()
    session = Session().call("Bash", command="ls", times=5)
    assert session.ask(gateway, intern).status == 400
    assert session.ask(gateway, intern, model="claude-haiku-5-5").status == 200
    assert session.ask(gateway, other).status == 200


def test_counting_is_not_stopped(make_gateway):
    gateway = braked(make_gateway, loops(3))
    body = prompt(messages=Session().call("Bash", command="ls", times=5).messages)
    assert gateway.messages(gateway.issue(), body, target="/v1/messages/count_tokens").status == 200


def test_a_warning_lets_it_go_on(make_gateway, upstream):
    gateway = braked(make_gateway, loops(3, on_exceed="warn"))
    answer = Session().call("Bash", command="ls", times=5).ask(gateway, gateway.issue())
    assert answer.status == 200 and len(upstream.calls) == 1
    line = next(line for line in gateway.logged(answer.header("request-id")) if line.get("request_id") == answer.header("request-id"))
    assert "loops" in json.dumps(line), line


def test_what_is_refused_leaves_no_row(make_gateway, sink):
    gateway = braked(make_gateway, loops(3))
    answer = Session().call("Bash", command="ls", times=3).ask(gateway, gateway.issue())
    refused(gateway, sink, answer, 400, "policy_blocked")


@pytest.mark.client
def test_claude_code_in_circles_is_stopped(make_gateway, upstream, tmp_path):
    """The model asks for the same call for ever; the developer reads why it ended."""
    gateway = braked(make_gateway, loops(4))
    folder = tmp_path / "developer"
    folder.mkdir()
    claude = Claude(folder, gateway.url, gateway.issue().secret)
    upstream.answers(Message(text="", tools=[tool("Bash", command="echo again", description="Say it again")]))
    run = claude.run("Do it.", FREE)
    run.said("Stopped by the rule `loops`", code=1)
    assert "Bash was called 4 times in a row" in run.text
    assert len(upstream.calls) == 4
    eventually(lambda: [line.get("refusal") for line in gateway.log].count("policy_blocked") == 1, "one refusal, no retries")
    upstream.answers(Message(text="Something else then."))
    claude.run("Do something else.", "--resume", run.session).said("Something else then.")


@pytest.mark.client
def test_claude_code_that_only_looks_is_stopped(make_gateway, upstream, tmp_path):
    gateway = braked(make_gateway, wandering(5, "1k"))
    folder = tmp_path / "developer"
    folder.mkdir()
    claude = Claude(folder, gateway.url, gateway.issue().secret)
    looks = [Message(text="", tools=[tool("Bash", command=f"echo {n}", description="Look")]) for n in range(9)]
    upstream.answers(*looks)
    claude.run("Do it.", FREE).said("5 calls of tools without a change to a file", code=1)
    assert len(upstream.calls) == 5
