"""Walking through a graph with the arrow keys, along its edges."""

from __future__ import annotations

from enum import Enum, auto

import numpy as np

from app.views.graph.scene import Scene


class Way(Enum):
    """Where an arrow key leads."""

    OPERAND = auto()
    USER = auto()
    UP = auto()
    DOWN = auto()


def neighbour(scene: Scene, node: int, way: Way) -> int:
    """Return where one comes to from a node; the node itself where there is no way on.

    Left leads to an operand and right to what uses the node, of several to the one at the
    nearest height; up and down to the next node above or below, which one comes to if no
    edge leads there.
    """
    if way in (Way.OPERAND, Way.USER):
        found = scene.operands(node) if way is Way.OPERAND else scene.users(node)
        if not len(found):
            return node
        return int(found[np.argmin(np.abs(scene.y[found] - scene.y[node]))])
    sign = -1 if way is Way.UP else 1
    down = sign * (scene.y - scene.y[node])
    aside = np.abs(scene.x - scene.x[node])
    candidates = np.flatnonzero(down > scene.node_height / 4)
    if not len(candidates):
        return node
    return int(candidates[np.argmin(down[candidates] + 3 * aside[candidates])])
