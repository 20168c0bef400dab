"""Verifies a signature of version 4: botocore's own signer makes it once more from what arrived."""

import datetime
import hmac
import re

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from rig.strict import Refused, require

FORM = re.compile("AWS4-HMAC-SHA256 Credential=([^/, ]+)/(\\d{8})/([^/, ]+)/([^/, ]+)/aws4_request, ?"
                  "SignedHeaders=([^, ]+), ?Signature=([0-9a-f]{64})")
SKEW = datetime.timedelta(minutes=5)


class Verifier:
    """Knows the one pair of keys that is allowed, and the session token if there has to be one."""

    def __init__(self, access_key, secret_key, token, region, service="bedrock"):
        self.credentials, self.region, self.service = Credentials(access_key, secret_key, token), region, service

    def check(self, request):
        """Refuse the request, in AWS's words, unless it was signed by our keys as it arrived."""
        found = FORM.fullmatch(request.header("authorization") or "")
        require(found, "Authorization header requires 'Credential' parameter.", 403, kind="IncompleteSignatureException")
        access_key, date, region, service, signed, signature = found.groups()
        require(access_key == self.credentials.access_key, "The security token included in the request is invalid.", 403,
                kind="UnrecognizedClientException")
        require((region, service) == (self.region, self.service), f"Credential should be scoped to a valid region and service, not "
                f"{region}/{service}.", 403, kind="InvalidSignatureException")
        stamp = self._check_time(request, date)
        self._check_headers(request, signed.split(";"))
        require(hmac.compare_digest(self._signature(request, signed.split(";"), stamp), signature), "The request signature we calculated "
                "does not match the signature you provided.", 403, kind="InvalidSignatureException")

    def _check_time(self, request, date):
        stamp = request.header("x-amz-date") or ""
        try:
            signed_at = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
        except ValueError as broken:
            raise Refused(f"Date must be in ISO-8601 'basic format': {stamp!r}", 403, kind="IncompleteSignatureException") from broken
        require(stamp[:8] == date, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.", 403,
                kind="InvalidSignatureException")
        now = datetime.datetime.now(datetime.UTC)
        require(abs(now - signed_at) <= SKEW, f"Signature expired: {stamp} is now earlier or later than {now:%Y%m%dT%H%M%SZ} by more "
                "than 5 min.", 403, kind="InvalidSignatureException")
        return stamp

    def _check_headers(self, request, signed):
        require(signed == sorted(set(signed)), "the signed headers are not sorted", 403, kind="InvalidSignatureException")
        for name, _ in request.headers:
            if name.lower() == "host" or name.lower().startswith("x-amz-"):
                require(name.lower() in signed, f"'{name}' must be a 'SignedHeader' in the AWS Authorization.", 403,
                        kind="InvalidSignatureException")
        require(request.header("x-amz-security-token") == self.credentials.token, "The security token included in the request is invalid.",
                403, kind="UnrecognizedClientException")

    def _signature(self, request, signed, stamp):
        headers = HTTPHeaders()
        for name, value in request.headers:
            if name.lower() in signed and name.lower() != "x-amz-content-sha256":
                headers[name] = value
        url = f"http://{request.header('host')}{request.target}"
        found = AWSRequest(method=request.method, url=url, headers=headers, data=request.body)
        found.context["timestamp"] = stamp
        signer = SigV4Auth(self.credentials, self.service, self.region)
        if "x-amz-content-sha256" in signed:
            require(request.header("x-amz-content-sha256") == signer.payload(found), "the hash of the body is wrong", 403,
                    kind="InvalidSignatureException")
            found.headers["X-Amz-Content-SHA256"] = request.header("x-amz-content-sha256")
        return signer.signature(signer.string_to_sign(found, signer.canonical_request(found)), found)
