"""What providers refuse: the client is told in words that it can act on, and nothing of whose account it was."""

import email.utils
import json
import time

import pytest

from elsewhere import PROVIDERS
from everywhere import CHAT, GEMINI, OPENAI, TRANSLATED, Everywhere, Said, says, sse
from rig import bedrock_answers, gemini_answers, openai_upstream
from rig.answers import Json, Whole
from rig.replies import reply

SECRETS = ("Key sk-proj-abc of org-AcMe12, project proj_abc1, user arn:aws:iam::123456789012:user/gw in account 210987654321, "
           "consumer 'api_key:AIzaSyD4', token ya29.abc")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    found = Everywhere(tmp_path_factory.mktemp("errors"))
    yield found
    found.stop()


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def stream(request):
    return request.param


def failure(kind, status, text, code=None, **headers):
    """An HTTP error as the provider writes it."""
    if kind == "xai" and code is None:
        return Json({"code": "Some error", "error": text}, status, headers)
    if kind in OPENAI:
        return openai_upstream.failure(status, text, code, **headers)
    if kind in GEMINI:
        return gemini_answers.failure(status, code or {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}.get(status, "INVALID_ARGUMENT"), text)
    if kind == "vertex-claude":
        return Json({"type": "error", "error": {"type": code or "invalid_request_error", "message": text}}, status, headers)
    names = {429: "ThrottlingException", 400: "ValidationException", 403: "AccessDeniedException", 404: "ResourceNotFoundException",
             408: "ModelTimeoutException", 424: "ModelErrorException", 500: "InternalServerException", 503: "ServiceUnavailableException"}
    return bedrock_answers.failure(code or names[status], text)


def refused(world, kind, answer, status, error):
    assert answer.status == status and answer.error[0] == error, answer.body
    row = world.failed(kind, answer)
    assert row["cost_nano_usd"] == 0 and not row["estimated"] and row["status"] == status
    return answer.error[1]


@pytest.mark.parametrize("kind", PROVIDERS)
@pytest.mark.parametrize("given, status, error", [
    (400, 400, "invalid_request_error"), (404, 404, "not_found_error"), (429, 429, "rate_limit_error"), (500, 500, "api_error"),
    (503, 529, "overloaded_error")])
def test_statuses(world, kind, given, status, error):
    text = refused(world, kind, world.ask(kind, failure(kind, given, f"Scripted words. {SECRETS}"), stream=True), status, error)
    assert "Scripted words." in text


@pytest.mark.parametrize("status", [401, 402, 403])
@pytest.mark.parametrize("kind", PROVIDERS)
def test_never_a_reason_to_log_in(world, kind, stream, status):
    answer = Json({"error": {"message": SECRETS, "code": "x"}}, status) if status != 403 or "bedrock" not in kind else failure(kind, 403, SECRETS)
    text = refused(world, kind, world.ask(kind, answer, stream=stream), 500, "api_error")
    assert kind in text, "whose credential it was"


@pytest.mark.parametrize("kind", PROVIDERS)
def test_a_key_that_is_always_the_same_is_not_sent_again(world, kind):
    answer = world.ask(kind, Json({"error": {"message": SECRETS, "code": "x"}}, 401))
    refused(world, kind, answer, 500, "api_error")
    fetched = kind.startswith("vertex")
    assert answer.header("x-should-retry") == (None if fetched else "false")


def with_another_key(world, kind):
    other = world.others[kind]
    if kind.startswith("bedrock"):
        verifier, right = other.verifier, other.verifier.credentials
        verifier.credentials = type(right)("AKIAANOTHER", "another", None)
        return lambda: setattr(verifier, "credentials", right)
    right, other.key = other.key, "another-key"
    return lambda: setattr(other, "key", right)


