# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators: each collects values, calls one function and reports the result."""

from . import (
    apply,
    compare,
    confirm,
    conversation,
    costs,
    edit,
    history,
    history_files,
    jobs,
    material,
    notes,
    provider,
    recovery,
    references,
    restyle,
    show_request,
)
from .layers import layers
from .presets import presets
from .start import start
from .storyboard import cast, export, shots, storyboard
from .texture import add_detail, add_view, bake, generate, keyframes, uv, views

#: In the order in which their classes are registered.
MODULES = (
    *(restyle, confirm, storyboard, export, shots, cast, edit, generate, views, keyframes, bake, uv),
    *(add_view, add_detail, jobs, apply),
    *(layers, material),
    *(references, notes, show_request, presets, start),
    *(provider, conversation, history, compare, history_files, costs, recovery),
)
