"""The trees inside a scikit-learn model are native code over indices: bad ones read foreign memory. So they are
checked after loading and before anything is predicted; and so is that no part of the model opens files by itself."""

from __future__ import annotations

from typing import Any

from governance.errors import BadInput


def check_trees(model: Any) -> None:
    """BadInput unless every tree that can be reached from `model` has children in range and behind their parent (so no
    cycle), splits on features that its owner has, and sizes that agree; and for a vectoriser that takes names of files
    and reads them, which would tell by its predictions what stands in any file of this machine."""
    import numpy as np

    pending: list[tuple[Any, Any]] = [(model, None)]
    seen: set[int] = set()
    while pending:
        value, owner = pending.pop()
        if id(value) in seen or value is None or isinstance(value, str | bytes | int | float | type):
            continue
        seen.add(id(value))
        kind = type(value).__name__
        if kind == "Tree" and type(value).__module__ == "sklearn.tree._tree":
            _check_tree(value, owner)
        elif kind == "TreePredictor":
            _check_predictor(value, owner)
        elif isinstance(value, dict):
            pending += [(item, owner) for item in value.values()]
        elif isinstance(value, list | tuple | set):
            pending += [(item, owner) for item in value]
        elif isinstance(value, np.ndarray):
            pending += [(item, owner) for item in value.ravel()] if value.dtype == object else []
        elif hasattr(value, "__dict__"):
            if getattr(value, "input", "content") != "content":
                raise BadInput(f"{kind} opens files that the table names", expected="input='content'")
            inner = value if hasattr(value, "n_features_in_") else owner
            _check_same_width(value)
            pending += [(item, inner) for item in vars(value).values()]


def _check_same_width(owner: Any) -> None:
    """A forest and a boosted ensemble check the input once, for all of their trees. (Bagging may give each its own.)"""
    import numpy as np
    from sklearn.ensemble import BaseEnsemble
    from sklearn.ensemble._bagging import BaseBagging

    if isinstance(owner, BaseEnsemble) and not isinstance(owner, BaseBagging):
        for member in np.ravel(np.array(getattr(owner, "estimators_", []), dtype=object)):
            if getattr(member, "n_features_in_", None) != getattr(owner, "n_features_in_", None):
                raise BadInput("a tree of an ensemble expects another number of features than the ensemble")


def _check_tree(tree: Any, owner: Any) -> None:
    import numpy as np

    if not 1 <= tree.node_count <= tree.capacity:
        raise BadInput("a tree says that it has more nodes than it holds")
    if tree.n_features != getattr(owner, "n_features_in_", None):
        raise BadInput("a tree expects another number of features than its model")
    left, right, feature = tree.children_left, tree.children_right, tree.feature
    at, inner = np.arange(tree.node_count), left != -1
    _check_links(left[inner], right[inner], at[inner], tree.node_count)
    if (right[~inner] != -1).any():
        raise BadInput("a node of a tree has one child")
    if ((feature[inner] < 0) | (feature[inner] >= tree.n_features)).any():
        raise BadInput("a tree splits on a feature that is not there")


def _check_predictor(predictor: Any, owner: Any) -> None:
    import numpy as np
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    nodes = getattr(predictor, "nodes", None)
    if not isinstance(nodes, np.ndarray) or nodes.dtype != PREDICTOR_RECORD_DTYPE or nodes.ndim != 1 or not len(nodes):
        raise BadInput("a boosted tree's nodes are not a table of nodes")
    inner = nodes["is_leaf"] == 0
    split = nodes[inner]
    _check_links(split["left"], split["right"], np.arange(len(nodes))[inner], len(nodes))
    width = getattr(owner, "n_features_in_", 0)
    if ((split["feature_idx"] < 0) | (split["feature_idx"] >= width)).any():
        raise BadInput("a boosted tree splits on a feature that is not there")
    sets = len(np.asarray(predictor.raw_left_cat_bitsets))
    if (split["bitset_idx"][split["is_categorical"] != 0] >= sets).any():
        raise BadInput("a boosted tree splits on a set of categories that is not there")


def _check_links(left: Any, right: Any, parents: Any, size: int) -> None:
    for child in (left, right):
        child = child.astype("int64")
        if ((child <= parents) | (child >= size)).any():
            raise BadInput("a tree's child index is out of range, or lies on a cycle")
