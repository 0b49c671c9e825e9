# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of the Files API (contract case 36)."""

from __future__ import annotations

from . import replies
from .call import ServerCall
from .contract.errors import build_invalid
from .contract.json_access import Tree, get_child
from .contract.plan import ServerReply
from .files import StoredFile

_PREFIX = "x-goog-upload-"


def start_upload(call: ServerCall) -> ServerReply:
    """``POST /upload/v1beta/files``: the upload's address comes in a header only."""
    upload_headers = {
        name.removeprefix(_PREFIX): value for name, value in call.headers.items() if name.startswith(_PREFIX)
    }
    length = upload_headers.get("header-content-length", "")
    if upload_headers.get("protocol") != "resumable" or upload_headers.get("command") != "start":
        raise build_invalid("X-Goog-Upload-Protocol: resumable and X-Goog-Upload-Command: start needed.")
    if not length.isdecimal() or "header-content-type" not in upload_headers:
        raise build_invalid("X-Goog-Upload-Header-Content-Length and -Content-Type are needed.")
    has_body = call.parse_length() > 0 or "transfer-encoding" in call.headers
    request: Tree = call.check_message(call.read_json("upload"), "FileRequest") if has_body else {}
    fields = get_child(request, "file")
    mime = fields.get("mimeType") or upload_headers["header-content-type"]
    display = fields.get("displayName", "")
    stored = call.state.files.start(call.key, mime, display, int(length))
    ident = stored.name.removeprefix("files/")
    address = f"{call.state.base_url}/upload/{call.version}/files?upload_id={ident}"
    headers = {"X-Goog-Upload-URL": address, "X-Goog-Upload-Status": "active"}
    return ServerReply(200, [b""], headers, 0)


def upload(call: ServerCall) -> ServerReply:
    """``POST <upload url>``: the id in the address is the permission; no key is needed."""
    stored = call.state.files.find_upload(call.query["upload_id"])
    command = call.headers.get("x-goog-upload-command", "").replace(" ", "")
    offset = call.headers.get("x-goog-upload-offset", "")
    if command == "query":
        return _build_status(stored, "active")
    if command not in ("upload", "upload,finalize") or not offset.isdecimal():
        raise build_invalid("X-Goog-Upload-Command and X-Goog-Upload-Offset are needed.")
    finalize = command.endswith("finalize")
    call.state.files.append(stored, int(offset), call.read_pieces(), finalize=finalize)
    if not finalize:
        return _build_status(stored, "active")
    record = stored.to_record(call.state.base_url)
    return replies.reply_with_tree({"file": record}, 200, {"X-Goog-Upload-Status": "final"})


def _build_status(stored: StoredFile, status: str) -> ServerReply:
    headers = {"X-Goog-Upload-Status": status, "X-Goog-Upload-Size-Received": str(stored.size)}
    return ServerReply(200, [b""], headers, 0)


def get_file(call: ServerCall, ident: str) -> ServerReply:
    """``GET files/{id}``."""
    stored = call.state.files.poll(f"files/{ident}", call.key)
    return replies.reply_with_tree(stored.to_record(call.state.base_url))


def list_files(call: ServerCall) -> ServerReply:
    """``GET files``: pages of at most 100."""
    files = call.state.files.list_files(call.key)
    size, first = parse_page(call, 10, 100)
    records = [file.to_record(call.state.base_url) for file in files[first : first + size]]
    tree: dict[str, object] = {"files": records} if records else {}
    if first + size < len(files):
        tree["nextPageToken"] = str(first + size)
    return replies.reply_with_tree(tree)


def parse_page(call: ServerCall, default_size: int, max_size: int) -> tuple[int, int]:
    """(entries per page, first entry) of a list call."""
    size, token = call.query.get("pageSize", ""), call.query.get("pageToken", "")
    if (size and not size.isdecimal()) or (token and not token.isdecimal()):
        raise build_invalid("pageSize and pageToken must be as the list gave them.")
    return min(int(size or 0) or default_size, max_size), int(token or 0)


def delete_file(call: ServerCall, ident: str) -> ServerReply:
    """``DELETE files/{id}``."""
    call.state.files.delete(f"files/{ident}", call.key)
    return replies.reply_with_tree({})
