# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields that the service knows, as data: what is not listed here is an unknown name.

The request is proto3 JSON: each message lists its fields in camelCase with their types. A type is
a scalar name, the name of a message, an ``EnumType``, or a ``RepeatedField`` of one of these.
"""

from __future__ import annotations

from dataclasses import dataclass

STRING, BYTES, BOOL = "TYPE_STRING", "TYPE_BYTES", "TYPE_BOOL"
INT32, INT64, FLOAT = "TYPE_INT32", "TYPE_INT64", "TYPE_FLOAT"
ANY = "any JSON"
SCALARS = frozenset({STRING, BYTES, BOOL, INT32, INT64, FLOAT, ANY})


@dataclass(frozen=True)
class EnumType:
    """An enumeration: its proto name (as errors print it) and its values."""

    name: str
    values: frozenset[str]


@dataclass(frozen=True)
class RepeatedField:
    """A repeated field."""

    item_type: str | EnumType


FieldType = str | EnumType | RepeatedField
Message = dict[str, FieldType]


def _build_enum(name: str, prefix: str, *values: str) -> EnumType:
    return EnumType(name, frozenset(prefix + value for value in values))


MODALITY = _build_enum("GenerationConfig.Modality", "", "MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO", "VIDEO")
THINKING_LEVEL = _build_enum(
    "ThinkingConfig.ThinkingLevel",
    "",
    *("THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"),
)
MEDIA_RESOLUTION = _build_enum(
    "GenerationConfig.MediaResolution", "MEDIA_RESOLUTION_", "UNSPECIFIED", "LOW", "MEDIUM", "HIGH"
)
PART_RESOLUTION = _build_enum(
    "PartMediaResolution.Level",
    "MEDIA_RESOLUTION_",
    *("UNSPECIFIED", "LOW", "MEDIUM", "HIGH", "ULTRA_HIGH"),
)
ASPECT_RATIO = _build_enum(
    "ImageResponseFormat.AspectRatio",
    "ASPECT_RATIO_",
    *("UNSPECIFIED", "ONE_BY_ONE", "TWO_BY_THREE", "THREE_BY_TWO", "THREE_BY_FOUR"),
    *("FOUR_BY_THREE", "FOUR_BY_FIVE", "FIVE_BY_FOUR", "NINE_BY_SIXTEEN", "SIXTEEN_BY_NINE"),
    *("TWENTY_ONE_BY_NINE", "ONE_BY_EIGHT", "EIGHT_BY_ONE", "ONE_BY_FOUR", "FOUR_BY_ONE"),
)
IMAGE_SIZE = _build_enum(
    "ImageResponseFormat.ImageSize",
    "IMAGE_SIZE_",
    *("UNSPECIFIED", "FIVE_TWELVE", "ONE_K", "TWO_K", "FOUR_K"),
)
MIME_TYPE = EnumType("ImageResponseFormat.MimeType", frozenset({"IMAGE_JPEG", "image/jpeg"}))
# The Developer API lists fewer categories than Vertex AI: none of HARM_CATEGORY_IMAGE_*.
CATEGORY = _build_enum(
    "HarmCategory",
    "HARM_CATEGORY_",
    *("UNSPECIFIED", "HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT"),
    "CIVIC_INTEGRITY",
)
THRESHOLD = _build_enum(
    "SafetySetting.HarmBlockThreshold",
    "",
    *("HARM_BLOCK_THRESHOLD_UNSPECIFIED", "OFF", "BLOCK_NONE", "BLOCK_ONLY_HIGH"),
    *("BLOCK_MEDIUM_AND_ABOVE", "BLOCK_LOW_AND_ABOVE"),
)
SERVICE_TIER = EnumType("ServiceTier", frozenset({"unspecified", "standard", "flex", "priority"}))

MESSAGES: dict[str, Message] = {
    "GenerateContentRequest": {
        "model": STRING,
        "contents": RepeatedField("Content"),
        "systemInstruction": "Content",
        "generationConfig": "GenerationConfig",
        "tools": RepeatedField("Tool"),
        "toolConfig": ANY,
        "safetySettings": RepeatedField("SafetySetting"),
        "cachedContent": STRING,
        "serviceTier": SERVICE_TIER,
        "store": BOOL,
    },
    "CountTokensRequest": {
        "contents": RepeatedField("Content"),
        "generateContentRequest": "GenerateContentRequest",
    },
    "Content": {"role": STRING, "parts": RepeatedField("Part")},
    "Part": {
        "text": STRING,
        "inlineData": "Blob",
        "fileData": "FileData",
        "thought": BOOL,
        "thoughtSignature": BYTES,
        "mediaResolution": "PartMediaResolution",
        "functionCall": ANY,
        "functionResponse": ANY,
        "executableCode": ANY,
        "codeExecutionResult": ANY,
        "videoMetadata": ANY,
        "partMetadata": ANY,
    },
    "Blob": {"mimeType": STRING, "data": BYTES},
    "FileData": {"mimeType": STRING, "fileUri": STRING},
    "PartMediaResolution": {"level": PART_RESOLUTION},
    "GenerationConfig": {
        "responseModalities": RepeatedField(MODALITY),
        "imageConfig": "ImageConfig",
        "responseFormat": "ResponseFormat",
        "thinkingConfig": "ThinkingConfig",
        "mediaResolution": MEDIA_RESOLUTION,
        "temperature": FLOAT,
        "topP": FLOAT,
        "topK": FLOAT,
        "seed": INT32,
        "candidateCount": INT32,
        "maxOutputTokens": INT32,
        "stopSequences": RepeatedField(STRING),
        "responseMimeType": STRING,
        "responseSchema": ANY,
        "responseJsonSchema": ANY,
        "presencePenalty": FLOAT,
        "frequencyPenalty": FLOAT,
        "responseLogprobs": BOOL,
        "logprobs": INT32,
        "speechConfig": ANY,
        "enableEnhancedCivicAnswers": BOOL,
    },
    "ImageConfig": {"aspectRatio": STRING, "imageSize": STRING},
    "ResponseFormat": {"image": "ImageResponseFormat"},
    "ImageResponseFormat": {
        "aspectRatio": ASPECT_RATIO,
        "imageSize": IMAGE_SIZE,
        "mimeType": MIME_TYPE,
    },
    "ThinkingConfig": {
        "thinkingLevel": THINKING_LEVEL,
        "includeThoughts": BOOL,
        "thinkingBudget": INT32,
    },
    "Tool": {
        "googleSearch": "GoogleSearch",
        "functionDeclarations": ANY,
        "codeExecution": ANY,
        "urlContext": ANY,
        "googleMaps": ANY,
        "googleSearchRetrieval": ANY,
        "fileSearch": ANY,
        "computerUse": ANY,
    },
    "GoogleSearch": {"searchTypes": "SearchTypes", "timeRangeFilter": ANY},
    "SearchTypes": {"webSearch": "Empty", "imageSearch": "Empty"},
    "Empty": {},
    "SafetySetting": {"category": CATEGORY, "threshold": THRESHOLD},
    "FileRequest": {"file": "File"},
    "File": {"name": STRING, "displayName": STRING, "mimeType": STRING, "sizeBytes": INT64},
}
