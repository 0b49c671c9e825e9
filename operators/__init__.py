# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators: each collects values, calls one function and reports the result."""

from . import (
    apply,
    compare,
    conversation,
    costs,
    guides,
    history,
    history_files,
    jobs,
    provider,
    recovery,
    references,
    restyle,
    show_request,
    storyboard,
    texture,
)

CLASSES = (
    *restyle.CLASSES,
    *storyboard.CLASSES,
    *texture.CLASSES,
    *jobs.CLASSES,
    *apply.CLASSES,
    *references.CLASSES,
    *show_request.CLASSES,
    *guides.CLASSES,
    *provider.CLASSES,
    *conversation.CLASSES,
    *history.CLASSES,
    *compare.CLASSES,
    *history_files.CLASSES,
    *costs.CLASSES,
    *recovery.CLASSES,
)