@pytest.mark.parametrize("kind", [kind for kind in PROVIDERS if not kind.startswith("vertex")])
def test_the_wrong_key(world, kind):
    other = world.others[kind]
    assert says(world.ask(kind, reply("Before."))) == "Before."
    restore = with_another_key(world, kind)
    try:
        text = refused(world, kind, world.ask(kind), 500, "api_error")
        assert kind in text and len(other.forget_violations()) == 1
        if PROVIDERS[kind].counts:
            count = world.gateway.messages(world.key, world.body(kind), target="/v1/messages/count_tokens")
            assert count.status == 500 and count.error[0] == "api_error", count.body
            other.forget_violations()
    finally:
        restore()
    assert says(world.ask(kind, reply("After."))) == "After."
    assert not other.violations


@pytest.mark.parametrize("text, code", [
    ("Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z", "InvalidSignatureException"),
    ("The security token included in the request is expired", "ExpiredTokenException"),
    ("The security token included in the request is invalid.", "UnrecognizedClientException")])
@pytest.mark.parametrize("kind", ["bedrock-claude", "bedrock-converse"])
def test_a_clock_or_a_key_that_amazon_does_not_take(world, kind, text, code):
    assert "operator" in refused(world, kind, world.ask(kind, failure(kind, 403, text, code)), 500, "api_error")


# Limits


@pytest.mark.parametrize("headers, seconds", [
    ({"retry_after": "7"}, "7"), ({"retry_after_ms": "6500", "retry_after": "60"}, "7"), ({"retry_after_ms": "9223372036854775807"}, None),
    ({"retry_after": "-1"}, None), ({"retry_after": "soon"}, None), ({"retry_after": "99999999999999999999"}, None), ({}, None)])
@pytest.mark.parametrize("kind", ["responses", "chat", "azure"])
def test_when_to_come_back(world, kind, headers, seconds):
    answer = world.ask(kind, openai_upstream.failure(429, "Slow down.", "rate_limit_exceeded", **headers))
    refused(world, kind, answer, 429, "rate_limit_error")
    if "9223372036854775807" not in str(headers):
        assert answer.header("retry-after") == seconds
    assert answer.header("x-should-retry") != "false"


@pytest.mark.parametrize("headers, seconds", [
    ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, None), ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
    ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-remaining-requests": "0"}, "360"),
    ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-reset-tokens": "1.5s"}, "2"),
    ({"x-ratelimit-reset-requests": "6m0s", "x-ratelimit-reset-tokens": "20ms", "x-ratelimit-remaining-tokens": "0"}, "1"),
    ({"X-RateLimit-Reset-Tokens": "1m"}, "60"), ({"x-ratelimit-reset-tokens": "never"}, None),
    ({"x-ratelimit-reset-tokens": "1m", "retry-after": "7"}, "7")])
