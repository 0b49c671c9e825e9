# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for ``generationConfig``, tools and the system instruction, model by model."""

from __future__ import annotations

from . import images
from .contents import check_parts
from .errors import INVALID, build_invalid
from .json_access import Tree, get_child, get_children
from .models import Model
from .parsed_request import ParsedRequest

MODALITIES = "The requested combination of response modalities is not supported by the model."
_NUMBERS = {
    **{"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5},
    **{"EIGHT": 8, "NINE": 9, "SIXTEEN": 16, "TWENTY_ONE": 21},
}
_SIZE_OF_ENUM = {
    "IMAGE_SIZE_FIVE_TWELVE": "512",
    "IMAGE_SIZE_ONE_K": "1K",
    "IMAGE_SIZE_TWO_K": "2K",
    "IMAGE_SIZE_FOUR_K": "4K",
}
_KNOWN_SIZES = frozenset(_SIZE_OF_ENUM.values())


def check(parsed: ParsedRequest, request: Tree) -> None:
    """Apply every rule to the parsed *request*, filling in *parsed*; raises the service's 400."""
    config = get_child(request, "generationConfig")
    model = parsed.model
    _check_modalities(parsed, config.get("responseModalities") or [])
    _check_sampling(model, config)
    _check_thinking(parsed, get_child(config, "thinkingConfig"))
    _check_extras(parsed, request, config)
    if not model.makes_images:
        if config.get("imageConfig") or config.get("responseFormat"):
            raise build_invalid("Aspect ratio is not enabled for this model")
        return
    ratio, size = _read_ratio_and_size(config)
    _check_size(parsed, size)
    _check_ratio(parsed, ratio)
    parsed.width, parsed.height = model.sizes[parsed.size][parsed.ratio]


def _check_modalities(parsed: ParsedRequest, modalities: list[str]) -> None:
    selection = set(modalities)
    if parsed.model.makes_images:
        if selection and ("IMAGE" not in selection or not selection <= {"TEXT", "IMAGE"}):
            raise build_invalid(MODALITIES)
        parsed.wants_text = not selection or "TEXT" in selection
    else:
        if selection - {"TEXT"}:
            raise build_invalid(MODALITIES)
        parsed.wants_image = False


def _check_sampling(model: Model, config: Tree) -> None:
    if config.get("candidateCount", 1) != 1:
        raise build_invalid("Multiple candidates is not enabled for this model")
    top = 1.0 if model.makes_images else 2.0
    temperature = config.get("temperature", 1.0)
    if not 0.0 <= temperature <= top:
        raise build_invalid(
            f"Unable to submit request because it has a temperature value of {temperature} but "
            f"the supported range is from 0 (inclusive) to {top:g} (inclusive)."
        )
    if not 0.0 <= config.get("topP", 0.95) <= 1.0 or config.get("topK", 64) < 1:
        raise build_invalid()
    if config.get("maxOutputTokens", 1) < 1:
        raise build_invalid()
    if model.makes_images and any(name in config for name in _NOT_FOR_IMAGES):
        raise build_invalid()


_NOT_FOR_IMAGES = (
    *("stopSequences", "responseMimeType", "responseSchema", "responseJsonSchema"),
    *("responseLogprobs", "logprobs", "speechConfig"),
)


def _check_thinking(parsed: ParsedRequest, thinking: Tree) -> None:
    level = thinking.get("thinkingLevel")
    if parsed.model.makes_images and level not in (None, "THINKING_LEVEL_UNSPECIFIED"):
        if level not in parsed.model.thinking_levels:
            raise build_invalid(
                f"Thinking level {level} is not supported for this model. Please retry with other thinking level."
            )
        if "thinkingBudget" in thinking:
            raise build_invalid()
    if parsed.model.makes_images and "thinkingBudget" in thinking:
        raise build_invalid()
    parsed.include_thoughts = bool(thinking.get("includeThoughts"))


def _check_extras(parsed: ParsedRequest, request: Tree, config: Tree) -> None:
    model = parsed.model
    if "systemInstruction" in request:
        if not model.takes_system:
            raise build_invalid(f"Developer instruction is not enabled for models/{model.id}")
        check_parts(request["systemInstruction"], "GenerateContentRequest.system_instruction")
        texts = (part.get("text") or "" for part in request["systemInstruction"]["parts"])
        parsed.text_length += sum(map(len, texts))
    if config.get("mediaResolution") and not model.takes_media_resolution:
        raise build_invalid(f"Media resolution is not enabled for models/{model.id}")
    if "cachedContent" in request and model.makes_images:
        raise build_invalid()
    for tool in get_children(request, "tools"):
        _check_tool(parsed, tool)
    parsed.max_output = config.get("maxOutputTokens")
    parsed.tier = request.get("serviceTier") or "standard"


def _check_tool(parsed: ParsedRequest, tool: Tree) -> None:
    model = parsed.model
    if model.makes_images and set(tool) - {"googleSearch"}:
        raise build_invalid(f"Tool use other than search is not enabled for models/{model.id}")
    if "googleSearch" not in tool:
        return
    if not model.searches:
        raise build_invalid(f"Search as tool is not enabled for models/{model.id}")
    types = get_child(get_child(tool, "googleSearch"), "searchTypes")
    if "imageSearch" in types and not model.searches_images:
        raise build_invalid(f"Image search is not supported for models/{model.id}")
    parsed.search = True


def _read_ratio_and_size(config: Tree) -> tuple[str | None, str | None]:
    plain: Tree | None = config.get("imageConfig")
    form: Tree | None = get_child(config, "responseFormat").get("image")
    if plain is not None and form is not None:
        raise build_invalid("image_config and response_format.image must not be set together.")
    if form is None:
        plain = plain or {}
        return plain.get("aspectRatio"), plain.get("imageSize")
    ratio, size = form.get("aspectRatio"), form.get("imageSize")
    return _parse_ratio(ratio), _SIZE_OF_ENUM.get(size or "")


def _parse_ratio(name: str | None) -> str | None:
    """``ASPECT_RATIO_SIXTEEN_BY_NINE`` -> ``16:9``."""
    if name is None or name.endswith("UNSPECIFIED"):
        return None
    wide, high = name.removeprefix("ASPECT_RATIO_").split("_BY_")
    return f"{_NUMBERS[wide]}:{_NUMBERS[high]}"


def _check_size(parsed: ParsedRequest, size: str | None) -> None:
    if size is None:
        return
    if not parsed.model.takes_size:
        raise build_invalid()
    if size not in _KNOWN_SIZES:
        raise build_invalid(
            f"Invalid value at 'generation_config.image_config.image_size', \"{size}\": use one of 512, 1K, 2K, 4K."
        )
    if size not in parsed.model.sizes:
        raise build_invalid(INVALID)
    parsed.size = size


def _check_ratio(parsed: ParsedRequest, ratio: str | None) -> None:
    if ratio is not None:
        if ratio not in parsed.model.sizes[parsed.size]:
            supported = ", ".join(parsed.model.list_ratios())
            raise build_invalid(f'Aspect ratio "{ratio}" is not supported. Use one of: {supported}.')
        parsed.ratio = ratio
        return
    # Contract case 21: without a ratio the last picture decides, without a picture it is square.
    size = images.read_pixel_size(parsed.pictures[-1].data) if parsed.pictures else None
    parsed.ratio = parsed.model.find_nearest_ratio(*size) if size else "1:1"
