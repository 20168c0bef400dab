"""Ports that are taken later, or again."""

import random
import socket

# Below those that the kernel gives to connections that go out (net.ipv4.ip_local_port_range): none of them takes the port meanwhile.
_PORTS = range(20000, 32768)


def free_port():
    while True:
        with socket.socket() as probe:
            try:
                port = random.SystemRandom().choice(_PORTS)
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
