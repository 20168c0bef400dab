"""The real Claude Code through the gateway to providers that do not speak its dialect: it works as if they were Claude."""

import json

import pytest

from elsewhere import PROVIDERS
from expectations import one_attempt_each
from rig.bedrock_upstream import BedrockUpstream
from rig.claude import Claude
from rig.gemini_upstream import VertexUpstream
from rig.openai_upstream import failure
from rig.replies import Call, Thought, Usage, reply
from rig.strict import checked

pytestmark = pytest.mark.client
FREE = "--dangerously-skip-permissions"
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082")
KINDS = ["responses", "chat", "gemini", "bedrock-converse", "bedrock-claude", "vertex-claude", "compatible"]


@pytest.fixture(params=KINDS)
def provider(request):
    return PROVIDERS[request.param]


@pytest.fixture
def other(provider):
    yield from checked(provider.make())


@pytest.fixture
def gateway(make_gateway, other, provider):
    gateway = make_gateway()
    gateway.config["providers"] = [{"name": "up", **provider.setting(other, gateway.folder)}]
    # What a developer's `/model opus` means is the platform team's to say.
    gateway.config["models"] = [{"name": "claude-*", "target": f"up/{provider.model}"}]
    return gateway.start("--loops", "2")


@pytest.fixture
def claude(tmp_path, gateway, key):
    folder = tmp_path / "developer"
    folder.mkdir()
    return Claude(folder, gateway.url, key.secret)


def test_a_plain_answer(claude, gateway, other):
    other.answers(reply("Hello from elsewhere.", usage=Usage(input=1200, cached=3000, output=40)))
    run = claude.run("Say hello.")
    run.said("Hello from elsewhere.")
    (row,) = one_attempt_each(gateway, other, 1)
    assert row["session_id"] == run.session and row["input_tokens"] == 1200 and not row["estimated"]
    assert run.usage("input_tokens", "cache_read_input_tokens", "output_tokens") == {
        "input_tokens": 1200, "cache_read_input_tokens": 3000, "output_tokens": 40}


def test_a_tool_loop(claude, gateway, other):
    file = str(claude.work / "hello.txt")
    other.answers(
        reply("Writing.", Call("Write", {"file_path": file, "content": "hello\n"})),
        reply(Call("Read", {"file_path": file})),
        reply(Call("Bash", {"command": "ls -1", "description": "List files"})),
        reply("The loop is done."))
    claude.run("Do it.", FREE).said("The loop is done.")
    assert (claude.work / "hello.txt").read_text() == "hello\n"
    one_attempt_each(gateway, other, 4)


def test_parallel_tools(claude, other):
    calls = [Call("Bash", {"command": f"echo {n} > part-{n}.txt", "description": f"Part {n}"}) for n in (1, 2, 3)]
    other.answers(reply(*calls, interleaved=True), reply("All parts are there."))
    claude.run("Do it.", FREE).said("All parts are there.")
    assert sorted(path.name for path in claude.work.glob("part-*")) == ["part-1.txt", "part-2.txt", "part-3.txt"]


def test_thinking_between_tools(claude, other, provider):
    if not provider.thinks:
        pytest.skip("has no state of thinking")
    other.answers(
        reply(Thought("I have to look."), Call("Bash", {"command": "ls", "description": "List"})),
        reply(Thought("Now I know."), Call("Bash", {"command": "pwd", "description": "Where"})), reply("Thought through."))
    claude.run("Think and do it.", FREE).said("Thought through.")


def test_an_image(claude, other):
    image = claude.work / "dot.png"
    image.write_bytes(DOT)
    other.answers(reply(Call("Read", {"file_path": str(image)})), reply("A dot."))
    claude.run("What is in dot.png?", FREE).said("A dot.")
    assert "iVBORw0KGgo" in json.dumps(other.calls[-1].json)


