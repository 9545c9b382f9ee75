"""The structure of an xgboost JSON model, checked before xgboost's native parser sees it.

Malformed files crash the native parser (a bad child index, a cycle, a huge split index, deep nesting). For the fields
see "Introduction to Model IO" and model.schema in xgboost's documentation.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from governance.errors import BadInput

_DEEPEST = 64
_OBJECTIVES = ("binary:logistic", "reg:logistic")
_PER_NODE = ("left_children", "right_children", "parents", "split_indices", "split_conditions", "default_left")
_MOST_NODES = 2**31 - 2


def check(data: bytes, features: Sequence[str]) -> None:
    """BadInput unless these are gradient-boosted trees for a binary class over exactly `features`, soundly linked."""
    learner = _at(_parsed(data), "learner", dict)
    objective = _at(_at(learner, "objective", dict), "name", str)
    if objective not in _OBJECTIVES:
        raise BadInput(f"objective {objective[:50]!r} is not a binary classifier", expected=" or ".join(_OBJECTIVES))
    model_param = _at(learner, "learner_model_param", dict)
    if _number(model_param, "num_class", 0) > 1 or _number(model_param, "num_target", 1) != 1:
        raise BadInput("more than one output", expected="one probability")
    width = _number(model_param, "num_feature", -1)
    if width != len(features):
        raise BadInput(f"the model expects {width} features", expected=f"{len(features)}, as the manifest names")
    names = learner.get("feature_names") or []
    if names and names != list(features):
        raise BadInput("the model's features differ from the manifest's, or their order does", got=repr(names)[:200])
    if any(kind == "c" for kind in _at(learner, "feature_types", list, [])):
        raise BadInput("categorical splits are not supported", expected="numeric features")
    booster = _at(learner, "gradient_booster", dict)
    if _at(booster, "name", str) != "gbtree":
        raise BadInput(f"booster {str(booster['name'])[:50]!r} is not supported", expected="gbtree")
    model = _at(booster, "model", dict)
    trees = _at(model, "trees", list)
    count = _number(_at(model, "gbtree_model_param", dict), "num_trees", -1)
    info = _at(model, "tree_info", list)
    if count != len(trees) or len(info) != len(trees):
        raise BadInput("the number of trees contradicts itself", got=f"{count}, {len(trees)}, {len(info)}")
    _integers(info, 0, 0)
    if _at(_at(model, "cats", dict, {}), "enc", list, []):
        raise BadInput("categorical splits are not supported", expected="numeric features")
    marks = _at(model, "iteration_indptr", list, [])
    if marks and (marks[0] != 0 or marks[-1] != len(trees) or _integers(marks, 0, len(trees)) != sorted(marks)):
        raise BadInput("iteration_indptr is not an increasing list from 0 to the number of trees")
    for index, tree in enumerate(trees):
        try:
            _check_tree(tree, width)
        except BadInput as error:
            raise BadInput(f"tree {index}: {error.what}", got=error.got, expected=error.expected) from error


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise BadInput("not JSON", got=str(error)[:200]) from error
    if not isinstance(value, dict):
        raise BadInput("not a JSON object")
    # xgboost's own parser recurses without a limit, also into keys that it does not know.
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        inner = [item for each in level for item in (each.values() if isinstance(each, dict) else each)]
        level = [item for item in inner if isinstance(item, dict | list)]
        if not level:
            return value
    raise BadInput("nested too deeply", expected=f"at most {_DEEPEST} levels")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(result := dict(pairs)) != len(pairs):
        raise BadInput("a key appears twice in one object", expected="one meaning for every reader")
    return result


def _at(holder: dict[str, Any], key: str, kind: type, default: Any = None) -> Any:
    value = holder.get(key, default)
    if not isinstance(value, kind):
        raise BadInput(f"{key} is missing or not a {kind.__name__}")
    return value


def _number(holder: dict[str, Any], key: str, default: int) -> int:
    text = holder.get(key, str(default))
    if not isinstance(text, str) or not text.lstrip("-").isdecimal() or len(text) > 10:
        raise BadInput(f"{key} is not a whole number", got=repr(text)[:50])
    return int(text)


def _integers(values: list[Any], low: int, high: int) -> list[int]:
    for value in values:
        if type(value) is not int or not low <= value <= high:
            raise BadInput("an index is out of range", got=repr(value)[:50], expected=f"{low} to {high}")
    return values


def _check_tree(tree: Any, width: int) -> None:
    if not isinstance(tree, dict):
        raise BadInput("not an object")
    param = _at(tree, "tree_param", dict)
    size = _number(param, "num_nodes", -1)
    if not 1 <= size <= _MOST_NODES or _number(param, "num_feature", -1) != width:
        raise BadInput("tree_param contradicts the model", got=f"{size} nodes, {param.get('num_feature')} features")
    if _number(param, "size_leaf_vector", 1) > 1:
        raise BadInput("vector leaves are not supported")
    for key, value in tree.items():
        if isinstance(value, list) and not key.startswith("categories") and len(value) != size:
            raise BadInput(f"{key} has {len(value)} entries", expected=f"{size}, the number of nodes")
    left, right, parents, splits, conditions, defaults = (_at(tree, key, list) for key in _PER_NODE)
    for key in ("categories", "categories_nodes", "categories_segments", "categories_sizes"):
        if tree.get(key):
            raise BadInput("categorical splits are not supported")
    _integers(_at(tree, "split_type", list, []), 0, 0)
    _integers(left, -1, size - 1)
    _integers(right, -1, size - 1)
    _integers(splits, 0, max(width - 1, 0))
    _integers([int(value) if isinstance(value, bool) else value for value in defaults], 0, 1)
    for key in ("base_weights", "loss_changes", "sum_hessian"):
        _finite(_at(tree, key, list), key)
    _finite(conditions, "split_conditions")
    seen = bytearray(size)
    pending, visited = [0], 0
    while pending:
        node = pending.pop()
        if seen[node]:
            raise BadInput(f"node {node} has two parents or lies on a cycle")
        seen[node], visited = 1, visited + 1
        low, high = left[node], right[node]
        if (low == -1) != (high == -1):
            raise BadInput(f"node {node} has one child", expected="two or none")
        for child in (low, high):
            if child != -1:
                if parents[child] != node:
                    raise BadInput(f"node {child} names another parent than {node}")
                pending.append(child)
    if visited + _number(param, "num_deleted", 0) != size:
        raise BadInput("some nodes hang on no other", got=f"{size - visited} of {size}")


def _finite(values: list[Any], key: str) -> None:
    for value in values:
        if type(value) not in (int, float) or value != value or abs(value) > 3.5e38:
            raise BadInput(f"{key} holds no finite number", got=repr(value)[:50])
