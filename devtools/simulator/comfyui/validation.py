# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``POST /prompt`` refuses, in the server's own types and words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from nano_banana_addon.simulator.contract.json_access import Tree

from . import nodes
from .nodes import Input, ListFiles, NodeClass

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LONG_LIST = 20


class ServerTrouble(Exception):
    """What the server does not expect ends as a 500 in plain text."""


class PromptRefused(Exception):
    """The 400 of a prompt; ``tree`` is its body."""

    def __init__(
        self, kind: str, message: str, details: str = "", node_errors: Tree | None = None, **extra: Any
    ) -> None:
        super().__init__(message)
        error = {"type": kind, "message": message, "details": details, "extra_info": extra}
        self.tree = {"error": error, "node_errors": node_errors or {}}


@dataclass
class Validation:
    """One run over a graph. ``list_files`` and ``has_picture`` know the server's files."""

    graph: Tree
    classes: dict[str, NodeClass]
    list_files: ListFiles
    has_picture: Any
    done: dict[str, list[Tree]] = field(default_factory=dict[str, list[Tree]])
    bad: set[str] = field(default_factory=set[str])

    def check(self, old: bool) -> tuple[list[str], Tree]:
        """Ids of the outputs that can run, and errors by node; raises ``PromptRefused`` when none can."""
        outputs = self._find_outputs(old)
        good: list[str] = []
        errors: Tree = {}
        lines: list[str] = []
        for ident in outputs:
            try:
                valid = self._check_node(ident, [])
            except (KeyError, IndexError, TypeError) as error:
                self.done[ident] = [_build_exception(error)]
                self.bad.add(ident)
                valid = False
            if valid:
                good.append(ident)
                continue
            lines += [f"{reason['message']}: {reason['details']}" for reason in self.done[ident]]
            self._collect(errors, ident)
        if not good:
            words = "Prompt outputs failed validation"
            if old and "dependency_cycle" in {
                reason["type"] for about in errors.values() for reason in about["errors"]
            }:
                errors = {}
            raise PromptRefused("prompt_outputs_failed_validation", words, "\n".join(lines), errors)
        return good, errors

    def _collect(self, errors: Tree, output: str) -> None:
        """Errors of what stands before an output that cannot run."""
        for ident, reasons in self.done.items():
            if reasons:
                about = {"errors": reasons, "dependent_outputs": [], "class_type": self.graph[ident]["class_type"]}
                errors.setdefault(ident, about)["dependent_outputs"].append(output)

    def _find_outputs(self, old: bool) -> list[str]:
        outputs: list[str] = []
        for ident, node in self.graph.items():
            if old and isinstance(node, str | list | dict) and "class_type" not in node:
                words = "Cannot execute because a node is missing the class_type property."
                raise PromptRefused("invalid_prompt", words, f"Node ID '#{ident}'")
            if not isinstance(node, dict):
                raise ServerTrouble
            title, name = node.get("_meta", {}).get("title"), node.get("class_type")
            if name not in self.classes:
                raise _build_missing(ident, name, title, old)
            if self.classes[name].is_output:
                outputs.append(ident)
        if not outputs:
            raise PromptRefused("prompt_no_outputs", "Prompt has no outputs")
        return outputs

    def _check_node(self, ident: str, path: list[str]) -> bool:
        """Whether a node and all before it are valid."""
        if ident in path:
            self._note_cycle(path[path.index(ident) :])
            return False
        if ident in self.done:
            return ident not in self.bad
        node = self.graph[ident]
        errors: list[Tree] = []
        valid = True
        for item in self.classes[node["class_type"]].inputs:
            error, is_valid = self._check_input(node["inputs"], item, [*path, ident])
            valid = valid and is_valid
            errors += [error] if error else []
        self.done[ident] = [*self.done.get(ident, []), *errors]
        if errors or not valid:
            self.bad.add(ident)
        return ident not in self.bad

    def _note_cycle(self, cycle: list[str]) -> None:
        shown = " -> ".join(f"{ident} ({self.graph[ident]['class_type']})" for ident in (*cycle, cycle[0]))
        extra = {"node_id": cycle[0], "cycle_nodes": cycle}
        error = {
            "type": "dependency_cycle",
            "message": "Dependency cycle detected",
            "details": shown,
            "extra_info": extra,
        }
        for ident in cycle:
            self.done[ident] = [error]
            self.bad.add(ident)

    def _check_input(self, inputs: Tree, item: Input, path: list[str]) -> tuple[Tree | None, bool]:
        """An error of this input, and whether what it links to is valid."""
        if item.name not in inputs:
            if not item.required:
                return None, True
            return _build_error("required_input_missing", "Required input is missing", item.name, item.name), False
        value = inputs[item.name]
        config = nodes.build_config(item, self.list_files)
        if isinstance(value, list):
            return self._check_link(item, value, config, path)
        error = self._check_value(inputs, item, value, config)
        return error, error is None

    def _check_link(self, item: Input, link: list[Any], config: list[Any], path: list[str]) -> tuple[Tree | None, bool]:
        if len(link) != 2:
            words = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
            return _build_error("bad_linked_input", words, item.name, item.name, config, received_value=link), False
        source = self.classes[self.graph[link[0]]["class_type"]]
        kinds = tuple(kind for kind, _name in source.outputs)
        received = kinds[link[1]]
        if received != item.kind:
            details = f"{item.name}, received_type({received}) mismatch input_type({config[0]})"
            extra = {"received_type": received, "linked_node": link}
            words = "Return type mismatch between linked nodes"
            return _build_error("return_type_mismatch", words, details, item.name, config, **extra), False
        return None, self._check_node(link[0], path)

    def _check_value(self, inputs: Tree, item: Input, value: Any, config: list[Any]) -> Tree | None:
        """The error of a value; numbers and texts are converted in place."""
        if item.kind == "PICTURE":
            if self.has_picture(value):
                return None
            details = f"{item.name} - Invalid image file: {value}"
            return _build_error("custom_validation_failed", "Custom validation failed for node", details, item.name)
        convert = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}.get(item.kind)
        if convert is not None:
            try:
                inputs[item.name] = value = convert(value)
            except (ValueError, TypeError) as error:
                words = f"Failed to convert an input value to a {item.kind} value"
                extra = {"received_value": value, "exception_message": str(error)}
                details = f"{item.name}, {value}, {error}"
                return _build_error("invalid_input_type", words, details, item.name, config, **extra)
        return _check_bounds(item, value, config)


