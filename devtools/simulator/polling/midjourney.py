# SPDX-License-Identifier: GPL-3.0-or-later
"""Midjourney as CometAPI automates it: every submission is a 200, what it means stands in ``code``."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from devtools.simulator.services import pictures
from devtools.simulator.services.links import LinkStore
from devtools.simulator.services.service import Order, answer_order, bill, read_tree, route
from devtools.simulator.services.tasks import Task, TaskStore
from devtools.simulator.transport import FaultPlan
from nano_banana_addon.simulator import replies
from nano_banana_addon.simulator.call import ServerCall
from nano_banana_addon.simulator.contract.json_access import Tree
from nano_banana_addon.simulator.contract.plan import ServerReply
from nano_banana_addon.simulator.extension import Route

from . import midjourney_prompt, midjourney_tasks
from .midjourney_tasks import MODAL, MODAL_ACTIONS

ACCEPTED, NOT_FOUND, VALIDATION, FAILURE, EXISTS, QUEUED, QUEUE_FULL, BANNED = 1, 3, 4, 9, 21, 22, 23, 24
LIFE = 24 * 3600.0  # seconds
_PATH = r"(?:/mj-(?:fast|turbo))?/mj"
_USD = {"": 0.03, "fast": 0.056, "turbo": 0.168}
_RATIOS = {"PORTRAIT": "2:3", "SQUARE": "1:1", "LANDSCAPE": "3:2"}


class SubmissionRefused(Exception):
    """A submission that is not taken: its code and words."""

    def __init__(self, code: int, description: str, **properties: Any) -> None:
        super().__init__(description)
        self.tree = {"code": code, "description": description, "result": None, "properties": properties}


class Midjourney:
    """The routes under ``/mj``, with their tasks."""

    def __init__(self, links: LinkStore) -> None:
        self.tasks = TaskStore(_make_id, LIFE)
        self._pictures = midjourney_tasks.TaskPictures(links)

    def build_routes(self) -> tuple[Route, ...]:
        """All of them; the speed is a prefix of the path."""
        submissions = {
            "imagine": self._imagine,
            "action": self._act,
            "modal": self._fill_modal,
            "blend": self._blend,
            "describe": self._describe,
        }
        return (
            *(route("POST", f"{_PATH}/submit/{name}", "generate", _wrap(run)) for name, run in submissions.items()),
            route("GET", rf"{_PATH}/task/(?P<id>[^/]+)/fetch", "poll", self._fetch),
            route("GET", rf"{_PATH}/image/(?P<id>[^/]+)", "image", self._serve_image),
        )

    def _imagine(self, call: ServerCall, tree: Tree) -> ServerReply:
        prompt = _require_text(tree, "prompt")
        if tree.get("botType", "MID_JOURNEY") not in ("MID_JOURNEY", "NIJI_JOURNEY"):
            raise SubmissionRefused(VALIDATION, "botType is not supported")
        images = _decode_pictures(tree.get("base64Array") or [], 0, 5)
        return self._submit(call, tree, Order("mj_imagine", prompt, images), "IMAGINE")

    def _blend(self, call: ServerCall, tree: Tree) -> ServerReply:
        images = _decode_pictures(tree.get("base64Array") or [], 2, 5)
        shape = tree.get("dimensions", "SQUARE")
        if shape not in _RATIOS:
            raise SubmissionRefused(VALIDATION, "dimensions is not supported")
        return self._submit(call, tree, Order("mj_blend", f"blend --ar {_RATIOS[shape]}", images), "BLEND")

    def _describe(self, call: ServerCall, tree: Tree) -> ServerReply:
        images = _decode_pictures([tree.get("base64")], 1, 1)
        return self._submit(call, tree, Order("mj_describe", "describe", images), "DESCRIBE")

    def _act(self, call: ServerCall, tree: Tree) -> ServerReply:
        task = self._find(call, _require_text(tree, "taskId"))
        custom = _require_text(tree, "customId")
        labels = {button["customId"]: button["label"] for button in midjourney_tasks.build_buttons(task)}
        if task.progress < 1 or custom not in labels:
            raise SubmissionRefused(VALIDATION, "The button is not one of the task's newest buttons")
        order = Order("mj_action", task.order.prompt, task.order.images, more={"parent": task, "label": labels[custom]})
        return self._submit(call, tree, order, midjourney_tasks.find_action(labels[custom]))

    def _fill_modal(self, call: ServerCall, tree: Tree) -> ServerReply:
        task = self._find(call, _require_text(tree, "taskId"))
        if task.state.get("status") != MODAL:
            raise SubmissionRefused(VALIDATION, "The task does not wait for input")
        (mask,) = _decode_pictures([tree.get("maskBase64")], 1, 1)
        task.state["mask"], task.state["status"] = mask, ""
        task.order.prompt = tree.get("prompt") or task.order.prompt
        return replies.reply_with_tree(_accept(task))

    def _find(self, call: ServerCall, ident: str) -> Task:
        task = self.tasks.find(ident, call.key)
        if task is None:
            raise SubmissionRefused(NOT_FOUND, "task_no_found")
        return task

    def _submit(self, call: ServerCall, tree: Tree, order: Order, action: str) -> ServerReply:
        def respond(order: Order, plan: FaultPlan) -> ServerReply:
            _refuse_by_plan(plan)
            task = self.tasks.add(call.key, order, plan)
            task.state.update(action=action, state=tree.get("state"), parameters=_parse_prompt(task))
            if order.more.get("label") in MODAL_ACTIONS:
                task.state["status"] = MODAL
                return replies.reply_with_tree(
                    {**_accept(task), "code": EXISTS, "description": "Waiting for window confirm"}
                )
            speed = next((name for name in ("fast", "turbo") if call.path.startswith(f"/mj-{name}/")), "")
            order.model = f"mj_{speed}_{action.lower()}" if speed else order.model
            bill(call, order, 4 if action in midjourney_tasks.GRIDS else 1, _USD[speed], task.id)
            return replies.reply_with_tree(_accept(task))

        return answer_order(call, order, respond)

    def _fetch(self, call: ServerCall, ident: str) -> ServerReply:
        task = self.tasks.poll(ident, call.key)
        if task is None:
            return replies.reply_with_tree({"code": NOT_FOUND, "description": "task_no_found", "result": None})
        tree = midjourney_tasks.describe(call, task, self._pictures)
        if "wrapped_task" in task.plan.service:
            tree = {"code": ACCEPTED, "description": "success", "result": tree}
        return replies.reply_with_tree(tree)

    def _serve_image(self, call: ServerCall, ident: str) -> ServerReply:
        task = self.tasks.find(ident)
        if task is None or not midjourney_tasks.is_painted(task):
            return replies.reply_with_tree({"code": NOT_FOUND, "description": "task_no_found", "result": None}, 404)
        data = self._pictures.paint(call, task)
        return ServerReply(200, [data], {"Content-Type": "image/png"}, len(data))


def _wrap(run: Callable[[ServerCall, Tree], ServerReply]) -> Callable[[ServerCall, str], ServerReply]:
    """A submission that is not taken is a 200 too."""

    def handle(call: ServerCall, _ident: str) -> ServerReply:
        try:
            return run(call, read_tree(call))
        except SubmissionRefused as refused:
            return replies.reply_with_tree(refused.tree)

    return handle


def _refuse_by_plan(plan: FaultPlan) -> None:
    cases = plan.service
    if cases.get("moderation", {}).get("stage") == "input" or ("moderation" in cases and not cases["moderation"]):
        raise SubmissionRefused(BANNED, "Banned prompt: banana", bannedWord="banana")
    if "queue_full" in cases:
        raise SubmissionRefused(QUEUE_FULL, "The queue is full, please try again later")
    if "already_there" in cases:
        raise SubmissionRefused(EXISTS, "Task already exists", status="IN_PROGRESS", imageUrl="")
    if "ok_error" in cases:
        raise SubmissionRefused(FAILURE, "Internal error")


def _parse_prompt(task: Task) -> midjourney_prompt.PromptParameters:
    """The prompt's parameters; wrong ones let the task fail later, not the submission."""
    try:
        return midjourney_prompt.parse(task.order.prompt)
    except ValueError as wrong:
        task.state["failure"] = str(wrong)
        return midjourney_prompt.PromptParameters(task.order.prompt)


