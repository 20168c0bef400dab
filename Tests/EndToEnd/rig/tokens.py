"""An identity provider of the tests' own: keys, key sets, and tokens signed with them; and a server that publishes the sets."""

import base64
import hashlib
import http.server
import json
import threading
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

AUDIENCE, ISSUER = "tollgate", "https://idp.example/realm"
KINDS = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


def encoded(data):
    """Base64 for URLs without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, length=None):
    return encoded(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))


class SigningKey:
    """A private key with the name that tokens call it by."""

    def __init__(self, kind, name=None, private=None):
        self.kind, self.name = kind, name
        self.private = private or KINDS[kind]()

    def published(self):
        """The public part as a JSON Web Key."""
        public = self.private.public_key()
        names = {**({"kid": self.name} if self.name else {}), "use": "sig"}
        if isinstance(public, rsa.RSAPublicKey):
            numbers = public.public_numbers()
            return {"kty": "RSA", **names, "n": number(numbers.n), "e": number(numbers.e)}
        if isinstance(public, ec.EllipticCurvePublicKey):
            numbers, length = public.public_numbers(), (public.key_size + 7) // 8
            curve = {"secp256r1": "P-256", "secp384r1": "P-384", "secp256k1": "secp256k1"}[public.curve.name]
            return {"kty": "EC", **names, "crv": curve, "x": number(numbers.x, length), "y": number(numbers.y, length)}
        return {"kty": "OKP", **names, "crv": "Ed25519", "x": encoded(public.public_bytes_raw())}

    def token(self, header=None, algorithm=None, **claims):
        """A token that is good for an hour; claims of None are left out."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "dora", "iat": now, "exp": now + 3600, **claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        names = {**({"kid": self.name} if self.name else {}), **(header or {})}
        return jwt.encode(claims, self.private, algorithm or self.kind, headers=names)


def key_set(*keys):
    return json.dumps({"keys": [key.published() for key in keys]})


def key_id(user, issuer=ISSUER):
    """What the ledger calls the tokens of a user."""
    return "jwt_" + hashlib.sha256(f"{issuer}\n{user}".encode()).hexdigest()[:16]


class IdentityProvider:
    """Publishes a key set over HTTP, or over TLS; `status` may be changed to make it fail."""

    def __init__(self, *keys, tls=None):
        self.keys, self.status, self.fetches, self.gate = list(keys), 200, 0, threading.Event()
        self.gate.set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.fetches += 1
                outer.gate.wait(20)
                body = key_set(*outer.keys).encode() if outer.status == 200 else b"{}"
                self.send_response(outer.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self.url = f"{'https://localhost' if tls else 'http://127.0.0.1'}:{self.port}/realm/keys"

    def start(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
