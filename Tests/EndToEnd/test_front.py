"""The small endpoints: models, health, the page for people."""

import pytest

from rig.gateway import prompt


def test_the_models_are_the_configured_names(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["models"] = [
        {"name": "claude-opus-5-5", "target": "main/claude-opus-5-5"}, {"name": "acme/claude-fast", "target": "main/claude-haiku-5-5"}]
    gateway.start()
    key = gateway.issue()
    listed = gateway.request("GET", "/v1/models?limit=1000", {"authorization": f"Bearer {key.secret}"}).json
    assert [entry["id"] for entry in listed["data"]] == ["claude-opus-5-5", "acme/claude-fast"]
    assert all(entry["type"] == "model" and entry["display_name"] for entry in listed["data"]) and listed["has_more"] is False
    assert listed["first_id"] == "claude-opus-5-5" and listed["last_id"] == "acme/claude-fast"
    one = gateway.request("GET", "/v1/models/acme/claude-fast", {"x-api-key": key.secret})
    assert one.status == 200 and one.json == listed["data"][1]
    missing = gateway.request("GET", "/v1/models/none", {"x-api-key": key.secret})
    assert missing.status == 404 and missing.error[0] == "not_found_error"
    assert upstream.requests == []


def test_a_pattern_lists_models_that_the_client_keeps(gateway, key):
    listed = gateway.request("GET", "/v1/models", {"x-api-key": key.secret}).json["data"]
    assert listed and all("claude" in entry["id"] and "*" not in entry["id"] for entry in listed)
    assert gateway.request("GET", f"/v1/models/{listed[0]['id']}", {"x-api-key": key.secret}).status == 200


def test_the_models_are_not_for_strangers(gateway):
    assert gateway.request("GET", "/v1/models").status == 401


@pytest.mark.parametrize("method, target", [
    ("HEAD", "/api/hello"), ("HEAD", "/"), ("GET", "/"), ("GET", "/healthz"), ("GET", "/readyz"), ("HEAD", "/healthz")])
def test_anyone_may_ask_whether_it_is_there(gateway, method, target):
    with gateway.connect() as connection:
        for _ in range(2):  # the second shows that the first left the connection in order
            connection.request(method, target, {})
            answer = connection.answer(head_only=method == "HEAD")
            assert answer.status == 200 and answer.header("location") is None


def test_the_page_for_people_says_what_this_is(gateway):
    answer = gateway.request("GET", "/")
    assert b"Tollgate" in answer.body


def test_the_mock_answers_like_the_messages_api(make_gateway):
    gateway = make_gateway()
    gateway.config["providers"] = [{"name": "pretend", "kind": "mock"}]
    gateway.config["models"] = [{"name": "claude-*", "target": "pretend/claude-*"}]
    gateway.start()
    key = gateway.issue()
    whole = gateway.messages(key).json
    assert whole["type"] == "message" and whole["role"] == "assistant" and whole["content"][0]["text"]
    assert whole["usage"]["output_tokens"] > 0 and "cache_read_input_tokens" in whole["usage"]
    kinds = [event["type"] for event in gateway.messages(key, prompt(stream=True)).events]
    assert kinds[0] == "message_start" and kinds[-2:] == ["message_delta", "message_stop"]
    rows = gateway.ledger.closed(2)
    assert all(row["cost_nano_usd"] > 0 and not row["estimated"] for row in rows)
