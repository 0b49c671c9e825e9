# SPDX-License-Identifier: GPL-3.0-or-later
"""Uploads, and files as they are or as a preview."""

from __future__ import annotations

import io
import posixpath

from devtools.simulator.services.multipart import read_form
from devtools.simulator.services.pictures import find_mime, open_picture
from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.plan import ServerReply

from .folders import FOLDERS, Folders, OutsideFolder, join_path

MAX_UPLOAD = 104_857_600  # bytes


def _reply_empty(status: int) -> ServerReply:
    return ServerReply(status, [], {"Content-Type": "application/octet-stream"}, 0)


class FileRoutes:
    """The routes of one server's folders."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders

    def upload(self, call: ServerCall, _ident: str) -> ServerReply:
        """``POST /upload/image``: the name in the answer counts, not the one that was sent."""
        if call.parse_length() > MAX_UPLOAD:
            return _reply_empty(413)
        form = read_form(call, "upload")
        files, fields = form.find_files("image"), form.get_values()
        if not files or not files[0].filename:
            return _reply_empty(400)
        folder = fields.get("type", "input")
        folder = folder if folder in FOLDERS else "input"
        subfolder, name = fields.get("subfolder", ""), files[0].filename
        try:
            join_path(subfolder, name)
        except OutsideFolder:
            return _reply_empty(400)
        overwrite = fields.get("overwrite", "") in ("true", "1")
        stored = self._folders.store_upload(folder, subfolder, name, files[0].data, overwrite=overwrite)
        return replies.reply_with_tree({"name": stored, "subfolder": subfolder, "type": folder})

    def view(self, call: ServerCall, _ident: str) -> ServerReply:
        """``GET /view``: a file's bytes, a preview of it, or some of its channels."""
        name, folder = call.query.get("filename", ""), call.query.get("type", "output")
        if not name:
            return _reply_empty(404 if "filename" not in call.query else 400)
        if name.startswith("/") or ".." in name or folder not in FOLDERS:
            return _reply_empty(400)
        try:
            path = join_path(call.query.get("subfolder", ""), posixpath.basename(name))
        except OutsideFolder:
            return _reply_empty(403)
        data = self._folders.read(folder, path)
        if data is None:
            return _reply_empty(404)
        kind = find_mime(data) if "preview" not in call.query else "image/webp"
        if "preview" in call.query:
            kind, data = _build_preview(data, call.query["preview"])
        elif call.query.get("channel", "rgba") != "rgba":
            kind, data = "image/png", _select_channel(data, call.query["channel"])
        headers = {"Content-Type": kind, "Content-Disposition": f'filename="{posixpath.basename(name)}"'}
        return ServerReply(200, [data], headers, len(data))


def _build_preview(data: bytes, wanted: str) -> tuple[str, bytes]:
    kind, *rest = wanted.split(";")
    kind = kind if kind in ("webp", "jpeg") else "webp"
    quality = int(rest[-1]) if rest and rest[-1].isdigit() else 90
    stream = io.BytesIO()
    picture = open_picture(data)
    (picture.convert("RGB") if kind == "jpeg" else picture).save(stream, kind, quality=quality)
    return f"image/{kind}", stream.getvalue()


def _select_channel(data: bytes, channel: str) -> bytes:
    from PIL import Image

    picture = open_picture(data)
    if channel == "a":
        alpha = picture.getchannel("A") if "A" in picture.getbands() else Image.new("L", picture.size, 255)
        picture = Image.new("RGBA", picture.size)
        picture.putalpha(alpha)
    elif channel == "rgb":
        picture = picture.convert("RGB")
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
