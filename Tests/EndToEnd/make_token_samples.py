"""Writes Tests/GovernanceTests/TokenSamples.swift: keys and tokens of an implementation that is not ours (PyJWT, cryptography).

Run it with the tests' Python when a sample is added. All tokens have the same claims and end in the year 2100.
"""

import hashlib
import hmac
import json
import pathlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from rig.tokens import AUDIENCE, ISSUER, SigningKey, encoded, key_set

CLAIMS = {"iss": ISSUER, "aud": AUDIENCE, "sub": "dora", "iat": 1700000000, "exp": 4102444800}
FILE = pathlib.Path(__file__).parents[1] / "GovernanceTests" / "TokenSamples.swift"


def token(header, sign):
    signed = f"{encoded(json.dumps({'typ': 'JWT', **header}).encode())}.{encoded(json.dumps(CLAIMS).encode())}"
    return f"{signed}.{encoded(sign(signed.encode()))}"


def raw(der, length=32):
    return b"".join(part.to_bytes(length, "big") for part in utils.decode_dss_signature(der))


def ecdsa(key, digest=hashes.SHA256):
    return lambda data: key.private.sign(data, ec.ECDSA(digest()))


def rsa_signature(key, scheme, digest):
    return lambda data: key.private.sign(data, scheme, digest)


def hs256(secret):
    return token({"alg": "HS256"}, lambda data: hmac.new(secret, data, hashlib.sha256).digest())


def confusions(key):
    """What an attacker takes for a secret who knows only the public key."""
    public, form = key.private.public_key(), serialization.PublicFormat.SubjectPublicKeyInfo
    pem = public.public_bytes(serialization.Encoding.PEM, form)
    jwk = key.published()
    yield "PEM", pem
    yield "PEM without its last line end", pem.rstrip()
    yield "DER", public.public_bytes(serialization.Encoding.DER, form)
    yield "JSON Web Key", json.dumps(jwk).encode()
    yield "modulus or coordinate", jwk.get("n", jwk.get("x")).encode()


def samples():
    rs, es, ed = (SigningKey(kind, name) for kind, name in (("RS256", "r1"), ("ES256", "e1"), ("EdDSA", "d1")))
    other = {kind: SigningKey(kind, key.name) for kind, key in (("RS256", rs), ("ES256", es), ("EdDSA", ed))}
    p384 = SigningKey("ES384", "e1", ec.generate_private_key(ec.SECP384R1()))
    koblitz = SigningKey("ES256K", "e1", ec.generate_private_key(ec.SECP256K1()))
    short = SigningKey("RS256", "s1", rsa.generate_private_key(public_exponent=65537, key_size=1024))
    pkcs1, pss = padding.PKCS1v15(), padding.PSS(padding.MGF1(hashes.SHA256()), 32)

    good = {key.kind: key.token(iat=CLAIMS["iat"], exp=CLAIMS["exp"]) for key in (rs, es, ed)}
    bad = {f"{kind} by a stranger with the key's name": key.token(iat=CLAIMS["iat"], exp=CLAIMS["exp"]) for kind, key in other.items()}
    r, e, d = ({"kid": name} for name in ("r1", "e1", "d1"))
    bad |= {
        "ES256 with the signature in DER": token({"alg": "ES256", **e}, ecdsa(es)),
        "ES256 with r and s changed over": token({"alg": "ES256", **e}, lambda data: raw(ecdsa(es)(data))[32:] + raw(ecdsa(es)(data))[:32]),
        "ES256 with SHA-384": token({"alg": "ES256", **e}, lambda data: raw(ecdsa(es, hashes.SHA384)(data))),
        "ES256 signed on P-384": token({"alg": "ES256", **e}, lambda data: raw(ecdsa(p384)(data), 48)),
        "ES256 signed on secp256k1": token({"alg": "ES256", **e}, lambda data: raw(ecdsa(koblitz)(data))),
        "ES256 that names the RSA key": token({"alg": "ES256", **r}, lambda data: raw(ecdsa(es)(data))),
        "ES384 with the P-256 key": token({"alg": "ES384", **e}, lambda data: raw(ecdsa(es, hashes.SHA384)(data))),
        "RS256 with PSS": token({"alg": "RS256", **r}, rsa_signature(rs, pss, hashes.SHA256())),
        "RS256 with SHA-1": token({"alg": "RS256", **r}, rsa_signature(rs, pkcs1, hashes.SHA1())),
        "RS256 with SHA-512": token({"alg": "RS256", **r}, rsa_signature(rs, pkcs1, hashes.SHA512())),
        "RS512": token({"alg": "RS512", **r}, rsa_signature(rs, pkcs1, hashes.SHA512())),
        "PS256": token({"alg": "PS256", **r}, rsa_signature(rs, pss, hashes.SHA256())),
        "RS256 that names the P-256 key": token({"alg": "RS256", **e}, rsa_signature(rs, pkcs1, hashes.SHA256())),
        "RS256 with 1024 bits": token({"alg": "RS256", "kid": "s1"}, rsa_signature(short, pkcs1, hashes.SHA256())),
        "EdDSA that names the P-256 key": token({"alg": "EdDSA", **e}, ed.private.sign),
        "Ed25519 under the name of its curve": token({"alg": "Ed25519", **d}, ed.private.sign),
        "EdDSA with r and s of P-256": token({"alg": "EdDSA", **d}, lambda data: raw(ecdsa(es)(data))),
    }
    for key in (rs, es, ed):
        bad |= {f"HS256 with the {key.kind} key's {name}": hs256(secret) for name, secret in confusions(key)}
    return {"set": key_set(rs, es, ed), "weak": key_set(short, p384, koblitz), "good": good, "bad": bad}


def literal(text, indent):
    lines = [text[at:at + 96] for at in range(0, len(text), 96)]
    return '#"""\n' + "\\#\n".join(indent + line for line in lines) + f'\n{indent}"""#'


def written():
    made = samples()
    yield "// Written by Tests/EndToEnd/make_token_samples.py with PyJWT and cryptography; keys and tokens of nobody.\n"
    yield "/// A key set and tokens signed with its keys, or with others that pretend."
    yield "enum TokenSamples {"
    yield f'    /// RS256 is `r1`, ES256 `e1`, EdDSA `d1`.\n    static let keySet = {literal(made["set"], "        ")}'
    yield f'\n    /// RSA with 1,024 bits, P-384 and secp256k1.\n    static let weakKeySet = {literal(made["weak"], "        ")}'
    for name, comment in (("good", "By algorithm."), ("bad", "None may be taken.")):
        yield f"\n    /// {comment}\n    static let {name}: [(name: String, token: String)] = ["
        for title, text in made[name].items():
            yield f'        (\n            "{title}",\n            {literal(text, "            ")}\n        ),'
        yield "    ]"
    yield "}"


if __name__ == "__main__":
    FILE.write_text("\n".join(written()) + "\n")
