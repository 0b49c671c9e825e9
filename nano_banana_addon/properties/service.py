# SPDX-License-Identifier: GPL-3.0-or-later
"""The choices that the service is told beside prompt and pictures: thinking, search, safety, tier."""

from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty

from ..core.settings import DEFAULT, SAFETY_CATEGORIES, Settings

_DEFAULTS = Settings()

THINKING_ITEMS = (
    (DEFAULT, "Default", "As the model does by itself", 0),
    ("MINIMAL", "Minimal", "Quickest", 1),
    ("LOW", "Low", "", 2),
    ("MEDIUM", "Medium", "", 3),
    ("HIGH", "High", "Slowest and most careful", 4),
)
MEDIA_RESOLUTION_ITEMS = (
    (DEFAULT, "Default", "As the service does by itself", 0),
    ("LOW", "Low", "References are looked at coarsely: fewer input tokens", 1),
    ("MEDIUM", "Medium", "", 2),
    ("HIGH", "High", "References are looked at closely: more input tokens", 3),
)
SERVICE_TIER_ITEMS = (
    (DEFAULT, "Default", "Standard", 0),
    ("STANDARD", "Standard", "The usual price and speed", 1),
    ("FLEX", "Flex", "Half the price; slower, and refused when the service is busy", 2),
    ("PRIORITY", "Priority", "Before others, at a higher price", 3),
)
SAFETY_ITEMS = (
    (DEFAULT, "Default", "As the service does by itself", 0),
    ("OFF", "Off", "No filter beside those that cannot be switched off", 1),
    ("BLOCK_NONE", "Block None", "Rate, and block nothing", 2),
    ("BLOCK_ONLY_HIGH", "Block High", "Block what is probably harmful", 3),
    ("BLOCK_MEDIUM_AND_ABOVE", "Block Medium", "Block what is perhaps harmful", 4),
    ("BLOCK_LOW_AND_ABOVE", "Block Low", "Block whatever might be harmful", 5),
)


def _safety(category: str) -> object:
    label = category.replace("_", " ").title()
    return EnumProperty(
        name=label,
        description=f"From when on the service blocks: {label.lower()}",
        items=SAFETY_ITEMS,
        default=DEFAULT,
    )


class ServiceProperties:
    """A mixin; `core.settings.Settings` has the same names and defaults."""

    thinking_level: EnumProperty(
        name="Thinking",
        description="How long the model thinks before it paints",
        items=THINKING_ITEMS,
        default=DEFAULT,
    )
    include_thoughts: BoolProperty(
        name="Keep Thoughts",
        description="Keep the model's thoughts and drafts with the result",
        default=_DEFAULTS.include_thoughts,
    )
    system_instruction: StringProperty(
        name="System Instruction",
        description="Rules that hold for every prompt",
        default=_DEFAULTS.system_instruction,
    )
    google_search: BoolProperty(
        name="Google Search",
        description="Let the model look things up; its sources are shown",
        default=_DEFAULTS.google_search,
    )
    image_search: BoolProperty(
        name="Image Search",
        description="Let the model look at pictures of the web, too; not for people",
        default=_DEFAULTS.image_search,
    )
    media_resolution: EnumProperty(
        name="Media Resolution",
        description="How closely the model looks at the pictures sent",
        items=MEDIA_RESOLUTION_ITEMS,
        default=DEFAULT,
    )
    service_tier: EnumProperty(
        name="Service Tier",
        description="How much it costs and how soon it is painted",
        items=SERVICE_TIER_ITEMS,
        default=DEFAULT,
    )
    safety_harassment: _safety(SAFETY_CATEGORIES[0])
    safety_hate_speech: _safety(SAFETY_CATEGORIES[1])
    safety_sexually_explicit: _safety(SAFETY_CATEGORIES[2])
    safety_dangerous_content: _safety(SAFETY_CATEGORIES[3])
    temperature: FloatProperty(
        name="Temperature",
        description="Below 0: the model's default",
        min=-1.0,
        max=1.0,
        default=_DEFAULTS.temperature,
    )
    seed: IntProperty(
        name="Seed",
        description="Below 0: none. The service promises no repetition",
        min=-1,
        default=_DEFAULTS.seed,
    )
