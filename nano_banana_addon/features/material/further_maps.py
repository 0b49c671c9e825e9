# SPDX-License-Identifier: GPL-3.0-or-later
"""Roughness and metallic that were ordered together with a material: they are generated when it is there."""

from __future__ import annotations

from dataclasses import replace

import bpy

from ...blender.deliver.pbr import pbr_material
from ...core.constants import DeliveryKind
from ...core.errors import NanoBananaError
from ...core.menus import CUSTOM_MODEL
from ...core.request import GenerationRequest
from ...core.result import Generation
from ...core.settings import Settings
from ...session import panel_state, session
from ..generation import duplicates, request_builder, scene_settings
from ..generation.request_builder import Order
from . import panel_maps


def are_wanted(request: GenerationRequest) -> bool:
    """Whether a request asks for the maps of the material that its result becomes."""
    material = request.delivery.material
    return bool(material and material.generate_maps and not request.delivery.maps_of)


def leave_out(order: Order) -> Order:
    """The order for a script, which waits for the material and orders the maps itself."""
    deliveries = (each.delivery for each in order.requests)
    plain = (
        replace(each, material=replace(each.material, generate_maps=False)) for each in deliveries if each.material
    )
    requests = (replace(each, delivery=delivery) for each, delivery in zip(order.requests, plain, strict=True))
    return replace(order, requests=tuple(requests))


def prepare(context: bpy.types.Context, result: Generation) -> Order | None:
    """The order for the maps of the material that was made of a result, with its model, size and tier."""
    material = pbr_material.find_by_image(result.picture.sha256) if result.picture else None
    return panel_maps.prepare(context, _read_settings(context, result.request), material) if material else None


def send(delivered: Generation) -> None:
    """When a result was delivered by itself: send what was ordered with it. What exists is not paid again.

    Only for what was ordered since Blender started: nothing is sent by itself that an earlier press would pay for.
    """
    if delivered.delivered or not are_wanted(delivered.request) or delivered.created < session.current().opened:
        return
    if delivered.group or DeliveryKind.PBR_MATERIAL not in delivered.request.delivery.kinds:
        return
    try:
        order = prepare(bpy.context, delivered)
        split = duplicates.split_order(order) if order else None
        if split and split.missing.requests:
            request_builder.submit(split.missing)
        elif split:
            duplicates.deliver_existing(split.existing, in_group=False)
    except NanoBananaError as error:
        panel_state.show_error(error)


def _read_settings(context: bpy.types.Context, request: GenerationRequest) -> Settings:
    return scene_settings.settings_of(context.scene).replace_choices(
        {
            "provider": request.provider,
            "model": CUSTOM_MODEL,
            "custom_model": request.model,
            "image_size": request.image_size,
            "service_tier": request.service_tier.upper(),
        }
    )
