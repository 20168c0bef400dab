"""The kinds of providers that tests run over: how each is set up, and what stands in for it."""

import dataclasses
import json

from rig.bedrock_upstream import BedrockUpstream
from rig.gemini_upstream import GeminiUpstream, VertexUpstream
from rig.openai_upstream import OpenAIUpstream


@dataclasses.dataclass
class Provider:
    """How a kind is set up; `prices` are nano-dollars for a token of input, of input from the cache, and of output."""

    make: object
    setting: object
    model: str
    prices: tuple | None
    thinks: bool = True
    counts: bool = True


def openai(profile, prefix="/v1", **more):
    def make():
        return OpenAIUpstream(profile=profile, models=["gpt-5.5", "gpt-4.1", "grok-4.7", "local"])

    def setting(upstream, folder):
        return {"base_url": upstream.url + prefix, "api_key": upstream.key, **more}

    return make, setting


def gemini(upstream, folder):
    return {"kind": "gemini", "base_url": upstream.url, "api_key": upstream.key}


def vertex(upstream, folder):
    file = folder / "account.json"
    file.write_text(json.dumps(upstream.account))
    return {"kind": "vertex", "base_url": upstream.url, "region": upstream.location, "project": upstream.project,
            "service_account": str(file)}


def bedrock(upstream, folder):
    keys = {"access_key_id": upstream.access_key, "secret_access_key": upstream.secret_key}
    if upstream.token:
        keys["session_token"] = upstream.token
    return {"kind": "bedrock", "base_url": upstream.url, "region": upstream.region, "aws": keys}


PROVIDERS = {
    "responses": Provider(*openai("openai", kind="openai"), "gpt-5.5", (5000, 500, 30000)),
    "chat": Provider(*openai("openai", kind="openai", dialect="chat-completions"), "gpt-4.1", (2000, 500, 8000), thinks=False,
                     counts=False),
    "azure": Provider(*openai("azure", "/openai/v1", kind="azure"), "gpt-5.5", (5000, 500, 30000)),
    "xai": Provider(*openai("xai", kind="xai"), "grok-4.7", (2000, 500, 6000), counts=False),
    "compatible": Provider(*openai("compatible", kind="openai-compatible"), "local", None, thinks=False, counts=False),
    "gemini": Provider(GeminiUpstream, gemini, "gemini-3.8-flash", (750, 75, 3750)),
    "vertex-gemini": Provider(VertexUpstream, vertex, "gemini-3.8-flash", (750, 75, 3750)),
    "vertex-claude": Provider(VertexUpstream, vertex, "claude-opus-5-5", (4400, 220, 22000)),
    "bedrock-claude": Provider(BedrockUpstream, bedrock, "us.anthropic.claude-opus-5-5", (4400, 220, 22000)),
    "bedrock-converse": Provider(BedrockUpstream, bedrock, "amazon.nova-pro-v1:0", None),
}
