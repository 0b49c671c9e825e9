# SPDX-License-Identifier: GPL-3.0-or-later
"""What each paying button will cost before it is pressed, and how such a button is drawn. Cheap enough for draw()."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bpy

from ..blender.host.preferences import get_preferences
from ..blender.notes import scene_notes
from ..core import cost, models
from ..core.constants import BATCH, EditMode, ReferenceRole
from ..core.cost import Payment
from ..core.options import DEFAULT
from ..core.request import GenerationRequest, Reference
from ..core.scene.capture import MapPanel
from ..core.settings import Settings
from ..core.storyboard.continuity import CONTINUITY_OPTIONS, Strength
from ..core.text import prompts
from ..core.text.lines import measure
from ..core.texture import require_texture_context
from ..identity import PAID_AGAIN_ICON, SCENE_PROPERTY, SESSION_PROPERTY
from ..storage.store import Store
from ..translations import translate
from .generation import readiness, request_builder, scene_settings
from .history import gallery
from .storyboard import shots, stale
from .texture.maps import texture_info
from .texture.views import texture_settings

if TYPE_CHECKING:
    from .texture.views.grey_sheets import Service

#: The settings of one shot that decide about its price.
_PRICED = ("model", "custom_model", "image_size", "service_tier", "quality")
_PAID_ICON = "BRUSH_DATA"
_PIXELS_PER_LETTER, _BESIDE = 5.2, 90.0  # at interface scale 1: the default font; tabs, borders, icon, small button
#: The price of each view of the textures that were shown, by the ids of their images.
_view_prices: dict[tuple[str, ...], dict[int, Payment]] = {}
#: What decides about the price of sheets of grey maps of these textures; None where their views are gone.
_sheet_services: dict[tuple[str, ...], Service | None] = {}


def draw_paid_operator(
    layout: bpy.types.UILayout,
    identifier: str,
    verb: str,
    payment: Payment,
    *,
    again: bool = False,
    icon: str = _PAID_ICON,
) -> bpy.types.OperatorProperties:
    """Draw a button that pays, with the count and the price. With `again` it pays for what was requested before."""
    text = write_label(verb, payment, count_letters(bpy.context))
    return layout.operator(identifier, text=text, icon=PAID_AGAIN_ICON if again else icon)


def write_label(verb: str, payment: Payment, letters: int) -> str:
    """The text of a button that pays, in the language of the interface.

    Where there is no room for all of it, the price comes first: what is cut off is the end.
    """
    free, verb = translate("free"), translate(verb)
    text = payment.to_label(verb, free)
    if verb and payment.count and measure(text) > letters:
        return f"{payment.to_label('', free)}  {verb}"
    return text


def count_letters(context: bpy.types.Context) -> int:
    """How many letters fit into a button across the sidebar, beside an icon and a small button."""
    if context.region is None or context.region.type != "UI" or context.region.width <= 1:  # 1 without a window
        return 1000
    scale = context.preferences.system.ui_scale or 1.0
    return max(int((context.region.width / scale - _BESIDE) / _PIXELS_PER_LETTER), 8)


def draw_batch_operator(
    layout: bpy.types.UILayout, context: bpy.types.Context, identifier: str, payment: Payment
) -> None:
    """Draw a second button that submits the same as a batch, where the provider takes them."""
    settings = scene_settings.settings_of(context.scene)
    tier = settings.service_tier.lower()
    takes_batches = readiness.get_provider().id in cost.BATCH_PROVIDERS and models.find(settings.model_id).tiers
    if not takes_batches or tier == BATCH or not payment.count or payment.dollars is None:
        return
    half = payment.dollars * cost.TIER_FACTORS[BATCH] / cost.TIER_FACTORS.get(tier, 1.0)
    half_payment = replace(payment, dollars=half)
    draw_paid_operator(layout, identifier, "Submit for Half Price", half_payment, icon="TIME").service_tier = "BATCH"


def draw_shots_batch_operator(
    layout: bpy.types.UILayout, context: bpy.types.Context, identifier: str, payment: Payment
) -> None:
    """The same for shots, unless one of them has a service tier of its own."""
    entries = shots.get_group(context.scene).shots
    if not any(entry.settings.is_property_set("service_tier") for entry in entries):
        draw_batch_operator(layout, context, identifier, payment)


def price_image(settings: Settings, references: int, *, continues: bool = False) -> float:
    """The price of one image in US dollars with these settings and so many references."""
    preferences = get_preferences()
    request = GenerationRequest(
        prompt=settings.prompt,
        provider=settings.provider or (str(preferences.provider) if preferences else "google"),
        model=settings.model_id,
        image_size=settings.image_size,
        references=(Reference(ReferenceRole.OBJECT, ""),) * references,
        service_tier=settings.service_tier.lower(),
        quality=settings.quality.lower(),
        continues="it" if continues else "",
    )
    return cost.estimate(request)


def estimate_restyle(context: bpy.types.Context, source: str = "") -> Payment:
    """Restyle, with the scene's settings and another source if one is given."""
    settings = scene_settings.settings_of(context.scene)
    if source:
        settings = replace(settings, source=source)
    price = price_image(settings, _count_references(context, settings))
    return Payment(settings.variants, price * settings.variants)


