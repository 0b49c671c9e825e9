# SPDX-License-Identifier: GPL-3.0-or-later
"""A Midjourney task as it is seen: status, buttons, and its picture, a grid of four or one of them."""

from __future__ import annotations

import hashlib
import time

from devtools.simulator.services import pictures
from devtools.simulator.services.links import LinkStore
from devtools.simulator.services.service import Order
from devtools.simulator.services.tasks import Task
from devtools.simulator.transport import FaultPlan
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.images import PNG
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.painting.gallery import make_draft

MODAL = "MODAL"
GRIDS = ("IMAGINE", "BLEND", "VARIATION", "REROLL")
#: Buttons that open a window before anything is painted.
MODAL_ACTIONS = ("Vary (Region)", "Custom Zoom")
_GRID_LABELS = ("U1", "U2", "U3", "U4", "🔄", "V1", "V2", "V3", "V4")
_SINGLE_LABELS = ("Upscale (Subtle)", "Vary (Strong)", *MODAL_ACTIONS)
_LINK_LIFE = 3600.0  # seconds
_WITHOUT_CASES = FaultPlan()
_KEPT = 0.8  # the share of a picture prompt that is seen: its composition does not stay


def find_action(label: str) -> str:
    """What a button does."""
    if label == "🔄":
        return "REROLL"
    return (
        "UPSCALE" if label.startswith("U") else "VARIATION" if label.startswith("V") and len(label) == 2 else "INPAINT"
    )


def build_buttons(task: Task) -> list[Tree]:
    """The buttons of a finished task; their ids are its own and hold for no other."""
    labels = _GRID_LABELS if task.state["action"] in GRIDS else _SINGLE_LABELS
    if task.state["action"] == "DESCRIBE":
        labels = ()
    mark = hashlib.sha256(task.id.encode()).hexdigest()[:12]
    return [
        {"customId": f"MJ::JOB::{number}::{mark}", "label": label, "emoji": "", "type": 2, "style": 2}
        for number, label in enumerate(labels)
    ]


def describe(call: ServerCall, task: Task, painted: TaskPictures) -> Tree:
    """The task as ``fetch`` shows it. While it paints, its link leads to a half-painted picture."""
    status, reason = _find_status(task)
    now = int(time.time() * 1000)
    tree: Tree = {
        "id": task.id,
        "action": task.state["action"],
        "status": status,
        "progress": "100%" if status == "SUCCESS" else "" if status in ("FAILURE", MODAL) else f"{task.progress:.0%}",
        "prompt": task.order.prompt,
        "promptEn": task.order.prompt,
        "state": task.state.get("state"),
        "submitTime": now,
        "startTime": now,
        "finishTime": now if status in ("SUCCESS", "FAILURE") else 0,
        "failReason": reason,
        "imageUrl": "",
        "image_urls": None,
        "buttons": [],
        "properties": {},
    }
    if status == "SUCCESS" and task.state["action"] == "DESCRIBE":
        tree["properties"] = {"finalPrompt": "\n\n".join(f"{n}️⃣ a picture, number {n}" for n in range(1, 5))}
    elif status == "SUCCESS" and "no_pictures" not in task.plan.service:
        link = painted.publish(call, task)
        tree |= {"imageUrl": link, "image_urls": [link], "buttons": build_buttons(task)}
    elif status == "IN_PROGRESS" and task.state["action"] != "DESCRIBE":
        tree["imageUrl"] = painted.publish(call, task, draft=True)
    return tree


def is_painted(task: Task) -> bool:
    """Whether the task has a finished picture."""
    return _find_status(task)[0] == "SUCCESS" and task.state["action"] != "DESCRIBE"


def _find_status(task: Task) -> tuple[str, str]:
    """Status and the reason of a failure."""
    if task.state.get("status") == MODAL:
        return MODAL, ""
    if task.progress < 1:
        return ("SUBMITTED" if task.polls == 1 else "IN_PROGRESS"), ""
    reason = task.state.get("failure", "")
    if "task_failed" in task.plan.service:
        reason = "The request failed upstream"
    if "moderation" in task.plan.service:
        reason = "Sorry! Our AI moderators feel your prompt might be against our community standards."
    return ("FAILURE", reason) if reason else ("SUCCESS", "")


class TaskPictures:
    """Paints tasks and publishes them."""

    def __init__(self, links: LinkStore) -> None:
        self._links = links

    def publish(self, call: ServerCall, task: Task, *, draft: bool = False) -> str:
        """A link to the task's picture, or to a rough one."""
        data = self.paint(call, task)
        return self._links.publish(call, make_draft(data, 1) if draft else data, PNG, _LINK_LIFE, task.plan)

    def paint(self, call: ServerCall, task: Task) -> bytes:
        """The task's picture as PNG."""
        if "picture" not in task.state:
            label = task.order.more.get("label", "")
            if task.state["action"] in GRIDS:
                task.state["picture"] = task.plan.alter_picture(self._paint_grid(call, task))
            else:
                task.state["picture"] = task.plan.alter_picture(self._cut(call, task, label))
        return task.state["picture"]

    def _paint_grid(self, call: ServerCall, task: Task) -> bytes:
        from PIL import Image

        parameters = task.state["parameters"]
        width, height = parameters.compute_grid_size()
        grid = Image.new("RGB", (width, height))
        references = tuple(_crop(data) for data in task.order.images)
        seed = parameters.seed + sum(task.id.encode())
        order = Order("midjourney", parameters.words, references, width // 2, height // 2, mime=PNG, seed=seed)
        for number in range(4):
            quarter = pictures.open_picture(pictures.paint(call.state, order, _WITHOUT_CASES, number))
            grid.paste(quarter, (number % 2 * (width // 2), number // 2 * (height // 2)))
        return pictures.encode(grid, PNG)

    def _cut(self, call: ServerCall, task: Task, label: str) -> bytes:
        """The parent's picture: one quarter of it for U n, twice as large, or painted anew where the mask is white."""
        picture = pictures.open_picture(self.paint(call, task.order.more["parent"]))
        width, height = picture.size
        if label in ("U1", "U2", "U3", "U4"):
            number = int(label[1]) - 1
            left, top = number % 2 * (width // 2), number // 2 * (height // 2)
            picture = picture.crop((left, top, left + width // 2, top + height // 2))
        elif label.startswith("Upscale"):
            picture = picture.resize((2 * width, 2 * height))
        elif "mask" in task.state:
            order = Order("midjourney", task.order.prompt, (), width, height, mime=PNG)
            new = pictures.open_picture(pictures.paint(call.state, order, _WITHOUT_CASES)).convert("RGB")
            mask = pictures.open_picture(task.state["mask"]).convert("L").resize((width, height))
            picture.paste(new, (0, 0), mask)
        return pictures.encode(picture, PNG)


def _crop(data: bytes) -> bytes:
    picture = pictures.open_picture(data).convert("RGB")
    width, height = picture.size
    left, top = int(width * (1 - _KEPT)), int(height * (1 - _KEPT) / 2)
    return pictures.encode(picture.crop((left, top, width, top + int(height * _KEPT))), PNG)
