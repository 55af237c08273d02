"""Folding and unfolding as a movement: nodes go from where they were to where they shall be."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation, Signal

from app.views.graph.camera import Camera
from app.views.graph.scene import Scene

MILLISECONDS = 320

MOST_NODES = 20_000
"""With more nodes a movement could not be followed; the scene just changes."""


class Transition(QObject):
    """Moves the nodes of a scene, and the camera, for a third of a second.

    The anchor, a node that both scenes have, goes straight from its old pixel to its new one.
    """

    moved = Signal(object)
    """The camera for the present state of the movement."""
    ended = Signal()
    """Everything is in its place."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._animation = QVariantAnimation(self, startValue=0.0, endValue=1.0)
        self._animation.setDuration(MILLISECONDS)
        self._animation.setEasingCurve(QEasingCurve.Type.InOutCubic)
        self._animation.valueChanged.connect(self._show)
        self._scene: Scene | None = None

    @property
    def running(self) -> bool:
        """Whether something moves."""
        return self._scene is not None

    def start(self, before: Scene, scene: Scene, place: int, sample: int, camera: Camera) -> None:
        """Move a scene's nodes from where they were in the scene before.

        Args:
            before: the scene before.
            scene: the scene.
            place: the place of the anchor.
            sample: the anchor's sample, if it is a sample's.
            camera: where the viewer ends.
        """
        anchor = scene.find_node(place, sample)
        if anchor is None or len(scene) > MOST_NODES or len(before) > MOST_NODES:
            return
        self._scene, self._camera = scene, camera
        self._x, self._y = scene.x, scene.y
        self._from_x, self._from_y = self._origins(before, scene, anchor)
        self._animation.start()

    def stop(self) -> None:
        """End at once, with everything in its place."""
        if self._scene is not None:
            self._animation.stop()
            self._show(1.0)

    @staticmethod
    def _origins(before: Scene, scene: Scene, anchor: int) -> tuple[np.ndarray, np.ndarray]:
        """Return where every node comes from, so that the anchor need not move."""
        origins = [
            before.find_node(int(place), scene.sample(node) or 0)
            for node, place in enumerate(scene.places)
        ]
        found = np.array([-1 if each is None else each for each in origins])
        x = np.where(found >= 0, before.x[found], scene.x)
        y = np.where(found >= 0, before.y[found], scene.y)
        return x + (scene.x[anchor] - x[anchor]), y + (scene.y[anchor] - y[anchor])

    def _show(self, share: float) -> None:
        scene = self._scene
        if scene is None:
            return
        if share >= 1.0:
            scene.x, scene.y = self._x, self._y
            self._scene = None
        else:
            scene.x = self._from_x + share * (self._x - self._from_x)
            scene.y = self._from_y + share * (self._y - self._from_y)
        self.moved.emit(self._camera)
        if self._scene is None:
            self.ended.emit()