def _check_bounds(item: Input, value: Any, config: list[Any]) -> Tree | None:
    options = config[1]
    if "min" in options and value < options["min"]:
        words = f"Value {value} smaller than min of {options['min']}"
        return _build_error("value_smaller_than_min", words, item.name, item.name, config, received_value=value)
    if "max" in options and value > options["max"]:
        words = f"Value {value} bigger than max of {options['max']}"
        return _build_error("value_bigger_than_max", words, item.name, item.name, config, received_value=value)
    if item.kind != "COMBO":
        return None
    values = options["options"] if item.new_form else config[0]
    if value in values:
        return None
    is_long = len(values) > _LONG_LIST
    shown = f"(list of length {len(values)})" if is_long else str(values)
    details = f"{item.name}: {value!r} not in {shown}"
    extra = {"input_name": item.name, "input_config": None if is_long else config, "received_value": value}
    return {"type": "value_not_in_list", "message": "Value not in list", "details": details, "extra_info": extra}


def _build_error(kind: str, message: str, details: str, name: str, config: Any = None, **extra: Any) -> Tree:
    about = {"input_name": name, **({"input_config": config} if config is not None else {}), **extra}
    return {"type": kind, "message": message, "details": details, "extra_info": about}


def _build_exception(error: Exception) -> Tree:
    extra = {"exception_type": type(error).__name__, "traceback": ['  File "/srv/ComfyUI/execution.py", line 1184\n']}
    words = "Exception when validating node"
    return {"type": "exception_during_validation", "message": words, "details": str(error), "extra_info": extra}


def _build_missing(ident: str, name: str | None, title: str | None, old: bool) -> PromptRefused:
    details = f"Node ID '#{ident}'"
    if old:
        words = f"Cannot execute because node {name} does not exist."
        return PromptRefused("invalid_prompt", words, details)
    if name is None:
        shown = title or f"ID #{ident}"
        words = f"Node '{shown}' has no class_type. The workflow may be corrupted or a custom node is missing."
        return PromptRefused("missing_node_type", words, details, node_id=ident, class_type=None, node_title=title)
    shown = title or name
    words = f"Node '{shown}' not found. The custom node may not be installed."
    return PromptRefused("missing_node_type", words, details, node_id=ident, class_type=name, node_title=shown)


def check_prompt_id(value: Any) -> None:
    """Refuse an id that is no canonical UUID in lower case."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        form = "prompt_id must be a UUID string in canonical lowercase hyphenated form"
        details = f"{form}; omit it to let the server generate one"
        raise PromptRefused("invalid_prompt_id", "prompt_id must be a valid UUID", details)
