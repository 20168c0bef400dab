"""What a proxy makes of raw answers: what its client gets, and whether the connection upstream is used again."""

import concurrent.futures
import re

import h11

from rig import corpus
from rig.lenient import Lenient, echo
from rig.wire import Closed, Connection

NUMBER = re.compile(rb"case=(\d+)")
MOMENT, PATIENCE = 0.25, 5  # how long after its answer a connection may still be closed: where that is not expected, and where it is


class Scripted(Lenient):
    """Answers `?case=N` with the bytes of case N."""

    def __init__(self, cases):
        super().__init__(self._answer)
        self._scripts = [(expanded(case), case.text.endswith("<end>")) for case in cases]
        self.served = {}  # by the number of the case: its connection, and how many that had had

    def _answer(self, line):
        count = 0
        while (seen := line.request()) is not None:
            count += 1
            if not (found := NUMBER.search(seen.target)):
                line.send(echo(b"probe"))
                continue
            data, ends = self._scripts[int(found[1])]
            self.served[int(found[1])] = (line, lambda mark=count: count == mark)
            line.send(data)
            if ends:
                line.ended.set()
                return


def expanded(case):
    return corpus.expand(case.text.removesuffix("<end>"), "")


class ProxyObserver:
    """Asks a proxy at an address for the cases of a scripted upstream."""

    def __init__(self, address, upstream, key):
        self.address, self.upstream, self.key = address, upstream, key

    def all(self, cases, expected):
        """The verdict on each case, several at a time. `expected` says for which connections it is worth to wait."""
        self._patience = [PATIENCE if "closed" in expected.get(case.id, ()) else MOMENT for case in cases]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return dict(zip([case.id for case in cases], pool.map(self._verdict, range(len(cases)))))

    def _verdict(self, number):
        for _ in range(5):
            verdict = self._attempt(number)
            if number in self.upstream.served:
                break  # else it met a kept connection in the moment of its end
        return [verdict, self._fate(number)]

    def _attempt(self, number):
        with Connection(self.address, timeout=5) as connection:
            connection.request("POST", f"/v1/messages?case={number}", {"x-api-key": self.key}, corpus.BODY.encode())
            try:
                answer = connection.answer()
            except (Closed, ConnectionError):
                return "nothing"
            except TimeoutError:
                return "silence"
        if answer.header("x-from") != "upstream":
            return "refused"
        return f"{answer.status} {len(answer.body)}" + ("" if answer.complete else " cut")

    def _fate(self, number):
        line, is_last = self.upstream.served[number]
        return "closed" if line.ended.wait(self._patience[number]) and is_last() else "kept"


class H11Client:
    """Python's h11, as a client; what ends the connection for it, ends it."""

    def all(self, cases):
        return {case.id: self._verdict(expanded(case), case.text.endswith("<end>")) for case in cases}

    def _verdict(self, data, ends):
        connection = h11.Connection(h11.CLIENT)
        connection.send(h11.Request(method="POST", target="/", headers=[("host", "a"), ("content-length", "0")]))
        connection.send(h11.EndOfMessage())
        connection.receive_data(data)
        status, length = None, 0
        while True:
            try:
                event = connection.next_event()
                if event is h11.NEED_DATA:
                    connection.receive_data(b"")
                    continue
            except h11.RemoteProtocolError:
                return [f"{status} {length} cut" if status and length else "refused", "closed"]
            match event:
                case h11.Response():
                    status = event.status_code
                case h11.Data():
                    length += len(event.data)
                case h11.EndOfMessage():
                    kept = connection.our_state is h11.DONE and connection.their_state is h11.DONE and not ends
                    return [f"{status} {length}", "kept" if kept else "closed"]
                case h11.InformationalResponse():
                    continue
                case _:
                    return ["refused", "closed"]
