# SPDX-License-Identifier: GPL-3.0-or-later
"""CometAPI whole: Gemini, Seedream, gpt-image, FLUX and Midjourney under one key, and its public catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devtools.simulator.cometapi import MODEL_OF_ID, CometDialect, build_model_list, build_unknown_model_error
from devtools.simulator.polling import flux
from devtools.simulator.polling.midjourney import Midjourney
from devtools.simulator.services.errors import ServiceError
from devtools.simulator.services.links import LinkStore
from devtools.simulator.services.multipart import read_form
from devtools.simulator.services.service import ImageService, guard_route, read_tree, route
from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.errors import ApiError
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.extension import Route

from . import ark, gpt_image, openai, seedream

_SEEDREAM = tuple(f"doubao-seedream-{model.ending}" for model in seedream.MODELS)
_GPT_IMAGE = ("gpt-image-2", "gpt-image-2.6-flare", "gpt-image-2.6-sunburst")
#: Routes without a key.
_FREE = frozenset({"catalogue", "result", "image", "elsewhere"})
_MIDJOURNEY = {"mj_fast_imagine": 0.056, "mj_turbo_imagine": 0.168}


class CometService(CometDialect):
    """The gateway. A path that it does not have is a redirect to its pages, not a JSON 404."""

    def __init__(self, keys: frozenset[str] | None, retired: frozenset[str]) -> None:
        super().__init__(keys, retired)
        self.links = LinkStore()
        self.flux = flux.FluxTasks(self.links)
        self.midjourney = Midjourney(self.links)
        self._words = _Words(keys, retired)
        self._routes = (
            route("GET", "/api/models", "catalogue", lambda _call, _id: replies.reply_with_tree(build_catalogue())),
            route("GET", "/v1/models", "models", lambda _call, _id: replies.reply_with_tree(_list_models())),
            route("POST", "/v1/images/generations", "generate", self._generate),
            route("POST", "/v1/images/edits", "generate", self._edit),
            route("GET", "/flux/v1/get_result", "poll", lambda call, _id: self.flux.poll(call, 200)),
            route("POST", r"/flux/v1/(?P<id>[^/]+)", "generate", self._submit_flux),
            *self.midjourney.build_routes(),
            *self.links.build_routes(),
        )
        self._elsewhere = tuple(route(method, "/.*", "elsewhere", _redirect) for method in ("GET", "POST"))

    def select_routes(self, routes: Sequence[Route]) -> Sequence[Route]:
        """Its own, Gemini's, and for all else a redirect."""
        found = (*self._routes, *super().select_routes(routes), *self._elsewhere)
        return [guard_route(item, _FREE, self._admit) for item in found]

    def check_key(self, headers: Mapping[str, str], query: Mapping[str, str]) -> None:
        """Nothing yet: some routes need no key."""

    def _admit(self, call: ServerCall) -> None:
        super().check_key(call.headers, call.query)

    def check_route(self, on: str) -> None:
        """It has more routes than Gemini's."""
        if on in ("upload", "files", "count", "batch", "batches"):
            super().check_route(on)

    def _generate(self, call: ServerCall, _ident: str) -> ServerReply:
        tree = read_tree(call)
        name = str(tree.get("model", ""))
        model = seedream.find_model(name)
        if model is not None and name.startswith(("doubao-", "bytedance-")):
            # What the gateway hands on has no stream.
            return ark.answer_seedream(self._words, self.links, call, seedream.check(tree, model), model, streams=False)
        return openai.answer_gpt_image(self._words, call, _check_gpt_image(name, tree), "image_generation")

    def _edit(self, call: ServerCall, _ident: str) -> ServerReply:
        form = read_form(call)
        if str(form.get_values().get("model", "")) not in _GPT_IMAGE:
            raise build_unknown_model_error(str(form.get_values().get("model", "")))
        return openai.answer_gpt_image(self._words, call, gpt_image.check_edit(form), "image_edit")

    def _submit_flux(self, call: ServerCall, model: str) -> ServerReply:
        if model not in flux.MODELS:
            raise build_unknown_model_error(model)
        return self.flux.submit(call, model, "/flux/v1/get_result")


class _Words(ImageService):
    """How the gateway words what a model refuses."""

    def build_moderation_error(self, stage: str) -> ApiError:
        """Its own message around the upstream's code."""
        return ServiceError(400, f"The {stage} may contain sensitive information.", "content_policy_violation")


def _check_gpt_image(name: str, tree: Tree) -> gpt_image.Order:
    if name not in _GPT_IMAGE:
        raise build_unknown_model_error(name)
    return gpt_image.check_generation(tree)


def _list_models() -> Tree:
    extra = (*_SEEDREAM, *_GPT_IMAGE, *_MIDJOURNEY, *flux.MODELS)
    tree = build_model_list()
    return {**tree, "data": [*tree["data"], *(openai.build_model(name, "comet") for name in extra)]}


def build_catalogue() -> Tree:
    """``GET /api/models``, which needs no key and has prices."""
    entries = [_build_entry(name, "Google", input=2.0, output=120.0) for name in MODEL_OF_ID]
    entries += [_build_entry(name, "OpenAI", input=4.0, output=24.0) for name in _GPT_IMAGE]
    entries += [
        _build_entry(f"doubao-seedream-{model.ending}", "Bytedance", per_request=model.usd) for model in seedream.MODELS
    ]
    entries += [_build_entry(name, "Midjourney", per_request=price) for name, price in _MIDJOURNEY.items()]
    entries += [_build_entry(name, "FLUX", per_request=0.06) for name in flux.MODELS]
    entries.append(_build_entry("a-text-model", "Other", kind="text", input=1.0, output=2.0))
    return {"success": True, "page": 0, "page_size": 0, "total": len(entries), "data": entries}


def _build_entry(name: str, provider: str, kind: str = "image", **prices: float) -> Tree:
    pricing = {"input": None, "output": None, "per_request": None, "per_second": None, **prices}
    currency = "USD" if pricing["per_request"] else "USD / M Tokens"
    features = ["text-to-image", "image-to-image"] if kind == "image" else ["text-to-text"]
    return {
        "id": name,
        "provider": provider,
        "model_type": kind,
        "features": features,
        "pricing": {"currency": currency, **pricing},
        "api_doc_url": "https://apidoc.cometapi.com/",
    }


def _redirect(_call: ServerCall, _ident: str) -> ServerReply:
    page = b"<html><body>Moved Permanently</body></html>"
    return ServerReply(301, [page], {"Content-Type": "text/html", "Location": "/console"}, len(page))
