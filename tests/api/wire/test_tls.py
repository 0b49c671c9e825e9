# SPDX-License-Identifier: GPL-3.0-or-later
"""The same over TLS, as every real provider is reached, directly and through a proxy's tunnel."""

from __future__ import annotations

import base64
import datetime
import io
import json
import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from PIL import Image

from nano_banana_addon.core.constants import ReferenceRole, State
from nano_banana_addon.core.errors import ErrorKind
from nano_banana_addon.core.request import Reference
from nano_banana_addon.wire.http import transport

from .conftest import Caller, failed, small
from .test_cancel import SOON, cancelled_after, reached

pytest.importorskip("cryptography")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost and paint.example, signed by itself, with its key in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    hosts = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.DNSName("paint.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(hosts, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    form = (
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *form)
    )
    return path


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path, None, None]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    transport._load_tls_context.cache_clear()
    yield certificate
    transport._load_tls_context.cache_clear()


def answer() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((1024, 1024), 90).convert("RGB").save(buffer, "JPEG", quality=95)
    data = base64.b64encode(buffer.getvalue()).decode()
    parts = [{"inlineData": {"mimeType": "image/jpeg", "data": data}, "thoughtSignature": "c2ln"}]
    return json.dumps({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}).encode()


class Server:
    """Takes one request over TLS; answers it, or keeps silent."""

    def __init__(self, certificate: Path, silent: bool, tunnel: bool) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.silent, self.tunnel = silent, tunnel
        self.connect = b""
        self.body = b""
        self.gone = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        line, _address = self.listener.accept()
        with suppress(OSError):
            if self.tunnel:
                while b"\r\n\r\n" not in self.connect:
                    self.connect += line.recv(1)
                line.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with self.context.wrap_socket(line, server_side=True) as secure:
                self._answer(secure)
        self.gone.set()

    def _answer(self, line: ssl.SSLSocket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            data += line.recv(65536)
        head, self.body = data.split(b"\r\n\r\n", 1)
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        pieces = [self.body]
        while sum(map(len, pieces)) < length:
            pieces.append(line.recv(65536))
        self.body = b"".join(pieces)
        if self.silent:
            line.recv(1)
        else:
            text = answer()
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(text) + text)


@contextmanager
def tls_server(certificate: Path, *, silent: bool = False, tunnel: bool = False) -> Generator[Server, None, None]:
    server = Server(certificate, silent, tunnel)
    with server.listener:
        server.thread.start()
        yield server


@pytest.fixture
def large(tmp_path: Path) -> Reference:
    path = tmp_path / "large.png"
    path.write_bytes(b"\x89PNG" + bytes(range(256)) * 8000)
    return Reference(ReferenceRole.STYLE, str(path))


def test_a_picture_goes_and_comes_over_tls(trusted, tmp_path, large):
    with tls_server(trusted) as server:
        caller = Caller(f"https://localhost:{server.port}", tmp_path / "results")
        found = caller.ask(small(references=(large,)))
        server.thread.join(10)
    assert found.result
    sent = json.loads(server.body)["contents"][0]["parts"][1]["inlineData"]["data"]
    assert base64.b64decode(sent) == Path(large.path).read_bytes()


def test_a_proxy_only_sees_the_tunnel(trusted, tmp_path, large, monkeypatch):
    with tls_server(trusted, tunnel=True) as proxy:
        monkeypatch.setenv("https_proxy", f"http://user:hush-hush@127.0.0.1:{proxy.port}")
        caller = Caller("https://paint.example", tmp_path / "results")
        assert caller.ask(small(references=(large,))).result
    assert proxy.connect.startswith(b"CONNECT paint.example:443 HTTP/1.1")
    assert b"test-key" not in proxy.connect


def test_cancel_over_tls_while_the_model_paints(trusted, tmp_path):
    with tls_server(trusted, silent=True) as server:
        caller = Caller(f"https://localhost:{server.port}", tmp_path / "results")
        assert cancelled_after(caller, reached(caller, State.GENERATING)) < SOON
        assert server.gone.wait(5), "the server sees the connection closed"


def test_a_certificate_that_nobody_signed_is_nothing_sent(certificate, tmp_path):
    transport._load_tls_context.cache_clear()
    with tls_server(certificate) as server:
        error = failed(Caller(f"https://localhost:{server.port}", tmp_path / "results"))
    assert error.kind is ErrorKind.NETWORK
    assert "certificate" in error.detail.lower()
    assert server.body == b""


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_text("no certificate")])
def test_a_wrong_ssl_cert_file_is_told_by_its_name(trusted, tmp_path, spoil):
    spoil(trusted)
    error = failed(Caller("https://localhost:9", tmp_path / "results"))
    assert error.kind is ErrorKind.NETWORK
    assert "SSL_CERT_FILE" in error.message
    assert "nothing was sent" in error.message


def test_cancel_while_shaking_hands(trusted, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        caller = Caller(f"https://localhost:{mute.getsockname()[1]}", tmp_path / "results")
        assert cancelled_after(caller, reached(caller, State.SENDING)) < SOON
