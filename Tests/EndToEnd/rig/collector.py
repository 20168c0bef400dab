"""rotel, an OpenTelemetry collector by other authors: it decodes what the gateway exports and encodes it anew for our sink."""

import pathlib
import socket
import subprocess
import sysconfig

from rig.ports import free_port
from rig.waiting import eventually


class Collector:
    """A context manager: the collector listens on `url` and forwards to the sink."""

    def __init__(self, folder, sink_url):
        self._folder, self._port = folder, free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        grpc_port = free_port()
        self.grpc_url = f"http://127.0.0.1:{grpc_port}"
        agent = pathlib.Path(sysconfig.get_paths()["purelib"]) / "rotel" / "rotel-agent"
        self._command = [
            agent, "start",
            "--otlp-http-endpoint", f"127.0.0.1:{self._port}", "--otlp-grpc-endpoint", f"127.0.0.1:{grpc_port}",
            "--pid-file", folder / "rotel.pid", "--log-file", folder / "rotel.log",
            "--exporter", "otlp", "--otlp-exporter-protocol", "http", "--otlp-exporter-endpoint", sink_url,
            "--batch-timeout", "100ms",
        ]

    def __enter__(self):
        output = open(self._folder / "rotel.out", "w")
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        eventually(self._listens, "the collector listens", 20)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(20)

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0
