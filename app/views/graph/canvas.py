"""The widget on which the graph is drawn: panned, zoomed, walked, clicked on."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from app.theme import Theme
from app.training.moment import Moment
from app.training.non_finite import first_non_finite
from app.training.selection import SelectedNode, Selection
from app.views.graph.camera import Camera
from app.views.graph.colours import NON_FINITE, ColourScale
from app.views.graph.lit import Lit
from app.views.graph.minimap import Minimap
from app.views.graph.painting import Brushes
from app.views.graph.picture import Focus, Picture
from app.views.graph.ribbons import hit
from app.views.graph.scene import Numbers, Scene
from app.views.graph.transition import Transition
from app.views.graph.viewport import SMALLEST_START, ZOOM_STEP, Viewport
from app.views.graph.walking import Way, neighbour

WAYS = {
    Qt.Key.Key_Left: Way.OPERAND,
    Qt.Key.Key_Right: Way.USER,
    Qt.Key.Key_Up: Way.UP,
    Qt.Key.Key_Down: Way.DOWN,
}


class GraphCanvas(Viewport):
    """Draws a scene with its numbers, however many nodes there are.

    Attributes:
        picture: the scene as it is drawn; None before there is one.
        minimap: a small picture of the whole, shown where not all is in view.
    """

    selection_asked = Signal(object, object)
    """A node or edge was chosen: the Selection or None, and its sample within the probe or None."""
    fold_asked = Signal()
    """A plate was double-clicked, or the unfolded graph's background."""
    edit_asked = Signal(int, object)
    """A leaf's value was clicked on: the leaf's place, and its sample or None."""
    node_hovered = Signal(object)
    """The mouse is over another node, by number, or over none; or the keys have walked there."""
    left = Signal()
    """Escape was pressed: the keys go elsewhere again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph_canvas")
        self.setAccessibleName("Computation graph")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 80)
        self.picture: Picture | None = None
        self.minimap = Minimap(self)
        self.minimap.place_chosen.connect(self.center_on)
        self._transition = Transition(self)
        self._transition.moved.connect(self.set_camera)
        self._transition.ended.connect(self.minimap.redraw)
        self._moment: Moment | None = None
        self._selection: Selection | None = None
        self._step: Selection | None = None
        self._sample_shown = 0
        self._brushes: Brushes | None = None
        self._press: QPointF | None = None
        self._dragging = False
        self._focus = Focus()
        self._hovered: tuple[int | None, int | None] = (None, None)
        self._walks = False  # whether the arrow keys walk
        self._walked: int | None = None
        self._first_non_finite: int | None = None
        self._lit = Lit()

    @property
    def own_keys(self) -> frozenset[Qt.Key]:
        """The keys that the window's shortcuts shall leave to the graph while it has the focus.

        Who comes with the mouse goes on stepping with the arrow keys; who comes with the
        keyboard, or presses Enter, walks with them.
        """
        key = Qt.Key
        if not self._walks:
            return frozenset({key.Key_Home})
        return frozenset({*WAYS, key.Key_Home, key.Key_Escape})

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: D102  Qt's
        super().focusInEvent(event)
        reason = Qt.FocusReason
        match event.reason():
            case reason.MouseFocusReason:
                self._walks = False
            case reason.TabFocusReason | reason.BacktabFocusReason | reason.OtherFocusReason:
                self._walks = True

    # -- what is shown ----------------------------------------------------------------------

    def set_camera(self, camera: Camera) -> None:
        """Look from elsewhere."""
        super().set_camera(camera)
        self.minimap.show_view(self._camera, self.size())
        self._hover(None, None)  # what was under the mouse is elsewhere

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        self.minimap.find_room()
        super().resizeEvent(event)

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(640, 360)

    @property
    def scene(self) -> Scene | None:  # noqa: D102  as in Viewport
        return None if self.picture is None else self.picture.scene

    def show_scene(
        self, scene: Scene, anchor: SelectedNode | None = None, *, animated: bool = True
    ) -> None:
        """Show another scene; the view goes to where reading begins.

        With an anchor, which both scenes have, its node stays where the eye is, and where the
        view is animated the nodes move from the places they had.
        """
        before = self.scene
        start = None
        if before is not None and anchor is not None:
            sample = 0 if self._moment is None else self._moment.sample
            node = before.find_node(anchor.place, sample)
            if node is not None:
                start = self._camera.to_pixel(float(before.x[node]), float(before.y[node]))
        self._transition.stop()
        self._hover(None, None)
        self.picture = Picture(scene)
        self.minimap.show_scene(scene)
        self._moment, self._walked = None, None
        self._focus = Focus()
        self.show_start()
        if start is not None and anchor is not None and before is not None:
            self._keep_in_place(scene, anchor, start, before if animated else None)

    def forget_sample(self) -> None:
        """Keep no sample's node in place any more: there are other data."""
        self._sample_shown = 0

    def _keep_in_place(
        self, scene: Scene, anchor: SelectedNode, pixel: QPointF, before: Scene | None
    ) -> None:
        """Show a node at a pixel; ``before`` is where the nodes come from, if they move."""
        node = scene.find_node(anchor.place, self._sample_shown)
        if node is None:
            return
        if not scene.detailed:
            x, y = float(scene.x[node]), float(scene.y[node])
            self._moved = True
            self.set_camera(Camera.placing(self._camera.scale, x, y, pixel))
        if before is not None and self.isVisible():
            self._transition.start(before, scene, anchor.place, self._sample_shown, self._camera)

    def show_numbers(
        self, moment: Moment, numbers: Numbers, scale: ColourScale, limit: float
    ) -> None:
        """Show a moment's numbers; ``limit`` is the contribution that has the full width."""
        if self.picture is None:
            return
        self._moment = moment
        self._sample_shown = moment.sample
        self.picture.show(moment, numbers, scale, limit)
        self._first_non_finite = self._find_first_non_finite(moment)
        self.minimap.show_bins(self.picture.bins)
        self._refresh_focus()
        self._follow_step()
        if self._hovered[0] is not None:
            self._show_hover_text()
        self.update()

    def show_looked_at(self, selection: Selection | None, step: Selection | None) -> None:
        """Mark what is selected, and what the step of the trace is about."""
        other = selection != self._selection
        self._selection, self._step = selection, step
        self._refresh_focus()
        if other and self._focus.selected_node is not None:
            self.show_node(self._focus.selected_node)
        self.update()

    def light(self, places: Collection[int]) -> None:
        """Light all nodes of these places, in this scene and those shown later."""
        if self._lit.places != frozenset(places):
            self._lit = Lit(frozenset(places))
            self._refresh_focus()
            self.update()

    def _find_first_non_finite(self, moment: Moment) -> int | None:
        """Return the node whose number was the first to become inf or nan, if it is known yet."""
        picture = self.picture
        if picture is None or not (picture.bins == NON_FINITE).any():
            return None
        found = first_non_finite(moment)
        return None if found is None else picture.scene.find_node(found.place, found.sample or 0)

    def _follow_step(self) -> None:
        """Bring what the step is about into view, and what goes into it if there is room."""
        scene, focus = self.scene, self._focus
        node = focus.step_node
        if scene is not None and focus.step_edge is not None:
            node = int(scene.targets[focus.step_edge])
        if scene is None or node is None or self._transition.running:
            return
        box = scene.sample_box(self._sample_shown)
        if box is not None and self.camera.scale >= SMALLEST_START:
            self.show_page(box, scene.box(node))
        else:
            self.show_node(node, scene.operands(node).tolist())
        self.minimap.find_room(self.node_rectangle(node))

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._brushes = Brushes(theme)
        self.minimap.set_brushes(self._brushes)
        self.update()

    def texts(self, node: int) -> tuple[str, str, str]:
        """Return what is written on a node: title, value, gradient ("–" for none)."""
        assert self.picture is not None  # noqa: S101
        return self.picture.texts(node)

    def describe(self, node: int) -> str:
        """Return a node's operation, sample, value and gradient with all digits."""
        assert self.picture is not None  # noqa: S101
        return self.picture.describe(node)

    def _refresh_focus(self) -> None:
        scene = self.scene
        if scene is None:
            return
        sample = self._sample_shown
        step_sample = sample
        entry = None if self._moment is None else self._moment.entry
        if entry is not None and entry.sample is not None:
            step_sample = entry.sample
        bright = None
        hovered_node, hovered_edge = self._hovered
        if hovered_node is not None:
            bright = scene.related(hovered_node)
        selected_node, selected_edge = scene.find(self._selection, sample)
        step_node, step_edge = scene.find(self._step, step_sample)
        self._focus = Focus(
            selected_node=selected_node,
            selected_edge=selected_edge,
            step_node=step_node,
            step_edge=step_edge,
            hovered_node=hovered_node,
            hovered_edge=hovered_edge,
            walked_node=self._walked,
            first_non_finite=self._first_non_finite,
            lit=self._lit.nodes(scene),
            bright=bright,
        )

    # -- painting ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, D102  Qt's
        painter = QPainter(self)
        try:
            brushes = self._brushes
            painter.fillRect(self.rect(), self.palette().base())
            if brushes is None or self.picture is None:
                return
            ratio, font = self.devicePixelRatioF(), self.font()
            picture = self.picture
            picture.draw(painter, self._camera, self.size(), ratio, brushes, self._focus, font)
            if self.hasFocus():
                picture.draw_focus_frame(painter, self.size(), brushes)
        finally:
            painter.end()

    # -- mouse and keys ---------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._press, self._dragging = event.position(), False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        clicked = self._press is not None and not self._dragging
        self._press, self._dragging = None, False
        self.unsetCursor()
        if clicked and event.button() is Qt.MouseButton.LeftButton:
            self._click(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        scene, at = self.scene, event.position()
        if scene is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        on_plate = any(
            plate.is_samples and self._camera.rectangle(plate.box).contains(at)
            for plate in scene.plates
        )
        on_node = self.node_at(at) is not None
        if on_plate or (not scene.detailed and not on_node):
            self.fold_asked.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        at = event.position()
        if self._press is None:
            node = self.node_at(at)
            ribbons = [] if self.picture is None else self.picture.ribbons
            self._hover(node, hit(ribbons, at) if node is None else None)
            return
        moved = at - self._press
        if self._dragging or moved.manhattanLength() >= QApplication.startDragDistance():
            if not self._dragging:
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._dragging, self._press = True, at
            self.pan(moved.x(), moved.y())

    def _click(self, at: QPointF) -> None:
        """Select what is at a pixel; on a leaf's value, edit it."""
        scene, node = self.scene, self.node_at(at)
        if scene is None or self.picture is None:
            return
        if node is not None:
            sample = scene.sample(node)
            self._walked, self._walks = None, False
            self.selection_asked.emit(SelectedNode(int(scene.places[node])), sample)
            if self._is_on_value(node, at):
                self.edit_asked.emit(int(scene.places[node]), sample)
            return
        edge = hit(self.picture.ribbons, at)
        if edge is None:
            self.selection_asked.emit(None, None)
        else:
            self.selection_asked.emit(*scene.selected_edge(edge))

    def _is_on_value(self, node: int, at: QPointF) -> bool:
        """Whether a pixel is on the value of a leaf that can be edited."""
        scene = self.scene
        if scene is None or not scene.is_leaf(node):
            return False
        if scene.probe.names.is_constant(int(scene.places[node])):
            return False
        return self.value_rectangle(node).contains(at)

    def forget_mouse(self) -> None:
        """Show nothing more of what is under the mouse, until it moves."""
        self._hover(None, None)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().leaveEvent(event)
        self._hover(None, None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(ZOOM_STEP)
            case Qt.Key.Key_Minus:
                self.zoom(1 / ZOOM_STEP)
            case Qt.Key.Key_Home:
                self.show_start()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if not self._walks:
                self._walks = True
                self._walk_to(self._focus.selected_node or 0)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._walked is not None and self.scene:
                place, sample = (
                    int(self.scene.places[self._walked]),
                    self.scene.sample(self._walked),
                )
                self.selection_asked.emit(SelectedNode(place), sample)
            case Qt.Key.Key_Escape if self._walks:
                self._walks = False
                self._walk_to(None)
                self.left.emit()
            case key if (way := WAYS.get(Qt.Key(key))) is not None and self.scene is not None:
                start = self._walked if self._walked is not None else self._focus.selected_node
                node = 0 if start is None else neighbour(self.scene, start, way)
                self._walk_to(node)
            case _:
                super().keyPressEvent(event)

    def _walk_to(self, node: int | None) -> None:
        """Move the frame that the keys walk with, and tell a screen reader where it is."""
        self._walked = node
        if node is not None:
            self.show_node(node)
            self.setAccessibleDescription(self.describe(node))
        self.node_hovered.emit(node)
        self._refresh_focus()
        self.update()

    def _hover(self, node: int | None, edge: int | None) -> None:
        if (node, edge) == self._hovered:
            return
        if node != self._hovered[0]:
            self.node_hovered.emit(node)
        self._hovered = (node, edge)
        if node is None:
            QToolTip.hideText()
        else:
            self._show_hover_text()
        self._refresh_focus()
        self.update()

    def _show_hover_text(self) -> None:
        """Show the hovered node's digits beside it."""
        node = self._hovered[0]
        assert node is not None  # noqa: S101
        box = self.node_rectangle(node)
        corner = QPoint(round(box.left()), round(box.bottom()) + 2)
        QToolTip.showText(self.mapToGlobal(corner), self.describe(node), self)
