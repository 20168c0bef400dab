"""Prompts and answers are recorded where a rule says so, redacted and bounded, and nowhere else."""

import json

import pytest

from elsewhere import PROVIDERS
from rig.answers import Message
from rig.gateway import prompt
from rig.strict import checked
from rig.waiting import eventually

NAME = "gen_ai.client.inference.operation.details"
SECRET = "sk-ant-" + "api03-abcdefghijklmnop"
SYSTEM = [{"type": "text", "text": "You are helpful."}]
TALK = [
    {"role": "user", "content": f"My key is {SECRET}, write to bob@example.org."},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": f"echo {SECRET}"}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": f"{SECRET}\n"}]}]


@pytest.fixture
def start(make_gateway):
    def make(*rules, **telemetry):
        gateway = make_gateway()
        gateway.config["content_capture"] = [{"id": f"rule-{place}", **rule} for place, rule in enumerate(rules)]
        gateway.config["telemetry"].update(telemetry)
        gateway.start()
        return gateway, gateway.issue()

    return make


def told(sink, answer):
    (event,) = eventually(lambda: sink.events(NAME, tollgate__request__id=answer.header("request-id")), "prompt and answer are told")
    return event


def talk(gateway, key, headers=None, **more):
    return gateway.messages(key, prompt(stream=True, system=SYSTEM, messages=TALK, **more), headers)


def untold(sink, gateway, key, answer, headers=None):
    """Another request that is told comes after it: then it is not just late."""
    return not sink.events(NAME, tollgate__request__id=answer.header("request-id"))


def test_a_prompt_and_its_answer_in_the_form_of_the_conventions(start, upstream, sink):
    gateway, key = start({})
    upstream.answers(Message(text=f"Your key {SECRET} is safe."))
    answer = talk(gateway, key, {"x-claude-code-session-id": "s-1"})
    event = told(sink, answer)
    (chat,) = [s for s in sink.named("chat ")] or eventually(lambda: sink.named("chat "), "the attempt's span")
    assert (event.trace_id, event.span_id) == (chat.trace_id, chat.span_id)
    attributes = event.attributes
    assert attributes["gen_ai.conversation.id"] == "s-1" and attributes["tollgate.content.rule"] == "rule-0"
    assert SECRET not in json.dumps(attributes) and "bob@example.org" not in json.dumps(attributes)
    assert json.loads(attributes["gen_ai.system_instructions"]) == [{"type": "text", "content": "You are helpful."}]
    said = json.loads(attributes["gen_ai.input.messages"])
    assert said[0] == {"role": "user", "parts": [
        {"type": "text", "content": "My key is [redacted: secrets], write to [redacted: emails]."}]}
    assert said[1]["parts"] == [{"type": "tool_call", "id": "toolu_1", "name": "Bash", "arguments": {"command": "echo [redacted: secrets]"}}]
    assert said[2]["parts"] == [{"type": "tool_call_response", "id": "toolu_1", "response": "[redacted: secrets]\n"}]
    (reply,) = json.loads(attributes["gen_ai.output.messages"])
    assert reply == {"role": "assistant", "finish_reason": "end_turn", "parts": [
        {"type": "text", "content": "Your key [redacted: secrets] is safe."}]}
    assert upstream.calls[0].body.count(SECRET.encode()) == 3, "what is sent upstream is not touched"


def test_without_a_rule_nobody_is_recorded(start, sink):
    gateway, key = start({"when": {"users": ["bob"]}})
    other = gateway.issue(user="bob")
    mine, theirs = talk(gateway, key), talk(gateway, other)
    told(sink, theirs)
    assert untold(sink, gateway, key, mine)
    assert not [r for r in sink.records if "My key" in json.dumps(r.attributes) and r.attributes.get("tollgate.request.id") == mine.header("request-id")]


@pytest.mark.parametrize("client, said, recorded", [
    ("may_decline", None, True), ("may_decline", '{"enabled": true}', True), ("may_decline", '{"enabled": false}', False),
    ("may_decline", "nonsense", False), ("must_consent", None, False), ("must_consent", '{"enabled": true}', True),
    ("must_consent", '{"enabled": "true"}', False), ("ignored", '{"enabled": false}', True)])
@pytest.mark.parametrize("header", ["x-tollgate-logging-config", "X-TFY-LOGGING-CONFIG"])
def test_the_client_has_a_say_as_the_rule_allows(start, sink, upstream, client, said, recorded, header):
    gateway, key = start({"client": client, "when": {"users": ["alice"]}}, {"client": "ignored", "when": {"users": ["probe"]}})
    probe = gateway.issue(user="probe")
    answer = talk(gateway, key, {header: said} if said else {})
    told(sink, talk(gateway, probe))
    assert bool(sink.events(NAME, tollgate__request__id=answer.header("request-id"))) == recorded
    assert upstream.calls[0].header(header) is None


def test_parts_and_sizes_are_bounded(start, upstream, sink):
    gateway, key = start({"capture": ["request"], "max_size": "1KiB", "redact": []})
    long = [{"role": "user", "content": f"{number} " + "x" * 300} for number in range(9)]
    event = told(sink, gateway.messages(key, prompt(messages=long)))
    said = json.loads(event.attributes["gen_ai.input.messages"])
    assert len(event.attributes["gen_ai.input.messages"]) <= 1024 and said[-1]["parts"][0]["content"].startswith("8 ")
    assert event.attributes["tollgate.content.dropped_messages"] == 9 - len(said)
    assert "gen_ai.output.messages" not in event.attributes
    event = told(sink, gateway.messages(key, prompt(messages=[{"role": "user", "content": "y" * 5000}])))
    assert event.attributes["gen_ai.input.messages.cut"] and len(event.attributes["gen_ai.input.messages"]) == 1024


def test_a_share_is_recorded(start, sink):
    gateway, key = start({"sample": 0.5})
    answers = [gateway.messages(key, prompt()) for _ in range(60)]
    gateway.stop()
    recorded = [a for a in answers if sink.events(NAME, tollgate__request__id=a.header("request-id"))]
    assert 10 < len(recorded) < 50


@pytest.fixture(params=["chat", "gemini"])
def elsewhere(request, make_gateway, tmp_path):
    """A gateway that records everything, before a provider of another dialect."""
    provider = PROVIDERS[request.param]
    for upstream in checked(provider.make()):
        gateway = make_gateway()
        gateway.config["providers"] = [{"name": "other", **provider.setting(upstream, tmp_path)}]
        gateway.config["models"] = [{"name": "claude-*", "target": f"other/{provider.model}"}]
        gateway.config["content_capture"] = [{"id": "all"}]
        yield gateway.start()


def test_answers_of_other_providers_are_told_as_the_client_got_them(elsewhere, sink):
    answer = elsewhere.messages(elsewhere.issue(), prompt(stream=True))
    assert answer.status == 200, answer.body
    (reply,) = json.loads(told(sink, answer).attributes["gen_ai.output.messages"])
    assert reply["role"] == "assistant" and reply["parts"] and reply["finish_reason"]


def test_mistakes_are_told(make_gateway):
    gateway = make_gateway()
    gateway.config["content_capture"] = [{"id": "a", "redact_patterns": ["a(b"], "sample": 0, "capture": ["all"], "client": "never"}]
    gateway.config["telemetry"]["content"] = "off"
    gateway.write()
    said = gateway.run("check", code=2)
    for part in ("a(b", "missing closing parenthesis", "sample", "`all` is not one of request, response", "may_decline, must_consent, ignored",
                 "telemetry.content"):
        assert part in said.stdout + said.stderr, said