@pytest.mark.parametrize("kind", ["responses", "compatible"])
def test_when_the_limits_are_full_again(world, kind, headers, seconds):
    answer = world.ask(kind, Json({"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}}, 429, headers))
    refused(world, kind, answer, 429, "rate_limit_error")
    assert answer.header("retry-after") == seconds


def test_when_to_come_back_as_a_date(world):
    later = email.utils.formatdate(time.time() + 30, usegmt=True)
    answer = world.ask("chat", Json({"error": {"message": "Slow down."}}, 429, {"retry-after": later}))
    refused(world, "chat", answer, 429, "rate_limit_error")
    assert 25 <= int(answer.header("retry-after")) <= 31


@pytest.mark.parametrize("text", ["Too many tokens, please wait before trying again.", "Too many tokens per day, please wait before trying again."])
@pytest.mark.parametrize("kind", ["bedrock-claude", "bedrock-converse"])
def test_amazons_throttling_is_no_matter_of_length(world, kind, stream, text):
    answer = world.ask(kind, failure(kind, 429, text), stream=stream)
    assert refused(world, kind, answer, 429, "rate_limit_error") == text
    assert answer.header("x-should-retry") != "false"


@pytest.mark.parametrize("delay, seconds", [("7s", "7"), ("6.2s", "7"), ("nans", None), ("infs", None), ("1e300s", None), ("-3s", None), ("s", None)])
@pytest.mark.parametrize("kind", GEMINI)
def test_when_to_come_back_to_google(world, kind, delay, seconds):
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}]
    answer = world.ask(kind, gemini_answers.failure(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", details, listed=kind == "vertex-gemini"))
    refused(world, kind, answer, 429, "rate_limit_error")
    assert answer.header("retry-after") == seconds


@pytest.mark.parametrize("kind", OPENAI)
def test_no_credit(world, kind, stream):
    answer = world.ask(kind, openai_upstream.failure(429, "You exceeded your quota.", "insufficient_quota"), stream=stream)
    refused(world, kind, answer, 429, "billing_error")
    assert answer.header("x-should-retry") == "false"


TOO_LONG = {
    "responses": ("context_length_exceeded", "Your input exceeds the context window of this model.", "prompt is too long"),
    "chat": ("context_length_exceeded", "This model's maximum context length is 128000 tokens. However, your messages resulted in 130123 tokens.",
             "prompt is too long: 130123 tokens > 128000 maximum"),
    "xai": (None, "This model's maximum prompt length is 131072 but the request contains 140001 tokens.", "prompt is too long: 140001 tokens > 131072 maximum"),
    "gemini": (None, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
               "prompt is too long: 1200000 tokens > 1048576 maximum"),
    "bedrock-converse": (None, "Input is too long for requested model.", "Input is too long."),
    "vertex-claude": (None, "prompt is too long: 205000 tokens > 200000 maximum", "prompt is too long: 205000 tokens > 200000 maximum"),
}


@pytest.mark.parametrize("kind", TOO_LONG)
def test_a_prompt_that_is_too_long(world, kind):
    code, text, told = TOO_LONG[kind]
    assert refused(world, kind, world.ask(kind, failure(kind, 400, text, code)), 400, "invalid_request_error") == told


def test_an_answer_that_does_not_fit_behind_its_prompt(world, stream):
    text = ("'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is 32768 tokens and your request "
            "has 5000 input tokens (32000 > 32768 - 5000).")
    answer = world.ask("compatible", Json({"error": {"message": text, "type": "BadRequestError", "code": 400}}, 400), stream=stream)
    told = "input length and `max_tokens` exceed context limit: 5000 + 32000 > 32768"
    assert refused(world, "compatible", answer, 400, "invalid_request_error") == told


@pytest.mark.parametrize("kind", CHAT)
def test_reasons_of_fastapi(world, kind):
    detail = [{"type": "missing", "loc": ["body", "messages"], "msg": "Field required"}]
    assert refused(world, kind, world.ask(kind, Json({"detail": detail}, 422)), 400, "invalid_request_error") == "body.messages: Field required"


# Errors within a stream


@pytest.mark.parametrize("code, text, status, error", [
    ("insufficient_quota", "You exceeded your quota.", 429, "billing_error"), ("rate_limit_exceeded", "Slow down.", 429, "rate_limit_error"),
    ("context_length_exceeded", "Your input exceeds the context window of this model.", 400, "invalid_request_error"),
    ("invalid_prompt", "Invalid prompt: it was flagged.", 400, "policy_blocked"), ("content_policy_violation", "No.", 400, "policy_blocked")])
@pytest.mark.parametrize("form", ["flat", "nested", "failed"])
@pytest.mark.parametrize("kind", ["responses", "azure"])
def test_errors_in_the_stream_of_responses(world, kind, stream, form, code, text, status, error):
    inner = {"code": code, "message": text, "param": None}
    event = {"flat": {"type": "error", "sequence_number": 2, **inner}, "nested": {"type": "error", "sequence_number": 2, "error": {"type": "x", **inner}},
             "failed": {"type": "response.failed", "response": {"id": "r", "error": inner}}}[form]
    answer = world.ask(kind, Said(sse({"type": "response.created", "response": {"id": "r"}}), sse(event)), stream=stream)
    assert answer.status == status and answer.error[0] == error, answer.body
    assert (answer.header("x-should-retry") == "false") == (error != "rate_limit_error")
    world.failed(kind, answer)


@pytest.mark.parametrize("code, error", [
    (400, "invalid_request_error"), (401, "api_error"), (404, "not_found_error"), (429, "rate_limit_error"), (503, "overloaded_error")])
@pytest.mark.parametrize("kind", CHAT)
def test_codes_that_are_statuses(world, kind, code, error):
    said = sse({"error": {"message": "Words.", "type": "SomeError", "param": None, "code": code}})
    answer = world.ask(kind, Said(said), stream=True)
    assert answer.status != 200 and answer.error[0] == error, answer.body
    world.failed(kind, answer)


# Content


@pytest.mark.parametrize("kind", ["xai"])
def test_what_the_providers_rules_forbid(world, kind, stream):
    answer = world.ask(kind, failure(kind, 403, "Content violates usage guidelines. Team: x. Failed check: SAFETY_CHECK_TYPE_BIO"), stream=stream)
    refused(world, kind, answer, 400, "policy_blocked")
    assert answer.header("x-should-retry") == "false"


def test_azures_filter(world, stream):
    answer = world.ask("azure", openai_upstream.filtered_by_azure(), stream=stream)
    refused(world, "azure", answer, 400, "policy_blocked")
    assert answer.header("x-should-retry") == "false"


@pytest.mark.parametrize("kind, stop", [
    ("gemini", "blocked"), ("vertex-gemini", "blocked:BLOCKLIST"), ("gemini", "SAFETY"), ("gemini", "RECITATION"), ("vertex-gemini", "SPII"),
    ("bedrock-converse", "blocked"), ("bedrock-converse", "filter"), ("bedrock-claude", "filter"), ("vertex-claude", "filter"),
    ("responses", "filter"), ("chat", "filter"), ("azure", "filter"), ("xai", "filter"), ("compatible", "filter")])
def test_filters_are_refusals(world, kind, stream, stop):
    answer = world.ask(kind, reply("I was going to", stop=stop), stream=stream)
    assert answer.status == 200
    reason = answer.events[-2]["delta"]["stop_reason"] if stream else answer.json["stop_reason"]
    assert reason == "refusal"
    row = world.row(kind, answer)
    assert row["stop_reason"] == "refusal" and row["input_tokens"] == 10


# Pages and counts


@pytest.mark.parametrize("data", [b"", b"\n<html>Account 123456789012 is blocked</html>", b"{", b"\xff\xfe", b'{"error": 7}', b"[]", b"[[[[", b'{"error": {"message": 5}}'])
@pytest.mark.parametrize("kind", PROVIDERS)
def test_errors_that_are_no_json(world, kind, data):
    text = refused(world, kind, world.ask(kind, Whole(data, 502, "text/html")), 500, "api_error")
    assert text and "<html>" not in text


@pytest.mark.parametrize("answer", [Whole(b"", 200), Whole(b"<html>", 200), Json({}), Json({"input_tokens": -1}), Json({"input_tokens": "many"}), Json({"error": {"message": SECRETS}}, 500),
                                    Json({"error": {"message": SECRETS}}, 401)])
@pytest.mark.parametrize("kind", [kind for kind in TRANSLATED if PROVIDERS[kind].counts])
def test_counts_that_fail(world, kind, answer):
    other = world.others[kind]
    world.ask(kind, reply("Warm."))
    path = {"responses": "/v1/responses/input_tokens", "azure": "/openai/v1/responses/input_tokens"}.get(kind)
    if kind in GEMINI or "bedrock" in kind:
        path = other.calls[-1].path.replace(":streamGenerateContent", ":countTokens").replace("/converse-stream", "/count-tokens")
    other.other_paths[path] = answer
    try:
        counted = world.gateway.messages(world.key, world.body(kind), target="/v1/messages/count_tokens")
    finally:
        del other.other_paths[path]
    assert counted.status == 500 and counted.error[0] == "api_error", counted.body
    assert "123456789012" not in json.dumps(counted.json)
    span = world.sink.request_span(counted.header("request-id"))
    assert span.attributes["http.response.status_code"] == 500


@pytest.mark.parametrize("kind", CHAT + ["xai"])
def test_who_does_not_count_says_so(world, kind):
    counted = world.gateway.messages(world.key, world.body(kind), target="/v1/messages/count_tokens")
    assert counted.status == 404 and counted.error[0] == "not_found_error"
