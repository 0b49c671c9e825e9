# SPDX-License-Identifier: GPL-3.0-or-later
"""Views whose content moved smoothly, aligned to each other as well: where they show the same surface.

All at once; or each to what the surface shows already, which stays.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ....blender.host.progress_steps import ProgressStep, run_all, run_in_thread

if TYPE_CHECKING:
    from ....imaging.displacement.displacement import Displacement
    from ....imaging.displacement.joint_displacement import Followed, LaidView
    from .align_image import AlignedImage, KeptView


STEP: ProgressStep = (0.0, "Aligning the views to each other")


def align_together(images: Sequence[AlignedImage]) -> list[AlignedImage]:
    """All steps of `align_together_steps` at once."""
    return run_all(align_together_steps(images))


def align_together_steps(
    images: Sequence[AlignedImage], step: ProgressStep = STEP, held: Sequence[KeptView] = ()
) -> Generator[ProgressStep, None, list[AlignedImage]]:
    """The images of one object, aligned to each other where at least one was followed smoothly; in a thread.

    Only those change, and only where the images agree: else all stay as they are. What was kept for this is let go.
    What is `held` lies right, and stays.
    """
    own = [(number, image.kept) for number, image in enumerate(images) if image.kept is not None]
    result = [replace(image, kept=None) for image in images]
    if len(own) + len(held) < 2 or all(kept.displacement is None for _, kept in own):
        return result
    followed: list[Followed] = []
    every = (*(kept for _, kept in own), *held)
    is_posed = len({id(kept.geometry) for kept in every}) > 1
    for kept in every:
        followed.append(kept.draw(is_posed=is_posed))
        yield step
    with ThreadPoolExecutor(1) as pool:
        moves = yield from _follow(pool, [each.laid for each in followed], step)
        for (number, _), each, move in zip(own, followed, moves or (), strict=False):
            if move is not None:
                work_of_one = partial(_bend_again, images[number], each, move)
                result[number] = yield from run_in_thread(pool, work_of_one, step)
    return result


def _follow(
    pool: ThreadPoolExecutor, views: Sequence[LaidView], step: ProgressStep
) -> Generator[ProgressStep, None, list[Displacement | None] | None]:
    """The displacements of the views, in a thread, piece by piece: given up, the piece under way is the last one."""
    from ....imaging.displacement.joint_displacement import follow_together_steps

    first, text = step
    steps = follow_together_steps(views)
    share = 0.0
    while True:
        done = yield from run_in_thread(pool, partial(_advance, steps), (first + (1 - first) * share, text))
        if isinstance(done, _Moves):
            return done.found
        share = done


@dataclass(frozen=True, slots=True, eq=False)
class _Moves:
    """What comes of the steps."""

    found: list[Displacement | None] | None


def _advance(steps: Generator[float, None, list[Displacement | None] | None]) -> float | _Moves:
    """The next of the steps: how much is done, or what comes of them."""
    try:
        return next(steps)
    except StopIteration as end:
        return _Moves(end.value)


def _bend_again(image: AlignedImage, kept: Followed, move: Displacement) -> AlignedImage:
    """The image bent by another displacement, unless that folds or moves farther than a model does."""
    from ....imaging.displacement.displacement import bend
    from ....imaging.displacement.part_drift import is_plausible, measure_left

    evidence, longer = kept.laid.evidence, max(kept.laid.depth.size)
    if evidence is None or kept.laid.displacement is None or not is_plausible(move, longer):
        return replace(image, kept=None)
    before = measure_left(kept.laid.displacement, evidence)
    enlarged = move.enlarge(kept.scale)
    after = image.after * measure_left(move, evidence) / before if before > 0 else image.after
    bent = bend(kept.picture, enlarged, kept.matrix)
    return replace(image, picture=bent, displacement=enlarged, after=after, kept=None)
