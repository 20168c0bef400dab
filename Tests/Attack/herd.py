"""Many connections held by one thread."""

import contextlib
import select
import socket
import threading
import time


class Herd:
    """`count` connections to a port. `begin(index)` gives what each sends first; `drip(index)` what it sends every `every`
    seconds after that, spread over the time; `sip` makes it read one byte then, and nothing else. Answers are counted and thrown
    away; what the other side closes is opened anew where `anew` says so."""

    def __init__(self, port, count, begin=None, drip=None, sip=False, every=1.0, anew=True, at_once=200):
        self.port, self.count, self.begin, self.drip, self.sip, self.every = port, count, begin, drip, sip, every
        self.anew, self.at_once = anew, at_once
        self.opened = self.closed = self.refused = 0
        self.answers = {}  # how often which status came
        self._sockets, self._due = {}, []
        self._ended = threading.Event()
        self._poll = select.epoll()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        deadline = time.monotonic() + 20
        while self.opened < self.count and time.monotonic() < deadline:
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        for held in self._sockets.values():
            held[0].close()
        self._poll.close()

    def _open(self, index):
        held = socket.socket()
        if self.sip:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        held.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            held.connect(("127.0.0.1", self.port))
        self._sockets[held.fileno()] = (held, index)
        self._poll.register(held.fileno(), select.EPOLLOUT | select.EPOLLERR)

    def _close(self, number):
        held, index = self._sockets.pop(number)
        held.close()
        self.closed += 1
        if self.anew:
            self._waiting.append(index)

    def _run(self):
        self._waiting = list(range(self.count))[::-1]
        turn = time.monotonic()
        position = 0
        while not self._ended.is_set():
            for _ in range(min(self.at_once, len(self._waiting))):
                self._open(self._waiting.pop())
            for number, events in self._poll.poll(0.02, 512):
                if number in self._sockets:
                    self._event(number, events)
            if self._waiting:
                turn = time.monotonic()  # they do not drip in step
            elif (self.drip or self.sip) and self._sockets:
                # As many as the time since the last turn is of `every`.
                share = min(1.0, (time.monotonic() - turn) / self.every)
                numbers = list(self._sockets)
                count = int(share * len(numbers))
                if count:
                    turn = time.monotonic()
                    for step in range(count):
                        self._drip(numbers[(position + step) % len(numbers)])
                    position += count

    def _event(self, number, events):
        held, index = self._sockets[number]
        if events & select.EPOLLOUT:
            if held.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self.refused += 1
                self._close(number)
                return
            self.opened += 1
            self._poll.modify(number, 0 if self.sip else select.EPOLLIN)
            first = self.begin(index) if self.begin else b""
            if first:
                self._send(number, first)
        elif events:
            self._read(number)

    def _send(self, number, data):
        try:
            self._sockets[number][0].send(data)
        except BlockingIOError:
            pass
        except OSError:
            self._close(number)

    def _drip(self, number):
        if self.sip and number in self._sockets:
            self._read(number, 1)
        if not self.drip:
            return
        data = self.drip(self._sockets[number][1]) if number in self._sockets else b""
        if data:
            self._send(number, data)

    def _read(self, number, most=65536):
        try:
            data = self._sockets[number][0].recv(most)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close(number)
        elif data.startswith(b"HTTP/1.1 "):
            self.answers[int(data[9:12])] = self.answers.get(int(data[9:12]), 0) + 1
