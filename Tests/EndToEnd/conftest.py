"""The fixtures: an upstream, a telemetry sink and a gateway for each test, each with its own ports and folder."""

import pytest

from rig.gateway import Gateway, binary
from rig.otlp import Sink
from rig.strict import checked
from rig.upstream import Upstream
from virtual import two_targets


def pytest_collection_modifyitems(items):
    """Start those with the real client first: they take longest, and nobody should wait for them at the end."""
    items.sort(key=lambda item: not item.get_closest_marker("client"))


@pytest.fixture
def upstream():
    server = Upstream().start()
    yield server
    server.stop()


@pytest.fixture
def sink():
    receiver = Sink().start()
    yield receiver
    receiver.stop()


@pytest.fixture
def make_gateway(tmp_path, upstream, sink):
    """Makes gateways that are not started yet; all are stopped after the test and must have lived until then."""
    assert binary(), "build tollgate first (`make build`), or name it in TOLLGATE_BINARY"
    made = []

    def make(url=None):
        folder = tmp_path / f"gateway-{len(made)}"
        folder.mkdir()
        made.append(Gateway(folder, url or upstream.url, sink.url))
        return made[-1]

    yield make
    for gateway in made:
        if gateway.process:
            assert gateway.stop() == gateway.expect_exit, gateway.noise
            assert not gateway.noise, gateway.noise


@pytest.fixture
def gateway(make_gateway):
    return make_gateway().start("--loops", "2")


@pytest.fixture
def key(gateway):
    return gateway.issue()


@pytest.fixture
def second():
    """Another upstream like the first."""
    server = Upstream().start()
    yield server
    server.stop()


@pytest.fixture
def make(make_gateway, upstream, second):
    """Starts a gateway with a virtual model of two targets: see `two_targets`."""
    return lambda *strategy, **more: two_targets(make_gateway(), upstream, second, *strategy, **more)


@pytest.fixture
def openai_upstream():
    from rig.openai_upstream import OpenAIUpstream  # the SDKs take their time to load, so only those who need them do
    yield from checked(OpenAIUpstream())


@pytest.fixture
def gemini_upstream():
    from rig.gemini_upstream import GeminiUpstream
    yield from checked(GeminiUpstream())


@pytest.fixture
def vertex_upstream():
    from rig.gemini_upstream import VertexUpstream
    yield from checked(VertexUpstream())


@pytest.fixture
def bedrock_upstream():
    from rig.bedrock_upstream import BedrockUpstream
    yield from checked(BedrockUpstream())
