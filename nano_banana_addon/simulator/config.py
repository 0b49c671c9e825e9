# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for ``generationConfig``, tools and the system instruction, model by model."""

from __future__ import annotations

from . import images
from .asked import Asked
from .contents import check_parts
from .errors import INVALID, invalid
from .models import Model
from .trees import Tree, child, children

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


def check(asked: Asked, request: Tree) -> None:
    """Apply every rule to the parsed *request*, filling in *asked*; raises the service's 400."""
    config = child(request, "generationConfig")
    model = asked.model
    _modalities(asked, config.get("responseModalities") or [])
    _check_sampling(model, config)
    _check_thinking(asked, child(config, "thinkingConfig"))
    _extras(asked, request, config)
    if not model.makes_images:
        if config.get("imageConfig") or config.get("responseFormat"):
            raise invalid("Aspect ratio is not enabled for this model")
        return
    ratio, size = _ratio_and_size(config)
    _size(asked, size)
    _ratio(asked, ratio)
    asked.width, asked.height = model.sizes[asked.size][asked.ratio]


def _modalities(asked: Asked, wanted: list[str]) -> None:
    chosen = set(wanted)
    if asked.model.makes_images:
        if chosen and ("IMAGE" not in chosen or not chosen <= {"TEXT", "IMAGE"}):
            raise invalid(MODALITIES)
        asked.text_wanted = not chosen or "TEXT" in chosen
    else:
        if chosen - {"TEXT"}:
            raise invalid(MODALITIES)
        asked.image_wanted = False


def _check_sampling(model: Model, config: Tree) -> None:
    if config.get("candidateCount", 1) != 1:
        raise invalid("Multiple candidates is not enabled for this model")
    top = 1.0 if model.makes_images else 2.0
    temperature = config.get("temperature", 1.0)
    if not 0.0 <= temperature <= top:
        raise invalid(
            f"Unable to submit request because it has a temperature value of {temperature} but "
            f"the supported range is from 0 (inclusive) to {top:g} (inclusive)."
        )
    if not 0.0 <= config.get("topP", 0.95) <= 1.0 or config.get("topK", 64) < 1:
        raise invalid()
    if config.get("maxOutputTokens", 1) < 1:
        raise invalid()
    if model.makes_images and any(name in config for name in _NOT_FOR_IMAGES):
        raise invalid()


_NOT_FOR_IMAGES = (
    *("stopSequences", "responseMimeType", "responseSchema", "responseJsonSchema"),
    *("responseLogprobs", "logprobs", "speechConfig"),
)


def _check_thinking(asked: Asked, thinking: Tree) -> None:
    level = thinking.get("thinkingLevel")
    if asked.model.makes_images and level not in (None, "THINKING_LEVEL_UNSPECIFIED"):
        if level not in asked.model.thinking_levels:
            raise invalid(
                f"Thinking level {level} is not supported for this model. Please retry with other thinking level."
            )
        if "thinkingBudget" in thinking:
            raise invalid()
    if asked.model.makes_images and "thinkingBudget" in thinking:
        raise invalid()
    asked.include_thoughts = bool(thinking.get("includeThoughts"))


def _extras(asked: Asked, request: Tree, config: Tree) -> None:
    model = asked.model
    if "systemInstruction" in request:
        if not model.takes_system:
            raise invalid(f"Developer instruction is not enabled for models/{model.id}")
        check_parts(request["systemInstruction"], "GenerateContentRequest.system_instruction")
        texts = (part.get("text") or "" for part in request["systemInstruction"]["parts"])
        asked.text_length += sum(map(len, texts))
    if config.get("mediaResolution") and not model.takes_media_resolution:
        raise invalid(f"Media resolution is not enabled for models/{model.id}")
    if "cachedContent" in request and model.makes_images:
        raise invalid()
    for tool in children(request, "tools"):
        _tool(asked, tool)
    asked.max_output = config.get("maxOutputTokens")
    asked.tier = request.get("serviceTier") or "standard"


def _tool(asked: Asked, tool: Tree) -> None:
    model = asked.model
    if model.makes_images and set(tool) - {"googleSearch"}:
        raise invalid(f"Tool use other than search is not enabled for models/{model.id}")
    if "googleSearch" not in tool:
        return
    if not model.searches:
        raise invalid(f"Search as tool is not enabled for models/{model.id}")
    types = child(child(tool, "googleSearch"), "searchTypes")
    if "imageSearch" in types and not model.searches_images:
        raise invalid(f"Image search is not supported for models/{model.id}")
    asked.search = True


def _ratio_and_size(config: Tree) -> tuple[str | None, str | None]:
    plain: Tree | None = config.get("imageConfig")
    form: Tree | None = child(config, "responseFormat").get("image")
    if plain is not None and form is not None:
        raise invalid("image_config and response_format.image must not be set together.")
    if form is None:
        plain = plain or {}
        return plain.get("aspectRatio"), plain.get("imageSize")
    ratio, size = form.get("aspectRatio"), form.get("imageSize")
    return _ratio_of_enum(ratio), _SIZE_OF_ENUM.get(size or "")


def _ratio_of_enum(name: str | None) -> str | None:
    """``ASPECT_RATIO_SIXTEEN_BY_NINE`` -> ``16:9``."""
    if name is None or name.endswith("UNSPECIFIED"):
        return None
    wide, high = name.removeprefix("ASPECT_RATIO_").split("_BY_")
    return f"{_NUMBERS[wide]}:{_NUMBERS[high]}"


def _size(asked: Asked, size: str | None) -> None:
    if size is None:
        return
    if not asked.model.takes_size:
        raise invalid()
    if size not in _KNOWN_SIZES:
        raise invalid(
            f"Invalid value at 'generation_config.image_config.image_size', \"{size}\": use one of 512, 1K, 2K, 4K."
        )
    if size not in asked.model.sizes:
        raise invalid(INVALID)
    asked.size = size


def _ratio(asked: Asked, ratio: str | None) -> None:
    if ratio is not None:
        if ratio not in asked.model.sizes[asked.size]:
            supported = ", ".join(asked.model.ratios())
            raise invalid(f'Aspect ratio "{ratio}" is not supported. Use one of: {supported}.')
        asked.ratio = ratio
        return
    # Contract case 21: without a ratio the last picture decides, without a picture it is square.
    size = images.pixel_size(asked.pictures[-1].data) if asked.pictures else None
    asked.ratio = asked.model.nearest_ratio(*size) if size else "1:1"
