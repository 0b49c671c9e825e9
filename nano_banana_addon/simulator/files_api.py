# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of the Files API (contract case 36)."""

from __future__ import annotations

from . import replies
from .body import PIECE
from .call import Call
from .errors import ApiError, invalid
from .files import StoredFile
from .plan import Reply
from .trees import Tree, child

_PREFIX = "x-goog-upload-"
_GENERATED_ONLY = "Only generated files can be downloaded."


def start_upload(call: Call) -> Reply:
    """``POST /upload/v1beta/files``: the upload's address comes in a header only."""
    upload = {name.removeprefix(_PREFIX): value for name, value in call.headers.items() if name.startswith(_PREFIX)}
    length = upload.get("header-content-length", "")
    if upload.get("protocol") != "resumable" or upload.get("command") != "start":
        raise invalid("X-Goog-Upload-Protocol: resumable and X-Goog-Upload-Command: start needed.")
    if not length.isdecimal() or "header-content-type" not in upload:
        raise invalid("X-Goog-Upload-Header-Content-Length and -Content-Type are needed.")
    has_body = call.length() > 0 or "transfer-encoding" in call.headers
    request: Tree = call.message(call.json("upload"), "FileRequest") if has_body else {}
    wanted = child(request, "file")
    mime = wanted.get("mimeType") or upload["header-content-type"]
    display = wanted.get("displayName", "")
    stored = call.world.files.start(call.key, mime, display, int(length))
    ident = stored.name.removeprefix("files/")
    address = f"{call.world.base_url}/upload/{call.version}/files?upload_id={ident}"
    headers = {"X-Goog-Upload-URL": address, "X-Goog-Upload-Status": "active"}
    return Reply(200, [b""], headers, 0)


def upload(call: Call) -> Reply:
    """``POST <upload url>``: the id in the address is the permission; no key is needed."""
    stored = call.world.files.find_upload(call.query["upload_id"])
    command = call.headers.get("x-goog-upload-command", "").replace(" ", "")
    offset = call.headers.get("x-goog-upload-offset", "")
    if command == "query":
        return _status(stored, "active")
    if command not in ("upload", "upload,finalize") or not offset.isdecimal():
        raise invalid("X-Goog-Upload-Command and X-Goog-Upload-Offset are needed.")
    finalize = command.endswith("finalize")
    call.world.files.append(stored, int(offset), call.raw_pieces(), finalize=finalize)
    if not finalize:
        return _status(stored, "active")
    record = stored.record(call.world.base_url)
    return replies.reply_with_tree({"file": record}, 200, {"X-Goog-Upload-Status": "final"})


def _status(stored: StoredFile, status: str) -> Reply:
    received = {"X-Goog-Upload-Status": status, "X-Goog-Upload-Size-Received": str(stored.size)}
    return Reply(200, [b""], received, 0)


def get_file(call: Call, ident: str) -> Reply:
    """``GET files/{id}``."""
    stored = call.world.files.poll(f"files/{ident}", call.key)
    return replies.reply_with_tree(stored.record(call.world.base_url))


def list_files(call: Call) -> Reply:
    """``GET files``: pages of at most 100."""
    files = call.world.files.list_files(call.key)
    size, first = page_of(call, 10, 100)
    shown = [file.record(call.world.base_url) for file in files[first : first + size]]
    tree: dict[str, object] = {"files": shown} if shown else {}
    if first + size < len(files):
        tree["nextPageToken"] = str(first + size)
    return replies.reply_with_tree(tree)


def page_of(call: Call, usual: int, most: int) -> tuple[int, int]:
    """(entries per page, first entry) of a list call."""
    size, token = call.query.get("pageSize", ""), call.query.get("pageToken", "")
    if (size and not size.isdecimal()) or (token and not token.isdecimal()):
        raise invalid("pageSize and pageToken must be as the list gave them.")
    return min(int(size or 0) or usual, most), int(token or 0)


def delete_file(call: Call, ident: str) -> Reply:
    """``DELETE files/{id}``."""
    call.world.files.delete(f"files/{ident}", call.key)
    return replies.reply_with_tree({})


def download(call: Call, ident: str) -> Reply:
    """``GET files/{id}:download?alt=media``: generated files only, in pieces."""
    stored = call.world.files.get(f"files/{ident}", call.key)
    if stored.source != "GENERATED":
        raise ApiError(400, _GENERATED_ONLY, status="FAILED_PRECONDITION")
    if call.query.get("alt") != "media":
        raise invalid("alt=media is needed.")
    data = stored.path.read_bytes()
    pieces = (data[start : start + PIECE] for start in range(0, len(data), PIECE))
    return Reply(200, pieces, {"Content-Type": stored.mime}, len(data))
