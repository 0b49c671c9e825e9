# SPDX-License-Identifier: GPL-3.0-or-later
"""What a zip is made of, as a CycloneDX bill of materials, and the licences of its wheels.

CycloneDX 1.6: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import hashlib
import io
import json
import tomllib
import uuid
import zipfile
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from devtools import archives
from devtools.release.checks import ReleaseError

Json = dict[str, Any]
_NAMESPACE = uuid.UUID("6f0c1f0e-6c0a-5f57-9a3a-6f0d0b1f6a4e")
#: Licences by the trove classifiers of wheels whose metadata have no licence expression.
_CLASSIFIERS = {"BSD License": "BSD-3-Clause", "MIT License": "MIT"}
_FONT = "nano_banana_addon/imaging/board/font/board.ttf"
_FONT_LICENCE = "nano_banana_addon/imaging/board/font/OFL.txt"


@dataclass(frozen=True)
class Wheel:
    """A wheel of a zip: its file name, hash, metadata, the texts of its licences, and its own bills of materials."""

    file: str
    sha256: str
    metadata: Message
    licences: dict[str, str]
    bills: list[Json]

    @property
    def name(self) -> str:
        return canonicalize_name(str(self.metadata["Name"]))

    @property
    def version(self) -> str:
        return str(self.metadata["Version"])

    @property
    def reference(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}?file_name={quote(self.file)}"


def read_wheels(path: Path) -> list[Wheel]:
    """The wheels of an extension's zip. Raises ReleaseError for one without the text of its licence."""
    files = archives.read_zip(path)
    return [_read_wheel(Path(name).name, files[name]) for name in sorted(files) if name.endswith(".whl")]


def _read_wheel(file: str, content: bytes) -> Wheel:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        (info,) = {n.split("/", 1)[0] for n in names if n.split("/", 1)[0].endswith(".dist-info")}
        metadata = BytesParser().parsebytes(archive.read(f"{info}/METADATA"))
        # Before PEP 639 they lay beside the metadata.
        kept = [n for n in names if n.startswith((f"{info}/licenses/", f"{info}/LICENSE")) and not n.endswith("/")]
        texts = {n: archive.read(n).decode("utf-8", "replace") for n in kept}
        licences = {n.removeprefix(f"{info}/").removeprefix("licenses/"): text for n, text in texts.items()}
        bills = [json.loads(archive.read(n)) for n in names if n.startswith(f"{info}/sboms/") and n.endswith(".json")]
    if not licences:
        raise ReleaseError(f"the wheel {file} holds no text of its licence")
    return Wheel(file, hashlib.sha256(content).hexdigest(), metadata, licences, bills)


def describe_zip(path: Path, date: datetime) -> Json:
    """The bill of materials of an extension's zip: the extension, each wheel with what the wheel says it contains
    itself, and the font. The same zip and date give the same bill."""
    files = archives.read_zip(path)
    manifest = tomllib.loads(files["blender_manifest.toml"].decode())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    wheels = read_wheels(path)
    own = f"{manifest['id']}@{manifest['version']}"
    fonts = [_describe_font(files[_FONT])] if _FONT in files else []
    extension = {
        "type": "application",
        "bom-ref": own,
        "name": manifest["name"],
        "version": manifest["version"],
        "description": manifest["tagline"],
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "licenses": [{"license": {"id": text.removeprefix("SPDX:")}} for text in manifest["license"]],
        "properties": [{"name": "blender:archive", "value": path.name}],
    }
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, digest)}",
        "version": 1,
        "metadata": {"timestamp": f"{date:%Y-%m-%dT%H:%M:%SZ}", "component": extension},
        "components": [*map(_describe_wheel, wheels), *fonts],
        "dependencies": [
            {"ref": own, "dependsOn": [*(w.reference for w in wheels), *(f["bom-ref"] for f in fonts)]},
            *({"ref": wheel.reference, "dependsOn": _find_needs(wheel, wheels)} for wheel in wheels),
        ],
    }


def _describe_wheel(wheel: Wheel) -> Json:
    described: Json = {
        "type": "library",
        "bom-ref": wheel.reference,
        "name": wheel.name,
        "version": wheel.version,
        "description": str(wheel.metadata["Summary"] or ""),
        "hashes": [{"alg": "SHA-256", "content": wheel.sha256}],
        "licenses": [_describe_licence(wheel)],
        "purl": wheel.reference,
    }
    if parts := _describe_parts(wheel):
        described["components"] = parts
    return described


def _describe_licence(wheel: Wheel) -> Json:
    if expression := wheel.metadata["License-Expression"]:
        return {"expression": str(expression)}
    classifiers = [str(c).rpartition(" :: ")[2] for c in wheel.metadata.get_all("Classifier", []) if "License" in c]
    known = [_CLASSIFIERS[name] for name in classifiers if name in _CLASSIFIERS]
    if (name := str(wheel.metadata["License"])) in _CLASSIFIERS.values():  # instead of a classifier
        known = [name]
    if not known:
        raise ReleaseError(f"the wheel {wheel.file} does not say its licence in words that are known")
    return {"license": {"id": known[0]}}


def _describe_parts(wheel: Wheel) -> list[Json]:
    """The libraries inside a wheel, such as the decoders of Pillow, by the bills of materials that it holds."""
    parts: dict[str, Json] = {}
    for bill in wheel.bills:
        for component in bill.get("components", []):
            if canonicalize_name(component["name"]) != wheel.name:
                kept = {k: component[k] for k in ("type", "name", "version", "licenses", "purl") if k in component}
                parts[f"{kept['name']}@{kept.get('version', '')}"] = kept
    return [{**part, "bom-ref": f"{wheel.reference}#{name}"} for name, part in sorted(parts.items())]


def _find_needs(wheel: Wheel, wheels: list[Wheel]) -> list[str]:
    """What a wheel asks for of the others. Whatever else it asks for, Blender brings."""
    asked = [Requirement(text) for text in wheel.metadata.get_all("Requires-Dist", [])]
    names = {canonicalize_name(r.name) for r in asked if "extra" not in str(r.marker or "")}
    return [other.reference for other in wheels if other.name in names]


def _describe_font(content: bytes) -> Json:
    return {
        "type": "file",
        "bom-ref": _FONT,
        "name": _FONT,
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(content).hexdigest()}],
        "licenses": [{"license": {"id": "OFL-1.1"}}],
    }


def collect_licences(zips: list[Path]) -> str:
    """The texts of all licences of what the zips hold, each once, under the names and versions that they cover."""
    holders: dict[str, set[str]] = {}
    for path in zips:
        font = archives.read_zip(path).get(_FONT_LICENCE)
        texts = [("Noto Sans CJK, in board.ttf", font.decode())] if font else []
        texts += [(f"{w.name} {w.version}", text) for w in read_wheels(path) for text in w.licences.values()]
        for holder, text in texts:
            holders.setdefault(text.strip(), set()).add(holder)
    parts = sorted((", ".join(sorted(names)), text) for text, names in holders.items())
    line = "=" * 80
    return "\n".join(f"{line}\n{names}\n{line}\n\n{text}\n" for names, text in parts)
