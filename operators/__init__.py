# SPDX-License-Identifier: GPL-3.0-or-later
"""The operators: thin. Each gathers values, calls one function, and reports."""

from . import (
    apply,
    compare,
    connection,
    conversation,
    exchange,
    guides,
    history,
    jobs,
    money,
    preview,
    recovery,
    references,
    restyle,
    storyboard,
    texture,
    texture_views,
)

CLASSES = (
    *restyle.CLASSES,
    *storyboard.CLASSES,
    *texture.CLASSES,
    *texture_views.CLASSES,
    *jobs.CLASSES,
    *apply.CLASSES,
    *references.CLASSES,
    *preview.CLASSES,
    *guides.CLASSES,
    *connection.CLASSES,
    *conversation.CLASSES,
    *history.CLASSES,
    *compare.CLASSES,
    *exchange.CLASSES,
    *money.CLASSES,
    *recovery.CLASSES,
)
