"""Gateways that a Prometheus watches, and traffic of every kind through them: what panels and alerts are about has to happen."""

import concurrent.futures
import json
import time
import uuid

from governed import CHEAP, budget, limit
from rig.answers import Message, error, tool
from rig.gateway import UPSTREAM_KEY, Key, prompt
from rig.tokens import AUDIENCE, ISSUER
from rig.upstream import refusing_port
from virtual import NAME, PRIMARY, SECOND

AWAY = "https://away.example/realm"  # an issuer whose keys never come
PROJECT = {"x-tollgate-metadata": json.dumps({"project": "atlas"})}
BIG = {"input_tokens": 200, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 40_000, "output_tokens": 300}
COLD = {"input_tokens": 200, "cache_creation_input_tokens": 40_000, "cache_read_input_tokens": 0, "output_tokens": 300}
LEFT = {"anthropic-ratelimit-requests-limit": "4000", "anthropic-ratelimit-requests-remaining": "3000",
        "anthropic-ratelimit-tokens-limit": "400000", "anthropic-ratelimit-tokens-remaining": "39000"}
VALUES = {  # what a reader of a dashboard may choose
    "job": "tollgate", "provider": "first|last", "team": "platform", "user": "alice", "project": "atlas", "model": f"{PRIMARY}|{SECOND}|{NAME}"}


def configured(gateway, upstream, second, webhook, identity):
    """A gateway with providers, a virtual model, rules of every kind and an issuer of tokens."""
    gateway.config |= {
        "providers": [
            {"name": "first", "kind": "anthropic", "base_url": upstream.url, "api_key": UPSTREAM_KEY, "max_concurrent_requests": 8},
            {"name": "last", "kind": "anthropic", "base_url": second.url, "api_key": UPSTREAM_KEY}],
        "models": [
            {"name": "claude-*", "target": "first/claude-*"}, {"name": "homemade", "target": "last/homemade"},
            {"name": NAME, "routing_config": {
                "type": "priority-based-routing", "circuit_breaker": {"failures": 2, "open_for": "1s"},
                "load_balance_targets": [{"target": f"first/{PRIMARY}", "priority": 0, "retry_config": {"attempts": 2, "delay": "10ms", "on_status_codes": [500]}}, {"target": f"last/{SECOND}", "priority": 1}]}}],
        "budgets": [
            budget("everyone", 5, when={"teams": ["platform"]}, budget_applies_per=["user"], unpriced_reserve="0.001",
                   alerts={"thresholds": [1], "webhook": webhook.url}),
            budget("nothing", "0.000001", when={"teams": ["poor"]}), budget("tokens", 10_000_000, "tokens_per_day")],
        "rate_limits": [
            limit("fair", 2, "concurrent_requests", rate_limit_applies_per=["user"], on_limit="queue", queue_timeout="10s"),
            limit("few", 1, "requests_per_hour", when={"teams": ["slow"]})],
        "credentials": {"jwt": [{"issuer": ISSUER, "audience": AUDIENCE, "jwks": identity.url},
                                {"issuer": AWAY, "audience": AUDIENCE, "jwks": f"http://127.0.0.1:{refusing_port()}/keys"}]},
    }
    gateway.config["telemetry"]["metrics"] = {"series_limit": 40}
    gateway.environment["OTEL_METRIC_EXPORT_INTERVAL"] = "1000"
    return gateway


