"""What is refused when there is too much of it, and that it is served when there is not."""

import json
import socket
import threading

from rig.gateway import prompt
from rig.waiting import eventually

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
