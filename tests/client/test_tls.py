"""A service proves who it is before it is told anything."""

import os
import ssl
from ipaddress import ip_address

import pytest
from cryptography import x509

from governance.client.transport import ServiceClient
from governance.errors import MachineFault
from governance.settings import Token
from tests.certificates import self_signed
from tests.client.hostile import Hostile, answer

SECRET = "gvt_" + "s" * 43


HERE = x509.IPAddress(ip_address("127.0.0.1"))


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A request to a service with such a certificate, and what the service saw of it."""

    def ask(*names: x509.GeneralName, known: bool, **options):
        file = tmp_path / "service.pem"
        file.write_bytes(b"".join(self_signed(*names, **options)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        seen = []

        def greet(connection):
            with context.wrap_socket(connection, server_side=True) as secure:
                seen.append(secure.recv(65536))
                secure.sendall(answer(200, b"{}"))

        server = Hostile(greet, raw=True)
        if known:
            monkeypatch.setenv("SSL_CERT_FILE", str(file))
        client = ServiceClient(server.url.replace("http:", "https:"), Token(SECRET), os.urandom, sleep=lambda _: None)
        try:
            return client.get("/me"), seen
        except MachineFault as error:
            return error, seen
        finally:
            server.close()

    return ask


def test_a_certificate_that_the_system_knows(asked):
    got, seen = asked(HERE, known=True)
    assert got.data == b"{}" and SECRET.encode() in seen[0]


@pytest.mark.parametrize(
    "names, options",
    [
        ((HERE,), {"known": False}),
        ((x509.DNSName("governance.example"),), {"known": True}),
        ((HERE,), {"known": True, "days": -1}),
    ],
    ids=["nobody's", "another's", "expired"],
)
def test_any_other(asked, names, options):
    error, seen = asked(*names, **options)
    assert isinstance(error, MachineFault) and error.what == "the service does not prove who it is"
    assert "certificate" in error.got
    assert seen == []