@pytest.mark.parametrize("provider", ["compatible", "gemini"], indirect=True)
def test_an_image_that_the_model_does_not_read_is_taken_out(claude, other, request):
    """Otherwise no request of the conversation would be answered any more."""
    image = claude.work / "dot.png"
    image.write_bytes(DOT)
    no = too_long("gemini", "Unable to process input image.") if request.node.callspec.params["provider"] == "gemini" else failure(
        500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj")
    other.answers(reply(Call("Read", {"file_path": str(image)})), no, reply("I cannot see it."), reply("Still here."))
    first = claude.run("What is in dot.png?", FREE)
    first.said("I cannot see it.")
    claude.run("Go on.", FREE, "--resume", first.session).said("Still here.")
    assert ["iVBORw0KGgo" in json.dumps(call.json) for call in other.calls] == [False, True, False, False]


@pytest.mark.parametrize("provider", ["compatible"], indirect=True)
def test_an_image_stays_through_errors_that_only_speak_of_images(claude, other):
    image = claude.work / "dot.png"
    image.write_bytes(DOT)
    other.answers(
        reply(Call("Read", {"file_path": str(image)})), failure(500, "Worker failed: invalid image reference registry/vllm"), reply("A dot."))
    claude.run("What is in dot.png?", FREE).said("A dot.")
    assert ["iVBORw0KGgo" in json.dumps(call.json) for call in other.calls] == [False, True, True]


def test_a_session_is_resumed(claude, other):
    other.answers(reply("Noted."))
    first = claude.run("Remember the word marmot.")
    second = claude.run("Go on.", "--resume", first.session)
    second.said("Noted.")
    history = json.dumps(other.calls[-1].json)
    assert "marmot" in history and "Noted." in history


def too_long(kind, text="The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."):
    if kind in ("responses", "chat", "compatible"):
        return failure(400, "This model's maximum context length is 128000 tokens. However, your messages resulted in 130123 tokens.",
                       code="context_length_exceeded")
    if kind == "gemini":
        from rig.gemini_answers import failure as google
        return google(400, text=text)
    from rig.bedrock_answers import failure as amazon
    return amazon("ValidationException", "Input is too long for requested model.")


def test_a_prompt_too_long_is_compacted(claude, other, request):
    kind = request.node.callspec.params["provider"]
    if kind == "vertex-claude":
        pytest.skip("Claude's own words, which pass as they are")
    other.answers(reply("Noted."), reply("Noted."))
    first = claude.run("Remember the word marmot. " + "Some words. " * 200)
    other.answers(too_long(kind), reply("<summary>The word is marmot.</summary>"), reply("After the compaction."))
    run = claude.run("Go on.", "--resume", first.session)
    run.said("After the compaction.")


@pytest.mark.parametrize("provider", ["chat"], indirect=True)
def test_an_answer_that_does_not_fit_is_asked_for_shorter(claude, other):
    text = "{} is too large: 16384. This model's maximum context length is 20000 tokens and your request has 5000 input tokens (16384 > 20000 - 5000)."
    other.answers(failure(400, text.format("'max_tokens' or 'max_completion_tokens'")), reply("Shorter."))
    claude.run("Say hello.").said("Shorter.")
    first, second = (call.json for call in other.calls)
    limit = next(name for name in first if name.endswith("_tokens"))
    assert second[limit] < first[limit] and second["messages"] == first["messages"], "nothing was compacted"


# The clouds' own forms


@pytest.fixture
def native(make_gateway, tmp_path, request):
    """A gateway with one provider, and Claude Code set to that provider's own form."""

    def start(kind, upstream, **environment):
        gateway = make_gateway()
        gateway.config["providers"] = [{"name": "up", **PROVIDERS[kind].setting(upstream, gateway.folder)}]
        gateway.config["models"] = [{"name": "claude-*", "target": "up/claude-*"}]
        gateway.start("--loops", "2")
        folder = tmp_path / "native"
        folder.mkdir()
        claude = Claude(folder, gateway.url, gateway.issue().secret)
        claude.environment.update({name: value.format(url=gateway.url) for name, value in environment.items()})
        return gateway, claude

    return start


def test_bedrocks_own_form(native, bedrock_upstream):
    gateway, claude = native(
        "bedrock-claude", bedrock_upstream, CLAUDE_CODE_USE_BEDROCK="1", CLAUDE_CODE_SKIP_BEDROCK_AUTH="1",
        ANTHROPIC_BEDROCK_BASE_URL="{url}/bedrock", AWS_REGION="us-east-1", ANTHROPIC_MODEL="us.anthropic.claude-opus-5-5")
    bedrock_upstream.answers(
        reply(Call("Bash", {"command": "echo hi > made.txt", "description": "Make"})),
        reply("By Bedrock.", usage=Usage(input=700, cached=300, output=20)))
    claude.run("Do it.", FREE).said("By Bedrock.")
    assert (claude.work / "made.txt").exists()
    rows = one_attempt_each(gateway, bedrock_upstream, 2)
    assert rows[-1]["input_tokens"] == 700 and rows[-1]["cost_nano_usd"] == 700 * 4400 + 300 * 220 + 20 * 22000


def test_vertexs_own_form(native, vertex_upstream):
    gateway, claude = native(
        "vertex-claude", vertex_upstream, CLAUDE_CODE_USE_VERTEX="1", CLAUDE_CODE_SKIP_VERTEX_AUTH="1",
        ANTHROPIC_VERTEX_BASE_URL="{url}/vertex_ai/v1", ANTHROPIC_VERTEX_PROJECT_ID="whatever", CLOUD_ML_REGION="us-east5",
        ANTHROPIC_MODEL="claude-opus-5-5")
    vertex_upstream.answers(
        reply(Call("Bash", {"command": "echo hi > made.txt", "description": "Make"})), reply("By Vertex."))
    claude.run("Do it.", FREE).said("By Vertex.")
    assert (claude.work / "made.txt").exists()
    one_attempt_each(gateway, vertex_upstream, 2)


def test_foundrys_own_form(gateway_of_claude, tmp_path, upstream):
    folder = tmp_path / "native"
    folder.mkdir()
    claude = Claude(folder, gateway_of_claude.url, gateway_of_claude.issue().secret)
    claude.environment.update({
        "CLAUDE_CODE_USE_FOUNDRY": "1", "CLAUDE_CODE_SKIP_FOUNDRY_AUTH": "1", "ANTHROPIC_MODEL": "claude-opus-5-5",
        "ANTHROPIC_FOUNDRY_BASE_URL": f"{gateway_of_claude.url}/anthropic"})
    claude.run("Hi.").said("Hello from the upstream.")
    assert upstream.calls[0].path == "/v1/messages" and upstream.calls[0].header("api-key") == "foundry-key"


@pytest.fixture
def gateway_of_claude(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["providers"] = [{"name": "foundry", "kind": "azure", "dialect": "messages", "base_url": upstream.url, "api_key": "foundry-key"}]
    gateway.config["models"] = [{"name": "claude-*", "target": "foundry/claude-*"}]
    return gateway.start()
