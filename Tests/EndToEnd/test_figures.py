"""Every figure against the ledger, after a bit of everything that can happen to requests."""

import json

import pytest

from elsewhere import PROVIDERS
from rig import answers
from rig.gateway import MODEL, UPSTREAM_KEY, Key, prompt
from rig.replies import Usage, reply
from rig.waiting import eventually
from test_metrics import samples, total
from virtual import NAME

INPUT, READ, WRITE_5M, WRITE_1H = 2000, 100, 2500, 4000  # nano-dollars for a token of MODEL


@pytest.fixture
def mixed(make_gateway, upstream, second, openai_upstream, tmp_path):
    """A gateway that did a bit of everything: streams, whole answers, hang-ups, failures, retries, fallbacks, refusals, a translation; and its key."""
    gateway = make_gateway()
    gateway.config["budgets"] = [{"id": "nothing", "limit_to": "0.000001", "unit": "cost_per_day", "when": {"teams": ["poor"]}}]
    gateway.config["providers"] += [
        {"name": "last", "kind": "anthropic", "base_url": second.url, "api_key": UPSTREAM_KEY},
        {"name": "chat", **PROVIDERS["chat"].setting(openai_upstream, tmp_path)}]
    retry = {"attempts": 2, "delay": "10ms", "on_status_codes": [500]}
    gateway.config["models"] += [
        {"name": "chat!", "target": f"chat/{PROVIDERS['chat'].model}"}, {"name": "homemade", "target": "last/homemade"},
        {"name": NAME, "routing_config": {"type": "priority-based-routing", "load_balance_targets": [
            {"target": f"main/{MODEL}", "priority": 0, "retry_config": retry}, {"target": f"last/{MODEL}", "priority": 1}]}}]
    gateway.start("--loops", "2")
    key, poor = gateway.issue(), gateway.issue(user="pia", team="poor")

    def ask(*script, whose=key, at=upstream, **more):
        at.answers(*script)
        return gateway.messages(whose, prompt(**more), {"x-tollgate-metadata": '{"project": "apollo"}'}).status

    hour = {"input_tokens": 7, "cache_creation_input_tokens": 900, "cache_write_1h": 500, "cache_read_input_tokens": 4000, "output_tokens": 31}
    for stream in (False, True, True):
        assert ask(answers.Message(usage=hour), stream=stream) == 200
    assert ask(answers.error(500, "api_error"), answers.Message(), model=NAME, stream=True) == 200, "tried again"
    for _ in range(2):
        second.answers(answers.Message(text="From elsewhere."))
        assert ask(answers.error(529, "overloaded_error"), model=NAME, stream=True) == 200, "fallen back"
    assert ask(answers.error(529, "overloaded_error")) == 529
    assert ask(answers.error(400, "invalid_request_error")) == 400
    for fail in ("cut", "overloaded_error"):
        ask(answers.Message(usage=hour, fail=fail), stream=True)
    assert ask(answers.Message(), at=second, model="homemade") == 200, "has no price"
    openai_upstream.answers(reply("From a third.", usage=Usage(input=70, cached=30, output=20)))
    assert ask(model="chat!", stream=True) == 200
    assert ask(model="unheard-of") == 404
    assert ask(whose=poor) == 429
    assert gateway.messages(Key("", "nobody")).status == 401
    for wait, text in ((60, "word"), (0, "word " * 4_000)):
        gate = upstream.gate()
        upstream.answers(answers.Message(text=text, wait=wait, gate=None if wait else gate, gate_after=20, pace=0.001))
        number = len(upstream.calls)
        with gateway.connect() as connection:
            fields = {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}
            connection.request("POST", "/v1/messages", fields, json.dumps(prompt(stream=True)).encode())
            upstream.wait_for(number + 1)
            if not wait:
                next(connection.pieces(connection.head()))
                gate.wait()
        gate.open()
        assert upstream.wait_until_over(upstream.calls[number], 5) == "abandoned"
    gateway.ledger.settle()
    return gateway


