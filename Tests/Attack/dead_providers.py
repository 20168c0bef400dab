"""1,000 clients whose providers refuse, are silent in the handshake, silent behind the request, cut, or have no name."""

import contextlib
import json
import socket
import threading

from gateway import MODEL
from herd import Herd
from outcome import Outcome
from process import MIB

COUNT = 1000
A_REQUEST = 64 << 10  # RSS, bytes: a request that waits, and its connections on both sides
PATIENCE = {"connect": "2s", "first_byte": "2s"}


class Silent:
    """Takes connections and says nothing; `cut` closes them when something has come."""

    def __init__(self, cut=False):
        self._cut, self._open = cut, []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._cut:
                with contextlib.suppress(OSError):
                    connection.recv(1)
                connection.close()
            else:
                self._open = [*self._open[-2 * COUNT:], connection]

    def close(self):
        self._listener.close()
        for connection in self._open:
            connection.close()


def drill(rig):
    return rig.attempt_twice(lambda: once(rig))


def once(rig):
    outcome = Outcome("dead-providers", f"{COUNT} clients, each asking anew every 3 s for a model whose provider refuses connections, is silent in "
                      "the TLS handshake, is silent when it has the request, closes, or has a name that does not resolve")
    silent, cutting = Silent(), Silent(cut=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        places = {"refusing": f"http://127.0.0.1:{taken.getsockname()[1]}", "handshake": f"https://127.0.0.1:{silent.port}",
                  "silent": f"http://127.0.0.1:{silent.port}", "cutting": f"http://127.0.0.1:{cutting.port}",
                  "nameless": "http://no-such-host.invalid:80"}
        try:
            with rig.gateway(rig.providers(places, timeouts=PATIENCE)) as gateway:
                attack(rig, gateway, outcome, list(places))
        finally:
            silent.close()
            cutting.close()
    outcome.survived = "all were told (529), and requests to a provider that is well went on meanwhile"
    return outcome


def attack(rig, gateway, outcome, names):
    requests = []
    for name in names:
        body = json.dumps({"model": f"{name}/{MODEL}", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}).encode()
        requests.append(gateway.head(len(body)) + body)
    answers = {}

    @contextlib.contextmanager
    def herd():
        ask = lambda index: requests[index % len(requests)]
        with Herd(gateway.port, COUNT, ask, ask, every=3.0, at_once=50) as made:
            yield
        for status, count in made.answers.items():
            answers[status] = answers.get(status, 0) + count

    compared = rig.compare(gateway, herd, seconds=5)
    rig.judge(outcome, gateway, compared, compared.base["rss"] + 16 * MIB + COUNT * A_REQUEST)
    outcome.measured["answers"] = ", ".join(f"{count} of {status}" for status, count in sorted(answers.items()))
    outcome.require(set(answers) == {529} and answers[529] > COUNT, f"answers: {answers}")
