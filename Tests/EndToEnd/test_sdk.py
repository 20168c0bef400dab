"""The official Python SDK through the gateway."""

import asyncio

import anthropic
import pytest

from expectations import charged_exactly, one_attempt_each
from rig import messages
from rig.answers import Json, Message, error, tool
from rig.gateway import MODEL

ASK = {"model": MODEL, "max_tokens": 50, "messages": [{"role": "user", "content": "Hi"}]}
WEATHER = {"name": "weather", "description": "The weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


@pytest.fixture
def client(gateway, key):
    with anthropic.Anthropic(base_url=gateway.url, auth_token=key.secret, max_retries=0) as client:
        yield client


@pytest.fixture
def asynchronous(gateway, key):
    return lambda: anthropic.AsyncAnthropic(base_url=gateway.url, api_key=key.secret, max_retries=0)


def test_whole(client, gateway, upstream):
    answer = client.messages.create(**ASK)
    assert answer.content[0].text == "Hello from the upstream." and answer.usage.output_tokens == 40
    charged_exactly(one_attempt_each(gateway, upstream, 1)[0], messages.USAGE)


def test_the_id_of_the_request_is_the_row(client, gateway):
    raw = client.messages.with_raw_response.create(**ASK)
    assert [row["id"] for row in gateway.ledger.closed(1)] == [raw.headers["request-id"]]


def test_streamed(client, upstream):
    upstream.answers(Message(text="word " * 100))
    with client.messages.stream(**ASK) as stream:
        text = "".join(stream.text_stream)
        assert text == "word " * 100 and stream.get_final_message().usage.cache_read_input_tokens == 3000


def test_asynchronous(asynchronous, gateway, upstream):
    async def ask():
        async with asynchronous() as client:
            answers = await asyncio.gather(*(client.messages.create(**ASK) for _ in range(20)))
            return [answer.content[0].text for answer in answers]

    assert asyncio.run(ask()) == ["Hello from the upstream."] * 20
    one_attempt_each(gateway, upstream, 20)


def test_asynchronous_and_streamed(asynchronous, upstream):
    async def ask():
        async with asynchronous() as client, client.messages.stream(**ASK) as stream:
            return "".join([piece async for piece in stream.text_stream])

    assert asyncio.run(ask()) == "Hello from the upstream."


@pytest.mark.parametrize("streamed", [False, True])
def test_a_tool_loop(client, gateway, upstream, streamed):
    upstream.answers(Message(text="Looking.", tools=[tool("weather", city="Bern"), tool("weather", city="Ulm")]), Message(text="Sunny."))

    def turn(history):
        asked = {**ASK, "messages": history, "tools": [WEATHER]}
        if not streamed:
            return client.messages.create(**asked)
        with client.messages.stream(**asked) as stream:
            return stream.get_final_message()

    first = turn(ASK["messages"])
    calls = [block for block in first.content if block.type == "tool_use"]
    assert [call.input for call in calls] == [{"city": "Bern"}, {"city": "Ulm"}]
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": "sun"} for call in calls]
    said = [block.model_dump(exclude_none=True) for block in first.content]
    last = turn([*ASK["messages"], {"role": "assistant", "content": said}, {"role": "user", "content": results}])
    assert last.content[0].text == "Sunny."
    one_attempt_each(gateway, upstream, 2)


@pytest.mark.parametrize("status, kind, raised", [
    (400, "invalid_request_error", anthropic.BadRequestError), (401, "authentication_error", anthropic.AuthenticationError),
    (403, "permission_error", anthropic.PermissionDeniedError), (404, "not_found_error", anthropic.NotFoundError),
    (413, "request_too_large", anthropic.APIStatusError), (429, "rate_limit_error", anthropic.RateLimitError),
    (500, "api_error", anthropic.InternalServerError), (529, "overloaded_error", anthropic.APIStatusError)])
def test_errors_of_the_upstream(client, upstream, status, kind, raised):
    upstream.answers(error(status, kind, "Said upstream."))
    with pytest.raises(raised) as caught:
        client.messages.create(**ASK)
    assert caught.value.status_code == status and "Said upstream." in str(caught.value)


def test_an_error_in_the_stream(client, upstream):
    upstream.answers(Message(fail="overloaded_error"))
    with pytest.raises(anthropic.APIStatusError) as caught, client.messages.stream(**ASK) as stream:
        stream.get_final_message()
    assert "overloaded_error" in str(caught.value)


def test_a_cut_in_the_stream_is_an_error_too(client, upstream):
    upstream.answers(Message(fail="reset"))
    with pytest.raises(anthropic.APIError), client.messages.stream(**ASK) as stream:
        stream.get_final_message()


def test_our_own_errors(gateway, key):
    stranger = anthropic.Anthropic(base_url=gateway.url, auth_token="wrong", max_retries=3)
    with pytest.raises(anthropic.AuthenticationError) as caught:
        stranger.messages.create(**ASK)
    assert caught.value.request_id == caught.value.body["request_id"]
    client = anthropic.Anthropic(base_url=gateway.url, auth_token=key.secret, max_retries=3)
    with pytest.raises(anthropic.NotFoundError):
        client.messages.create(**{**ASK, "model": "nobody"})


def test_a_spent_budget_upstream_is_not_asked_twice(gateway, key, upstream):
    upstream.answers(error(429, "billing_error", "Spent.", x_should_retry="false", retry_after="3600"))
    client = anthropic.Anthropic(base_url=gateway.url, auth_token=key.secret, max_retries=5)
    with pytest.raises(anthropic.RateLimitError):
        client.messages.create(**ASK)
    assert len(upstream.calls) == 1


def test_retries_of_the_client_are_requests_of_their_own(gateway, key, upstream):
    upstream.answers(error(529, "overloaded_error", retry_after="0"), error(500, "api_error", retry_after="0"), Message())
    client = anthropic.Anthropic(base_url=gateway.url, auth_token=key.secret, max_retries=4)
    assert client.messages.create(**ASK).content[0].text
    rows = one_attempt_each(gateway, upstream, 3)
    assert sorted(row["status"] for row in rows) == [200, 500, 529]


def test_counting_tokens(client):
    assert client.messages.count_tokens(model=MODEL, messages=ASK["messages"]).input_tokens > 0


def test_listing_models(client):
    models = list(client.models.list())
    assert models and client.models.retrieve(models[0].id).id == models[0].id


def test_a_gzipped_answer(client, gateway, upstream):
    upstream.answers(Message(compressed=True))
    assert client.messages.create(**ASK).content[0].text == "Hello from the upstream."
    with client.messages.stream(**ASK) as stream:
        assert stream.get_final_text() == "Hello from the upstream."
    for row in one_attempt_each(gateway, upstream, 2):
        charged_exactly(row, messages.USAGE)


def test_an_unknown_model_upstream(client, upstream):
    upstream.answers(Json(messages.envelope("not_found_error", "model: claude-none"), 404))
    with pytest.raises(anthropic.NotFoundError, match="claude-none"):
        client.messages.create(**{**ASK, "model": "claude-none"})
