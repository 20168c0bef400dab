"""TLS servers that do not do as they should: certificates of every bad kind, and handshakes and endings that go wrong."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import struct
import subprocess
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rig.ports import free_port

DAY = datetime.timedelta(days=1)


class Mint:
    """An authority that signs what it is told to."""

    def __init__(self, folder, name="Tollgate test mint"):
        self.folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        folder.mkdir(exist_ok=True)
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._sign(self._name, self._key.public_key(), -DAY, DAY).add_extension(x509.BasicConstraints(True, None), True)
        self.certificate = folder / "ca.pem"
        self.certificate.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, public, begins, ends, issuer=None):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or self._name).public_key(public)
                .serial_number(x509.random_serial_number()).not_valid_before(now + begins).not_valid_after(now + ends))

    def issue(self, name, begins=-DAY, ends=DAY, host="localhost", itself=False):
        """A file with certificate and key, for localhost unless told otherwise; `itself`: signed by nobody else."""
        key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names = [x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))] if host == "localhost" else [x509.DNSName(host)]
        made = self._sign(subject, key.public_key(), begins, ends, subject if itself else None)
        made = made.add_extension(x509.SubjectAlternativeName(names), False).sign(key if itself else self._key, hashes.SHA256())
        file = self.folder / f"{name}.pem"
        file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return file


def context(file, **settings):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(file)
    for name, value in settings.items():
        setattr(made, name, value)
    return made


class TLSServer:
    """`serve` gets each connection after its handshake, and the request's head; with `raw` it gets the plain socket instead.
    What it raises ends the connection."""

    def __init__(self, tls=None, serve=None, raw=None):
        self._tls, self._serve, self._raw = tls, serve, raw
        self.handshakes, self.requests, self.refused = 0, 0, []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        self._open = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone leaves the thread in accept(), and the port open
        self._listener.close()
        for connection in list(self._open):
            connection.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        self._open.add(connection)
        try:
            connection.settimeout(20)
            if self._raw:
                return self._raw(connection)
            # The socket is closed under TLS, without a word of TLS, unless `serve` says goodbye itself.
            with self._tls.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False) as secure:
                self._open.add(secure)
                self.handshakes += 1
                while head := read_request(secure):
                    self.requests += 1
                    if not self._serve(secure, head):
                        return
        except (OSError, ValueError) as problem:
            self.refused.append(str(problem))
        finally:
            connection.close()


def read_request(connection):
    """Head and body of a request; empty at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head


def say_goodbye(secure):
    """close_notify, without waiting for the peer's."""
    secure.settimeout(0.05)
    try:
        secure.unwrap()
    except OSError:
        pass


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class RenegotiatingServer:
    """OpenSSL's own server with TLS 1.2, which asks for a new handshake in the middle of an answer."""

    def __init__(self, file):
        self.port = free_port()
        self.url = f"https://localhost:{self.port}"
        self._process = subprocess.Popen(
            ["openssl", "s_server", "-accept", str(self.port), "-cert", file, "-tls1_2", "-msg"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output = b""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while piece := self._process.stdout.read1(65536):
            self.output += piece

    def say(self, data):
        self._process.stdin.write(data)
        self._process.stdin.flush()
        time.sleep(0.1)  # what it reads in one go it takes for one command

    def stop(self):
        self._process.kill()
        self._process.wait()
