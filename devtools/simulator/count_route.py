# SPDX-License-Identifier: GPL-3.0-or-later
"""The call that counts a request's tokens."""

from __future__ import annotations

from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract import contents
from nano_banana_addon.simulator.contract.json_access import get_child, get_children
from nano_banana_addon.simulator.contract.parsed_request import ParsedRequest
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.extension import Route
from nano_banana_addon.simulator.generate import find_model


def count_tokens(call: ServerCall, name: str) -> ServerReply:
    """``:countTokens``: free, and only partly validated."""
    request = call.check_message(call.read_json("count"), "CountTokensRequest")
    model = find_model(call.state, name, call.version, "countTokens")
    inner = get_child(request, "generateContentRequest") or request
    parsed = ParsedRequest(model)
    contents.check_roles(get_children(inner, "contents"))
    contents.gather(
        parsed,
        inner["contents"],
        lambda uri, mime: call.state.files.read_picture(uri, mime, call.key),
        call.state.settings.image_limit,
    )
    text, images = parsed.count_prompt_tokens()
    details = [{"modality": "TEXT", "tokenCount": text}]
    if images:
        details.append({"modality": "IMAGE", "tokenCount": images})
    return replies.reply_with_tree({"totalTokens": text + images, "promptTokensDetails": details})


COUNT_ROUTE: Route = ("POST", r"/(?P<version>v1|v1beta)/models/(?P<id>[^/:?]+):countTokens", "count", count_tokens)
