# SPDX-License-Identifier: GPL-3.0-or-later
"""A signed picture comes through the worker process into the history with its content credentials valid.

Signed and verified by c2pa-python, which nobody here wrote. That packing into a .blend keeps the bytes is tested in
tests/blender/history/test_provenance.py.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from devtools.simulator.server import Simulator
from nano_banana_addon.imaging.formats import xmp
from nano_banana_addon.storage import archive
from nano_banana_addon.storage.database.query import HistoryQuery

from .conftest import KEY, Studio

c2pa = pytest.importorskip("c2pa", reason="c2pa-python has no wheel for this machine")

_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png"}


def certificates() -> tuple[bytes, bytes]:
    """A chain (leaf and authority) as PEM, and the leaf's key: ES256, for signing documents."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    now = datetime.datetime.now(datetime.UTC)

    def named(name: str) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, name),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests"),
            ]
        )

    def made(
        name: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey, *, authority: bool
    ) -> x509.Certificate:
        usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named("Authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not authority,
                    key_cert_sign=authority,
                    crl_sign=authority,
                    encipher_only=False,
                    decipher_only=False,
                    **usage,
                ),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                critical=False,
            )
        )
        if not authority:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(purpose, critical=False)
        return builder.sign(signer, hashes.SHA256())

    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    chain = (
        made("Signer", leaf, root, authority=False),
        made("Authority", root, root, authority=True),
    )
    pem = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain)
    key = leaf.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem, key


@pytest.fixture(scope="module", params=list(_FORMATS))
def signed(request: pytest.FixtureRequest) -> tuple[str, bytes]:
    """The MIME type and the bytes of a signed picture."""
    chain, key = certificates()
    mime_type = _FORMATS[request.param]
    stream = io.BytesIO()
    Image.effect_noise((1024, 1024), 60).convert("RGB").save(stream, request.param)
    manifest = {
        "claim_generator_info": [{"name": "a service of the tests"}],
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": _SOURCE}]},
            }
        ],
    }
    info = c2pa.C2paSignerInfo(b"es256", chain, key, None)
    target = io.BytesIO()
    stream.seek(0)
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(manifest) as builder:
        builder.sign(signer, mime_type, stream, target)
    return mime_type, target.getvalue()


@pytest.fixture
def simulator(signed: tuple[str, bytes]) -> Iterator[Simulator]:
    with Simulator(canned=signed[1], keys=frozenset({KEY})) as running:
        yield running


def state_of(path: Path, mime_type: str) -> str:
    """What the verifier says: Valid, Invalid; Trusted is for certificates of a known authority."""
    with path.open("rb") as file, c2pa.Reader(mime_type, file) as reader:
        return json.loads(reader.json())["validation_state"]


def test_the_verifier_notices_a_changed_byte(signed: tuple[str, bytes], tmp_path: Path) -> None:
    mime_type, data = signed
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(data)
    place = len(data) - 5000
    bad.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    assert state_of(good, mime_type) == "Valid"
    assert state_of(bad, mime_type) == "Invalid"


def test_credentials_hold_in_the_history_and_in_an_export(
    studio: Studio, signed: tuple[str, bytes], tmp_path: Path
) -> None:
    mime_type, data = signed
    made = studio.make()
    picture = made.answer.result
    assert Path(picture.path).read_bytes() == data
    assert picture.sha256 == hashlib.sha256(data).hexdigest()
    assert state_of(Path(picture.path), mime_type) == "Valid"
    archive.export(studio.store, tmp_path / "export", HistoryQuery())
    (copy,) = (tmp_path / "export" / "results").rglob(f"*{Path(picture.path).suffix}")
    assert state_of(copy, mime_type) == "Valid"


def test_the_sidecar_tells_how_the_picture_came_about_and_no_secret(studio: Studio, picture: Callable) -> None:
    made = studio.make("ink and wash", references=(picture(),))
    path = Path(made.answer.result.path).with_suffix(".json")
    told = json.loads(path.read_text())
    assert told["prompt"] == "ink and wash"
    assert told["digital_source_type"] == _SOURCE
    assert told["response_id"] == made.answer.response_id
    assert told["cost_usd"] == pytest.approx(made.cost_usd)
    assert told["references"][0]["sha256"] == made.request.references[0].sha256
    assert KEY not in path.read_text()


def test_a_derived_file_has_no_stale_credentials(studio: Studio, signed: tuple[str, bytes], tmp_path: Path) -> None:
    mime_type, _ = signed
    made = studio.make()
    derived = tmp_path / f"derived{Path(made.answer.result.path).suffix}"
    with Image.open(made.answer.result.path) as opened:
        xmp.write_derived(opened.convert("RGB"), derived, xmp.packet(xmp.Origin.COMPOSITE))
    with pytest.raises(Exception, match=r"(?i)manifest"):
        state_of(derived, mime_type)
    assert "compositeWithTrainedAlgorithmicMedia" in xmp.read(derived)
