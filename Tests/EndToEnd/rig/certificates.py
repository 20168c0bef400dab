"""A certificate authority of the tests' own, made with openssl."""

import ssl
import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    """A folder with `ca.pem` and the certificates it has signed."""

    def __init__(self, folder):
        self._folder = folder
        folder.mkdir(exist_ok=True)
        self.certificate = folder / "ca.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=Tollgate test authority", "-keyout", folder / "ca.key", "-out", self.certificate)

    def issue(self, name, *hosts, days="2", usage=None):
        """Certificate and key files for the hosts (`DNS:…`, `IP:…`, `email:…`, `URI:…`; none is fine for a client)."""
        key, request, certificate = (self._folder / f"{name}.{kind}" for kind in ("key", "csr", "pem"))
        extensions = self._folder / f"{name}.ext"
        extensions.write_text("".join([
            f"subjectAltName={','.join(hosts)}\n" if hosts else "", f"extendedKeyUsage={usage}\n" if usage else ""]))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._folder / "ca.key", "-CAcreateserial",
                "-days", days, "-extfile", extensions, "-out", certificate)
        return certificate, key

    def server(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context

    def client(self, certificate=None, key=None):
        context = ssl.create_default_context(cafile=self.certificate)
        if certificate:
            context.load_cert_chain(certificate, key)
        return context