def estimate_sheet(context: bpy.types.Context) -> Payment:
    """A sheet of a member of the cast: the rendered one goes with the references."""
    settings = scene_settings.settings_of(context.scene)
    references = sum(entry.enabled for entry in getattr(context.scene, SCENE_PROPERTY).references)
    return Payment(1, price_image(settings, references + 1))


def estimate_edit(context: bpy.types.Context) -> Payment:
    """Edit: the crop, and before it the outlined one where the area is not sent empty, go with the references."""
    settings = scene_settings.settings_of(context.scene)
    references = sum(entry.enabled for entry in getattr(context.scene, SCENE_PROPERTY).references)
    cuts = 1 if settings.edit_mode in (EditMode.FILL, EditMode.EXTEND) else 2
    return Payment(settings.variants, price_image(settings, references + cuts) * settings.variants)


def estimate_storyboard(context: bpy.types.Context) -> Payment:
    """Storyboard: all shots."""
    return price_shots(context)[0]


def price_shots(context: bpy.types.Context) -> tuple[Payment, Payment]:
    """All shots, and those that are missing or stale by the last check."""
    if entries := shots.get_group(context.scene).shots:
        prices = _price_entries(context, entries)
        due = [prices[number] for number in stale.number_due(context.scene, [e.shot_id for e in entries])]
        return Payment(len(prices), sum(prices)), Payment(len(due), sum(due))
    settings = scene_settings.settings_of(context.scene)
    references = _count_references(context, settings) + getattr(context.scene, SCENE_PROPERTY).cast_images
    keys = [shot.key for shot in shots.list_shots(context.scene)]
    later = price_image(settings, references + 1)
    dollars = price_image(settings, references) + later * (len(keys) - 1) if keys else 0.0
    due_count = len(stale.number_due(context.scene, keys))
    return Payment(len(keys), dollars), Payment(due_count, min(later * due_count, dollars))


def estimate_shot(context: bpy.types.Context, entry: Any) -> Payment:
    """One shot of the list."""
    return Payment(1, sum(_price_entries(context, [entry])))


def _price_entries(context: bpy.types.Context, entries: Iterable[Any]) -> list[float]:
    """The price of each shot with its own settings, as far as these decide about it, and the frames that it needs."""
    settings = scene_settings.settings_of(context.scene)
    references = _count_references(context, settings) + getattr(context.scene, SCENE_PROPERTY).cast_images
    shared = shots.read_continuity(shots.get_group(context.scene))
    known: dict[tuple[Any, ...], float] = {}
    prices: list[float] = []
    for entry in entries:
        group, continuity = entry.settings, entry.continuity
        own = tuple((n, getattr(group, n)) for n in _PRICED if group.is_property_set(n))
        key = (own, *(getattr(continuity, name) for name in CONTINUITY_OPTIONS))
        if key not in known:
            values = {name: "" if value == DEFAULT else value for name, value in own}
            frames = sum(shots.read_strength(entry, name, shared) != Strength.OFF for name in CONTINUITY_OPTIONS)
            known[key] = price_image(settings.replace_choices(values), references + frames)
        prices.append(known[key])
    return prices


def _count_references(context: bpy.types.Context, settings: Settings) -> int:
    references = sum(entry.enabled for entry in getattr(context.scene, SCENE_PROPERTY).references)
    return references + request_builder.count_drawn(context, settings)


