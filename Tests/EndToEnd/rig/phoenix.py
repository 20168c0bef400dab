"""A real Arize Phoenix, from a virtual environment of its own that PHOENIX names; it is too large for the tests' own."""

import json
import os
import pathlib
import subprocess
import urllib.request

from rig.ports import free_port
from rig.waiting import eventually


def executable():
    """`bin/phoenix` of the environment, or None."""
    named = os.environ.get("PHOENIX")
    found = named and pathlib.Path(named) / "bin" / "phoenix"
    return found if found and found.exists() else None


class Phoenix:
    """A context manager: it listens on `url`, and takes traces by OTLP/HTTP at `url`/v1/traces."""

    def __init__(self, folder):
        self._folder, port = folder, free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {
            "PATH": os.environ["PATH"], "HOME": str(folder), "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": str(port),
            "PHOENIX_GRPC_PORT": str(free_port()), "PHOENIX_WORKING_DIR": str(folder), "PHOENIX_TELEMETRY_ENABLED": "false"}

    def __enter__(self):
        self._output = open(self._folder / "phoenix.log", "w")
        self._process = subprocess.Popen([executable(), "serve"], env=self._environment, cwd=self._folder, stdin=subprocess.DEVNULL,
                                         stdout=self._output, stderr=self._output)
        eventually(self._is_up, "Phoenix is up", 150)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(30)
        self._output.close()

    def _is_up(self):
        assert self._process.poll() is None, (self._folder / "phoenix.log").read_text()[-2000:]
        try:
            return self.ask("{projects{edges{node{name}}}}")
        except OSError:
            return None

    def ask(self, query):
        """The data of a GraphQL query."""
        request = urllib.request.Request(f"{self.url}/graphql", json.dumps({"query": query}).encode(), {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        return found["data"]

    def project(self, name="default"):
        """Tokens, cost and sessions of a project."""
        found = self.ask("{projects{edges{node{name traceCount tokenCountTotal tokenCountPrompt tokenCountCompletion "
                         "costSummary{total{cost tokens} prompt{cost tokens} completion{cost tokens}} sessions(first:50){edges{node{sessionId tokenUsage{prompt completion} numTraces}}}}}}}")
        return next((edge["node"] for edge in found["projects"]["edges"] if edge["node"]["name"] == name), None)

    def spans(self, name="default"):
        with urllib.request.urlopen(f"{self.url}/v1/projects/{name}/spans?limit=1000", timeout=10) as answer:
            return json.load(answer)["data"]
