"""What a server makes of raw bytes: which requests it understands, which it refuses, and whether it goes on listening."""

import concurrent.futures
import json
import pathlib
import shutil
import socket
import subprocess

import h11

from rig import messages
from rig.answers import Whole
from rig.corpus import expand
from rig.gateway import MODEL
from rig.upstream import Upstream
from rig.ports import free_port
from rig.waiting import eventually
from rig.wire import Closed, Connection

PROBE = "POST /v1/messages?probe HTTP/1.1\\r\\n<auth><len>\\r\\n<json>"
ENDS = ("kept", "closed", "waits")


class Witness(Upstream):
    """Answers everything with a message and tells in `x-seen` which of its requests that answers."""

    def standard_headers(self, request):
        return {"x-seen": str(request.number)}

    def _choose(self, request):
        return Whole(json.dumps(messages.message(1, MODEL, [], messages.USAGE)).encode())

    def seen(self, number):
        return shown(next(r for r in self.requests if r.number == number))


def shown(request):
    """A request as verdicts have it."""
    return told(request.method, request.target, len(request.body))


def told(method, target, length):
    def short(text):
        return text if len(text) <= 60 else f"{text[:20]}…({len(text)})"
    return f"{short(method)} {short(target)} {length}"


class Nginx:
    """Debian's nginx as a plain proxy before an upstream."""

    CONF = """daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream witness {{ server 127.0.0.1:{upstream}; keepalive 16; }}
    proxy_read_timeout 1s;
    server {{
        listen 127.0.0.1:{port};
        client_max_body_size 32m;
        location / {{ proxy_pass http://witness; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}
}}
"""

    def __init__(self, folder, upstream):
        self.folder, self._upstream = folder, upstream

    @staticmethod
    def binary():
        """The one of Debian 12, which the table is about; None where it is not."""
        found = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
        version = subprocess.run([found, "-v"], capture_output=True, text=True).stderr if found else ""
        return found if "nginx/1.22." in version else None

    def start(self):
        port = free_port()
        self.address = ("127.0.0.1", port)
        file = pathlib.Path(self.folder) / "nginx.conf"
        file.write_text(self.CONF.format(folder=self.folder, port=port, upstream=self._upstream.port))
        self._process = subprocess.Popen([self.binary(), "-c", file, "-e", self.folder / "error.log"], stderr=subprocess.DEVNULL)
        eventually(self._listens, "nginx listens")
        return self

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(self.address) == 0

    def stop(self):
        self._process.terminate()
        self._process.wait(10)


class Observer:
    """Sends cases to a server at an address in front of a witness."""

    def __init__(self, address, witness, key, patience=10.0, quiet=0.3):
        self.address, self.witness, self.key, self.patience, self.quiet = address, witness, key, patience, quiet

    def all(self, cases, expected=None):
        """The verdict on each case, many at a time. `expected` says for how many answers it is worth to wait."""
        expected = expected or {}
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            found = pool.map(lambda case: self.verdict(case, expected.get(case.id)), cases)
            return dict(zip([case.id for case in cases], found))

    def verdict(self, case, expected=None):
        data = case.bytes(self.key)
        answers = len([step for step in expected if step not in ENDS]) if expected else None
        with Connection(self.address, timeout=self.patience) as connection:
            try:
                connection.send(data)
            except OSError:
                pass  # refused before all of it was sent: what was answered can still be read
            return self._watch(connection, answers, data.startswith(b"HEAD"))

    def _watch(self, connection, answers, is_head):
        steps = []
        while answers is None or len(steps) < answers:
            connection.timeout(self.quiet if answers is None else self.patience)
            try:
                steps.append(self._step(connection, is_head and not steps))
            except TimeoutError:
                break
            except (Closed, ConnectionError):
                return steps + ["closed"]
        return steps + self._end(connection)

    def _step(self, connection, head_only):
        answer = connection.answer(head_only=head_only)
        number = answer.header("x-seen")
        return self.witness.seen(int(number)) if number else str(answer.status)

    def _end(self, connection):
        """More answers that should not be there, and then: closed; or else a well-formed request shows whether it listens."""
        connection.timeout(self.quiet)
        more = []
        try:
            while True:
                more.append(self._step(connection, False))
        except TimeoutError:
            pass
        except (Closed, ConnectionError):
            return more + ["closed"]
        try:
            connection.send(expand(PROBE, self.key))
            return more + ["kept" if "?probe " in self._step(connection, False) else "waits"]
        except (TimeoutError, OSError, Closed):
            return more + ["waits"]


class H11:
    """Python's h11, as a server that answers everything with an empty 200."""

    def __init__(self, key):
        self.key = key

    def all(self, cases):
        return {case.id: self.verdict(case.bytes(self.key)) for case in cases}

    def verdict(self, data):
        connection, steps = h11.Connection(h11.SERVER), []
        connection.receive_data(data)
        method = target = None
        length = 0
        while True:
            try:
                event = connection.next_event()
            except h11.RemoteProtocolError as error:
                return steps + [str(error.error_status_hint), "closed"]
            match event:
                case h11.Request():
                    method, target, length = event.method.decode("latin-1"), event.target.decode("latin-1"), 0
                case h11.Data():
                    length += len(event.data)
                case h11.EndOfMessage():
                    steps.append(told(method, target, length))
                    connection.send(h11.Response(status_code=404, headers=[("content-length", "0")]))
                    connection.send(h11.EndOfMessage())
                    if connection.our_state is h11.MUST_CLOSE:
                        return steps + ["closed"]
                    connection.start_next_cycle()
                case _:
                    idle = connection.their_state is h11.IDLE and not connection.trailing_data[0]
                    return steps + ["kept" if idle else "waits"]