def test_every_figure_is_the_ledgers(mixed):
    """Sums to the nano-dollar and the token, and as many values in each histogram as there are rows."""
    requests, attempts = mixed.ledger.requests, mixed.ledger.attempts
    found = eventually(lambda: (s := samples(mixed)) and total(s, "tollgate_ledger_rows_total") == len(requests) and s, "all rows are told")
    assert len(requests) == 14 and len(attempts) == 17 and {row["outcome"] for row in attempts} >= {"ok", "client_gone", "upstream_error", "cut"}

    def ledger(name, rows=attempts):
        return sum(row[name] for row in rows)

    # Money and tokens of every attempt, whoever counted them
    assert total(found, "tollgate_cost_nano_usd_total") == ledger("cost_nano_usd") == ledger("cost_nano_usd", requests) > 0
    assert total(found, "tollgate_cost_nano_usd_total", tollgate_project="apollo") == ledger(
        "cost_nano_usd", [row for row in requests if row["project"] == "apollo"])
    for kind in ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h"):
        assert total(found, "tollgate_tokens_total", tollgate_token_class=kind) == ledger(kind + "_tokens") == ledger(kind + "_tokens", requests) > 0, kind
    for provider, model in {(row["provider"], row["model"]) for row in attempts}:
        own = [row for row in attempts if (row["provider"], row["model"]) == (provider, model)]
        labels = {"tollgate_provider": provider, "gen_ai_request_model": model}
        assert total(found, "tollgate_cost_nano_usd_total", **labels) == ledger("cost_nano_usd", own), labels
        for outcome in {row["outcome"] for row in own}:
            told = [row for row in own if row["outcome"] == outcome]
            assert total(found, "tollgate_attempts_total", tollgate_outcome=outcome, **labels) == len(told), (outcome, labels)
    # Requests
    assert total(found, "tollgate_attempts_total") == len(attempts)
    for status in {row["status"] for row in requests}:
        of_rows = [row for row in requests if row["status"] == status]
        status = status or 499  # the client left before there was one
        assert total(found, "tollgate_requests_total", http_route="/v1/messages", http_response_status_code=str(status), user_id="alice") == len(of_rows), status
    for status in (401, 404, 429):
        labels = {"http_route": "/v1/messages", "http_response_status_code": str(status)}
        assert total(found, "tollgate_requests_total", **labels) == total(found, "http_server_request_duration_seconds_count", **labels) == 1
    everything = total(found, "tollgate_requests_total", http_route="/v1/messages")
    assert everything == len(requests) + 3 == total(found, "http_server_request_duration_seconds_count", http_route="/v1/messages")
    assert total(found, "tollgate_overhead_duration_seconds_count") == len(requests)
    assert total(found, "gen_ai_server_request_duration_seconds_count") == len(requests) + 1, "those with a model, the refused one too"
    assert total(found, "tollgate_route_retries_total") == 1 and total(found, "tollgate_route_fallbacks_total") == 2
    assert total(found, "tollgate_unpriced_requests_total") == sum(row["unpriced"] for row in requests) == 1
    assert total(found, "tollgate_refusals_total") == 3, "not those whose client left"
    # Both generations of the GenAI set: what providers reported
    for generation in ("operation", "inference"):
        assert total(found, f"gen_ai_client_{generation}_duration_seconds_count") == len(attempts)
        streamed = {row["id"] for row in requests if row["streamed"]}
        begun = [row for row in attempts if row["request_id"] in streamed and row["ttfb_ns"] is not None]
        assert total(found, f"gen_ai_client_{generation}_time_to_first_chunk_seconds_count") == len(begun)
    assert total(found, "http_client_request_duration_seconds_count") == len(attempts)
    reported = [row for row in attempts if row["output_tokens"]]
    entire = sum(ledger(name, reported) for name in ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"))
    assert len(reported) < len([row for row in attempts if row["cost_nano_usd"] or row["input_tokens"]]), "one was estimated as a whole"
    assert total(found, "gen_ai_client_inference_usage_input_tokens_total") == entire
    assert total(found, "gen_ai_client_inference_usage_output_tokens_total") == ledger("output_tokens", reported)
    assert total(found, "gen_ai_client_inference_usage_cache_read_input_tokens_total") == ledger("cache_read_tokens")
    assert total(found, "gen_ai_client_inference_usage_cache_write_input_tokens_total") == ledger("cache_write_5m_tokens") + ledger("cache_write_1h_tokens")
    for kind, wanted in (("input", entire), ("output", ledger("output_tokens", reported))):
        assert total(found, "gen_ai_client_token_usage_sum", gen_ai_token_type=kind) == wanted
        assert total(found, "gen_ai_client_token_usage_count", gen_ai_token_type=kind) == len(reported)
        assert total(found, f"gen_ai_client_inference_operation_{kind}_tokens_sum") == wanted
    failed = [row for row in attempts if row["error_type"]]
    assert total(found, "gen_ai_client_inference_operation_input_tokens_count") == len(reported) + len([row for row in failed if row not in reported])
    # What the cache was worth
    claude = [row for row in attempts if row["model"] == MODEL]
    assert total(found, "tollgate_cache_saved_nano_usd_total") == sum(row["cache_read_tokens"] * (INPUT - READ) for row in claude) + 30 * (2000 - 500)
    assert total(found, "tollgate_cache_surcharge_nano_usd_total") == sum(
        row["cache_write_5m_tokens"] * (WRITE_5M - INPUT) + row["cache_write_1h_tokens"] * (WRITE_1H - INPUT) for row in claude)
