"""A service account of the tests' own, and the endpoint that turns its signed assertions into access tokens."""

import functools
import time
import urllib.parse

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import exceptions, jwt

from rig.answers import Json
from rig.strict import Refused, require

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
EMAIL = "tollgate@acme-tests.iam.gserviceaccount.com"
AUDIENCE = "https://oauth2.googleapis.com/token"  # what Google's own library names wherever the endpoint is
KEY_ID = "5e1f9a0c2b"


@functools.cache
def keys():
    """The private key as PKCS #8 and the public key, both PEM."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


class Tokens:
    """The tokens given out so far. `lifetime` is what each is said to live, in seconds."""

    def __init__(self, project):
        self.project, self.lifetime, self.issued = project, 3600, {}

    def account(self, token_uri):
        """What stands in the key file."""
        return {"type": "service_account", "project_id": self.project, "private_key_id": KEY_ID, "private_key": keys()[0],
                "client_email": EMAIL, "client_id": "100000000000000000001", "token_uri": token_uri,
                "auth_uri": "https://accounts.google.com/o/oauth2/auth", "universe_domain": "googleapis.com"}

    def answer(self, request, token_uri):
        """Verify the assertion as Google does, and give a token for it."""
        require(request.method == "POST", "only POST", 405)
        require((request.header("content-type") or "").startswith("application/x-www-form-urlencoded"), "the content type is not a form")
        form = urllib.parse.parse_qs(request.body.decode(), strict_parsing=True)
        require(sorted(form) == ["assertion", "grant_type"] and form["grant_type"] == [GRANT], f"unsupported grant: {sorted(form)}")
        try:
            header = jwt.decode_header(form["assertion"][0])
            claims = jwt.decode(form["assertion"][0], certs={KEY_ID: keys()[1]}, audience=[token_uri, AUDIENCE])
        except (ValueError, exceptions.GoogleAuthError) as broken:
            raise Refused(f"Invalid JWT: {broken}") from broken
        require(header.get("alg") == "RS256" and header.get("kid") == KEY_ID, f"Invalid JWT header: {header}")
        require(claims.get("iss") == EMAIL, f"Invalid issuer: {claims.get('iss')}")
        require(SCOPE in claims.get("scope", "").split(), f"Invalid scope: {claims.get('scope')}")
        require(claims["exp"] - claims["iat"] <= 3600, "the assertion lives longer than an hour")
        token = f"ya29.stand-in-{len(self.issued) + 1:04}"
        self.issued[token] = time.monotonic() + self.lifetime
        return Json({"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"})

    def good(self, authorization):
        token = (authorization or "").removeprefix("Bearer ")
        return authorization != token and self.issued.get(token, 0) > time.monotonic()

    def revoke(self):
        """From now on the tokens given out are worth nothing."""
        self.issued = dict.fromkeys(self.issued, 0)
