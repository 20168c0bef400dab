"""What is refused when there is too much of it, and that it is served when there is not."""

import contextlib
import json
import os
import signal
import socket
import threading

from rig.answers import Message
from rig.gateway import prompt
from rig.waiting import eventually
from rig.wire import Closed

LARGE = json.dumps(prompt("x" * (2 << 20))).encode()


def begin(gateway, key, length):
    """A request whose body does not end."""
    client = socket.create_connection(gateway.address, 10)
    client.sendall(f"POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key.secret}\r\ncontent-length: {length}\r\n\r\n".encode())
    return client


def waiting(gateway):
    answer = gateway.request("GET", "/metrics")
    return sum(float(line.split()[-1]) for line in answer.body.decode().splitlines() if line.startswith("tollgate_body_room_waiting"))


def test_a_body_without_room_is_refused_with_the_time_to_come_again(make_gateway):
    gateway = make_gateway()
    gateway.config["limits"].update({"body_bytes": "4MiB", "body_room": "8MiB", "body_room_timeout": "1s"})
    gateway.start("--loops", "1")
    key = gateway.issue()
    # Six MiB are for large bodies, four of them for the one that waits longest; the first two never end.
    held = [begin(gateway, key, 4 << 20) for _ in range(2)]
    for client in held:
        threading.Thread(target=push, args=(client, (4 << 20) - 100), daemon=True).start()
    eventually(lambda: waiting(gateway) > 0, "a body waits for room", 10)
    answer = gateway.messages(key, LARGE)
    assert answer.status == 529
    assert answer.json["error"]["type"] == "overloaded_error" and "limits.body_room" in answer.json["error"]["message"]
    assert int(answer.header("retry-after")) > 0
    # Small ones have a room of their own.
    assert gateway.messages(key).status == 200
    for client in held:
        client.close()
    eventually(lambda: gateway.messages(key, LARGE).status == 200, "large bodies are taken again", 10)


def push(client, count):
    try:
        client.sendall(b'{"x": "' + b"y" * (count - 7))
    except OSError:
        pass


def test_who_was_connected_is_served_while_others_are_too_many(make_gateway):
    gateway = make_gateway()
    gateway.config["limits"]["connections"] = 3
    gateway.start("--loops", "1")
    key = gateway.issue()
    fields = {"authorization": f"Bearer {key.secret}", "content-type": "application/json"}
    with gateway.connect() as kept:
        kept.request("POST", "/v1/messages", fields, json.dumps(prompt()).encode())
        assert kept.answer().status == 200
        others = [socket.create_connection(gateway.address, 10) for _ in range(20)]
        eventually(lambda: gateway.messages(key).status == 529, "a new connection is refused", 10)
        export = gateway.request("POST", "/v1/logs", fields, b'{"resourceLogs": []}')
        assert export.status == 503 and export.header("retry-after") == "1", "exporters of telemetry know this one, and try again"
        assert gateway.request("GET", "/healthz").status == 200, "it lives: nobody is to start it anew"
        assert b"tollgate_connections_refused_total" in gateway.request("GET", "/metrics").body
        assert gateway.request("GET", "/readyz").status == 529, "and takes nobody else"
        for _ in range(3):
            kept.request("POST", "/v1/messages", fields, json.dumps(prompt()).encode())
            assert kept.answer().status == 200
        for other in others:
            other.close()
    eventually(lambda: gateway.messages(key).status == 200, "new connections are served again", 10)


def test_those_who_only_wait_do_not_make_a_full_gateway_look_dead(make_gateway):
    gateway = make_gateway()
    gateway.config["limits"] |= {"connections": 3, "header_timeout": "10m"}
    gateway.start("--loops", "1")
    others = [socket.create_connection(gateway.address, 10) for _ in range(150)]

    def lives():
        with contextlib.suppress(OSError, Closed):
            return gateway.request("GET", "/healthz").status == 200

    eventually(lives, "there is room for a question again", 10)
    assert gateway.request("GET", "/readyz").status == 529, "the three that came first are still there"
    for other in others:
        other.close()


def test_a_client_that_does_not_read_is_given_up(make_gateway, upstream):
    gateway = make_gateway()
    gateway.config["limits"]["idle_timeout"] = "1s"
    gateway.start("--loops", "1")
    key = gateway.issue()
    upstream.answers(Message(text="word " * 2_000_000), Message())
    body = json.dumps(prompt()).encode()
    with gateway.connect(receive_buffer=4096) as connection:
        connection.send(f"POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key.secret}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        connection.head()
        assert upstream.wait_until_over(upstream.calls[0], 10) == "abandoned", "it lets the upstream go by itself"
    assert gateway.messages(key).status == 200


def test_who_gave_up_before_he_was_accepted_costs_nothing(make_gateway, upstream):
    gateway = make_gateway().start("--loops", "1")
    key = gateway.issue()
    body = json.dumps(prompt("Anybody there?")).encode()
    os.kill(gateway.process.pid, signal.SIGSTOP)
    try:
        for _ in range(20):
            with socket.create_connection(gateway.address, 10) as client:
                client.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %s\r\ncontent-length: %d\r\n\r\n"
                               % (key.secret.encode(), len(body)) + body)
    finally:
        os.kill(gateway.process.pid, signal.SIGCONT)
    assert gateway.messages(key).status == 200
    eventually(lambda: sum(entry.get("refusal") == "client_gone" for entry in gateway.log) == 20, "all are in the log", 10)
    assert len(upstream.calls) == 1, "a provider was asked for nobody"
    assert len(gateway.ledger.closed(1)) == 1