def _accept(task: Task) -> Tree:
    result: str | int = int(task.id) if "number_id" in task.plan.service else task.id
    if "queued" in task.plan.service:
        words = "In queue, there are 3 tasks ahead"
        return {"code": QUEUED, "description": words, "result": result, "properties": {"numberOfQueues": 3}}
    return {"code": ACCEPTED, "description": "Submit success", "result": result, "properties": {}}


def _require_text(tree: Tree, name: str) -> str:
    value = tree.get(name)
    if not isinstance(value, str) or not value.strip():
        raise SubmissionRefused(VALIDATION, f"{name} cannot be empty")
    return value


def _decode_pictures(values: list[Any], least: int, most: int) -> tuple[bytes, ...]:
    if not least <= len(values) <= most:
        raise SubmissionRefused(VALIDATION, f"{least} to {most} pictures are needed")
    try:
        decoded = tuple(pictures.decode_data_uri(str(value)) for value in values)
        for data in decoded:
            pictures.measure(data)
    except ValueError as wrong:
        raise SubmissionRefused(VALIDATION, f"base64 {wrong}") from wrong
    return decoded


def _make_id(count: int) -> str:
    """Sixteen digits."""
    return str(1_700_000_000_000_000 + int(hashlib.sha256(f"mj/{count}".encode()).hexdigest()[:10], 16))