def estimate_texture(context: bpy.types.Context, **choices: str) -> Payment:
    """Texture from Views, with the scene's settings, or with some `choices` made otherwise."""
    settings = scene_settings.settings_of(context.scene)
    texture = texture_settings.texture_settings_of(context.scene).replace_choices(choices)
    references = sum(entry.enabled for entry in getattr(context.scene, SCENE_PROPERTY).references)
    pictures = texture_info.count_pictures(context, texture)
    price = price_image(settings, references + len(texture.guides) + (texture.anchor and pictures > 1))
    payment = Payment(pictures, price * pictures)
    if texture.pbr and pictures:
        payment += _estimate_sheets(settings, texture_info.count_views(context, texture))
    return payment


def _estimate_sheets(settings: Settings, count: int) -> Payment:
    """The sheets of roughness and metallic of some views."""
    from .texture.views import grey_sheets  # NumPy: not for those who do not need it
    from .texture.views import views as view_sets

    preferences = get_preferences()
    provider = settings.provider or (str(preferences.provider) if preferences else "google")
    facts = (settings.service_tier.lower(), settings.quality.lower())
    service = grey_sheets.Service(provider, settings.model_id, view_sets.size_of(settings), *facts)
    return grey_sheets.estimate_sheets(service, count)


def estimate_added_view(context: bpy.types.Context) -> Payment:
    """Add View: the guides, the present look and the references go along."""
    settings, texture = scene_settings.settings_of(context.scene), texture_settings.texture_settings_of(context.scene)
    references = sum(entry.enabled for entry in getattr(context.scene, SCENE_PROPERTY).references)
    return Payment(1, price_image(settings, references + len(texture.guides) + 1))


def estimate_detail(context: bpy.types.Context, group: bpy.types.NodeTree) -> Payment:
    """Add Detail: all tiles of the views of a texture; those that do not show the object will not be sent."""
    settings, texture = scene_settings.settings_of(context.scene), texture_settings.texture_settings_of(context.scene)
    count = len(texture_info.list_shown_views(group)) * texture.detail_tiles**2
    return Payment(count, price_image(settings, len(texture.guides) + 1) * count)


def estimate_continuation(context: bpy.types.Context, own_price: float) -> Payment:
    """The next change of a conversation: `own_price` with the image's own settings, else by those of the panels."""
    conversation = getattr(context.window_manager, SESSION_PROPERTY).conversation
    settings = scene_settings.settings_of(context.scene)
    plain, marked = (price_image(settings, references, continues=True) for references in (0, 1))
    extra = marked - plain if conversation.notes and scene_notes.list_notes(context.scene) else 0.0
    return Payment(1, (own_price if conversation.as_before else plain) + extra)


def estimate_view(group: bpy.types.NodeTree, index: int) -> Payment:
    """One view of a texture generated again, with its maps if it has them; unknown if its image is gone."""
    return _price_texture(group).get(index, Payment(1, None))


def estimate_missing_maps(group: bpy.types.NodeTree, missing: list[int]) -> Payment:
    """The sheets of roughness and metallic of those views of a texture that lack them."""
    from .texture.views import grey_sheets  # as in `_estimate_sheets`

    ids, store = tuple(texture_info.generations_of(group)), gallery.find_store()
    if ids not in _sheet_services and store:
        views = (g.request for g in store.many(ids) if not _list_panels(g.request))
        _sheet_services[ids] = next(map(grey_sheets.Service.of, views), None)
    service = _sheet_services.get(ids)
    return grey_sheets.estimate_sheets(service, len(missing)) if service else Payment(1, None)


def _price_texture(group: bpy.types.NodeTree) -> dict[int, Payment]:
    ids = tuple(texture_info.generations_of(group))
    store = gallery.find_store()
    if ids not in _view_prices and store:
        _view_prices[ids] = _price_views(store, ids)
    return _view_prices.get(ids, {})


def _price_views(store: Store, ids: tuple[str, ...]) -> dict[int, Payment]:
    requests = [generation.request for generation in store.many(ids) if generation.request.texture]
    with_maps = {panel.index for request in requests for panel in _list_panels(request)}
    prices: dict[int, Payment] = {}
    for request in requests:
        indices = [tile.index for tile in require_texture_context(request).shown if not tile.detail]
        price = Payment(1, cost.estimate(request, len(prompts.compose(request))))
        if set(indices) & with_maps:
            from .texture.views import grey_sheets  # as in `_estimate_sheets`

            price += grey_sheets.estimate_sheets(grey_sheets.Service.of(request), len(indices))
        prices |= dict.fromkeys(indices, price)
    return prices


def _list_panels(request: GenerationRequest) -> tuple[MapPanel, ...]:
    return require_texture_context(request).panels if request.texture else ()