class Traffic:
    """Rounds of it; each round has everything once."""

    def __init__(self, gateway, upstream, second, sink, signing):
        self.gateway, self.upstream, self.second, self.sink, self.signing = gateway, upstream, second, sink, signing
        self.alice, self.bob = gateway.issue(), gateway.issue(user="bob")
        self.poor, self.slow = gateway.issue(user="pia", team="poor"), gateway.issue(user="sam", team="slow")
        self.sessions, self.rounds = [str(uuid.uuid4()) for _ in range(3)], 0
        self.conversation = []

    def round(self):
        self.rounds += 1
        for step in (self.good, self.streamed, self.refused, self.queued, self.fallen_back, self.broken_upstream, self.tools, self.cache_break,
                     self.unpriced, self.tokens_of_an_issuer, self.client_telemetry, self.reloads, self.collector_troubles, self.many_users):
            step()

    def ask(self, key, session=0, headers=None, **more):
        fields = {"x-claude-code-session-id": self.sessions[session], **PROJECT, **(headers or {})}
        return self.gateway.messages(key, prompt(**more), fields)

    def good(self):
        self.upstream.answers(Message(usage=CHEAP, headers=LEFT))
        assert self.ask(self.alice).status == 200
        assert self.ask(self.bob).status == 200

    def streamed(self):
        self.upstream.answers(Message(text="A longer answer. " * 20, usage=CHEAP, pace=0.002))
        for _ in range(3):
            assert self.ask(self.alice, stream=True).status == 200
        self.second.answers(Message(usage=CHEAP))
        assert self.ask(self.alice, stream=True, model=NAME).status == 200

    def refused(self):
        assert self.ask(self.poor).status == 429
        assert {self.ask(self.slow).status for _ in range(2)} <= {200, 429}
        assert self.gateway.messages(Key("", "nobody")).status == 401
        assert self.ask(self.alice, model="unheard-of").status == 404

    def queued(self):
        self.upstream.answers(Message(usage=CHEAP, wait=0.15))
        with concurrent.futures.ThreadPoolExecutor(5) as pool:
            assert {answer.status for answer in pool.map(lambda _: self.ask(self.alice), range(5))} == {200}

    def fallen_back(self):
        """Failures open the breaker of the first target, after another attempt there; it is probed a second later."""
        self.second.answers(Message(usage=CHEAP))
        for fault in (error(500, "api_error"), error(529, "overloaded_error"), error(529, "overloaded_error")):
            self.upstream.answers(fault)
            new = {"x-claude-code-session-id": str(uuid.uuid4())}
            answer = self.ask(self.alice, headers=new, stream=True, model=NAME)
            assert answer.status == 200 and answer.header("x-tollgate-target").startswith("last/")

    def broken_upstream(self):
        self.upstream.answers(error(500, "api_error"))
        assert self.ask(self.alice).status == 500
        self.upstream.answers(Message(fail="cut"))
        self.ask(self.alice, stream=True)

    def tools(self):
        """The model asks for a tool, and its result comes with the next request."""
        session = {"x-claude-code-session-id": self.sessions[2], **PROJECT}
        said = {"role": "user", "content": f"Look at it, {self.rounds}."}
        self.upstream.answers(Message(text="Looking.", tools=[tool("Bash", command="ls"), tool("Read", file_path="/a")], usage=CHEAP))
        body = prompt(stream=False, tools=[{"name": "Bash", "input_schema": {"type": "object"}}])
        body["messages"] = [said]
        answer = json.loads(self.gateway.messages(self.alice, body, session).body)
        results = [{"type": "tool_result", "tool_use_id": part["id"], "content": "done"} for part in answer["content"] if part["type"] == "tool_use"]
        self.upstream.answers(Message(usage=CHEAP))
        body["messages"] += [{"role": "assistant", "content": answer["content"]}, {"role": "user", "content": results}]
        assert self.gateway.messages(self.alice, body, session).status == 200

    def cache_break(self):
        """A conversation is in the cache; then a line of its system prompt changes and all of it is written again."""
        def turn(system, usage):
            self.upstream.answers(Message(usage=usage))
            self.conversation.append({"role": "user", "content": [{"type": "text", "text": f"Turn {len(self.conversation)} " * 50,
                                                                   "cache_control": {"type": "ephemeral"}}]})
            body = prompt(system=[{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}])
            body["messages"] = self.conversation[-40:]
            answer = self.gateway.messages(self.alice, body, {"x-claude-code-session-id": self.sessions[0], **PROJECT})
            assert answer.status == 200
            self.conversation.append({"role": "assistant", "content": json.loads(answer.body)["content"]})
        today = f"Today is day {self.rounds}. " + "Be brief. " * 200
        turn(today, COLD)
        turn(today, BIG)
        turn(today.replace("Today", "Now"), COLD)

    def unpriced(self):
        self.second.answers(Message(usage=CHEAP))
        assert self.ask(self.alice, model="homemade").status == 200

    def tokens_of_an_issuer(self):
        self.upstream.answers(Message(usage=CHEAP))
        assert self.gateway.messages(Key("", self.signing.token(sub="dora"))).status == 200
        assert self.gateway.messages(Key("", self.signing.token(iss=AWAY))).status == 500
        unknown = type(self.signing)(self.signing.kind, f"another-{self.rounds}")
        # From the third round on the issuer fails: as soon as that is known, nobody can say which keys it has.
        assert self.gateway.messages(Key("", unknown.token(sub="dora"))).status in ((401,) if self.rounds <= 2 else (401, 500))

    def client_telemetry(self):
        """What Claude Code sends: deltas as OTLP/JSON."""
        now = time.time_ns()

        def metric(name, unit, *points):
            data = [{"startTimeUnixNano": str(now - 10**9), "timeUnixNano": str(now), "asDouble": value,
                     "attributes": [{"key": key, "value": {"stringValue": text}} for key, text in attributes.items()]}
                    for value, attributes in points]
            return {"name": name, "unit": unit, "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": data}}

        session = {"session.id": self.sessions[0]}
        metrics = [
            metric("claude_code.session.count", "", (1, session)), metric("claude_code.commit.count", "", (2, session)),
            metric("claude_code.pull_request.count", "", (1, session)),
            metric("claude_code.lines_of_code.count", "", (30, {**session, "type": "added"}), (7, {**session, "type": "removed"})),
            metric("claude_code.code_edit_tool.decision", "", (3, {**session, "decision": "accept", "tool_name": "Edit"}),
                   (1, {**session, "decision": "reject", "tool_name": "Edit"})),
            metric("claude_code.active_time.total", "s", (40, {**session, "type": "user"}), (90, {**session, "type": "cli"})),
            metric("claude_code.cost.usage", "USD", (0.05, {**session, "model": PRIMARY}))]
        body = {"resourceMetrics": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "claude-code"}}]},
                                     "scopeMetrics": [{"scope": {"name": "com.anthropic.claude_code"}, "metrics": metrics}]}]}
        answer = self.gateway.messages(self.alice, json.dumps(body).encode(), target="/v1/metrics")
        assert answer.status == 200, answer.body

    def reloads(self):
        """One that is wrong, then one that is right."""
        right = self.gateway.config["budgets"]
        self.gateway.config["budgets"] = [{"id": "wrong"}]
        self.gateway.reload()
        self.gateway.config["budgets"] = right
        self.gateway.reload()

    def collector_troubles(self):
        """The collector is busy for a moment, and refuses something for good."""
        self.sink.faults += [(503, {}), (400, {})]

    def many_users(self):
        """More than `series_limit` has room for."""
        self.upstream.answers(Message(usage=CHEAP))
        for number in range(50):
            assert self.gateway.messages(Key("", self.signing.token(sub=f"user-{number}"))).status == 200
