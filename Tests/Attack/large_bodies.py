"""100 clients that send 32 MiB each at once."""

import contextlib
import select
import socket
import threading
import time

from gateway import MODEL
from outcome import Outcome
from process import MIB, Sampler
from rig import Compared, bound

COUNT, SIZE = 100, 32 * MIB
OPENING = b'{"model":"%s","max_tokens":100,"messages":[{"role":"user","content":"' % MODEL.encode()
ROOM = 512 * MIB
# With a session the body is looked through for traces and cache forensics.
SESSION = "x-claude-code-session-id: 33bd2ff1-61af-4d6b-8aaf-4b4a161cb228\r\n"


def body():
    line = b"    if let value = try cache.read(\\\"key\\\") { return value }\\n"
    text = line * (SIZE // len(line) + 1)
    return OPENING + text[:SIZE - len(OPENING) - 4].rstrip(b"\\n") .ljust(SIZE - len(OPENING) - 4) + b'"}]}'


class Pushers:
    """Each client sends its body as fast as it is taken, until it has got a 200; refused ones come again when they were told to."""

    def __init__(self, gateway, count, data):
        self.gateway, self.count, self.data = gateway, count, memoryview(gateway.head(len(data), more=SESSION) + data)
        self.answers, self.done, self.told, self.longest = {}, 0, True, 0.0
        self._poll, self._ended = select.epoll(), threading.Event()
        self._clients, self._later = {}, [(0.0, index) for index in range(count)]
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        for client in self._clients.values():
            client[0].close()

    def wait(self, seconds):
        deadline = time.monotonic() + seconds
        while self.done < self.count and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.done == self.count

    def _run(self):
        while not self._ended.is_set():
            now = time.monotonic()
            for entry in [entry for entry in self._later if entry[0] <= now]:
                self._later.remove(entry)
                self._open(entry[1])
            for number, events in self._poll.poll(0.02):
                if number in self._clients:
                    self._event(number, events)

    def _open(self, index):
        client = socket.socket()
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            client.connect(("127.0.0.1", self.gateway.port))
        self._clients[client.fileno()] = [client, index, 0, b"", time.monotonic()]
        self._poll.register(client.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def _event(self, number, events):
        client = self._clients[number]
        with contextlib.suppress(BlockingIOError):
            try:
                if events & select.EPOLLIN:
                    piece = client[0].recv(65536)
                    client[3] += piece
                    if b"\r\n\r\n" in client[3] or not piece:
                        self._answered(number)
                        return
                if events & select.EPOLLOUT and client[2] < len(self.data):
                    client[2] += client[0].send(self.data[client[2]:client[2] + (256 << 10)])
                    if client[2] == len(self.data):
                        self._poll.modify(number, select.EPOLLIN)
            except ConnectionError:
                self._answered(number)

    def _answered(self, number):
        client, index, _, answer, began = self._clients.pop(number)
        client.close()
        status = int(answer[9:12]) if answer else 0
        self.answers[status] = self.answers.get(status, 0) + 1
        if status == 200:
            self.done += 1
            self.longest = max(self.longest, time.monotonic() - began)
            return
        after = 1.0
        if b"retry-after: " in answer:
            after = float(answer.split(b"retry-after: ")[1].split(b"\r")[0])
        else:
            self.told = False
        self._later.append((time.monotonic() + after, index))


def drill(rig):
    return rig.attempt_twice(lambda: once(rig))


def once(rig):
    outcome = Outcome("large-bodies", f"{COUNT} clients that send a body of 32 MiB each, all at once; a refused one comes again when it was told to")
    data = body()
    with rig.gateway({"limits": {"body_room": ROOM}}) as gateway:
        rig.window(gateway, 1)
        quiet, attacked = [rig.window(gateway) for _ in range(3)], []
        base, began = gateway.figures(), time.monotonic()
        with Sampler(gateway.pid) as sampler:
            with Pushers(gateway, COUNT, data) as pushers:
                while pushers.done < COUNT and time.monotonic() - began < 90:
                    attacked.append(rig.window(gateway, 0.5))
                outcome.require(pushers.wait(1), f"{pushers.done} of {COUNT} were answered with 200 within 90 s: {pushers.answers}")
                took = time.monotonic() - began
            quiet += [rig.window(gateway) for _ in range(2)]
        compared = Compared(quiet, attacked, base, gateway.figures(), sampler.most("rss"), sampler.most("fds"))
        rig.judge(outcome, gateway, compared, bound(base["rss"], connections=COUNT, in_flight=COUNT, bodies=ROOM))
        outcome.require(pushers.told, "a refusal did not say when to come again")
        outcome.measured.update({"answers": dict(sorted(pushers.answers.items())), "all done after": f"{took:.1f} s",
                                 "the longest of those that were taken": f"{pushers.longest:.1f} s"})
    outcome.survived = "all were answered in the end, no more of them at once than there is room for"
    return outcome
