"""The widget on which the graph is drawn: one item, panned and zoomed with mouse and keys."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.theme import Theme
from app.views.graph.colours import NON_FINITE, NONE, GradientScale
from app.views.graph.edges import Edges
from app.views.graph.layout import NODE_HEIGHT, NODE_WIDTH, Layout
from app.views.graph.painting import (
    DOT_SCALE,
    TEXT_SCALE,
    Brushes,
    Camera,
    draw_dots,
    draw_nodes,
    draw_texts,
    place_nodes,
    visible_nodes,
)
from app.views.graph.structure import GraphStructure

ZOOM_STEP = 1.25
SMALLEST_START = 0.6
"""The view opens no smaller than this, with text 15 pixels high, so that it can be read."""

LARGEST_SCALE, SMALLEST_SCALE = 4.0, 1e-4


class GraphCanvas(QWidget):
    """Draws a graph's nodes with their values and gradients, however many there are.

    The edges do not depend on the values: they are drawn once for a camera and kept. Nodes
    out of view are left out, and text where it could not be read.
    """

    node_hovered = Signal(object)
    """The mouse is over another node, by number, or over none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("graph_canvas")
        self.setAccessibleName("Computation graph")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 80)
        self._structure: GraphStructure | None = None
        self._layout: Layout | None = None
        self._edges: Edges | None = None
        self._values = self._gradients = np.empty(0)
        self._bins = np.empty(0, dtype=np.intp)
        self._has_gradient = np.empty(0, dtype=bool)
        self._scale = GradientScale()
        self._brushes: Brushes | None = None
        self._camera = Camera(1.0, 0.0, 0.0)
        self._moved = False  # whether a person chose the camera
        self._edge_layer: tuple[object, QPixmap] | None = None
        self._drag: QPointF | None = None
        self._hovered: int | None = None

    # -- what is shown ----------------------------------------------------------------------

    def sizeHint(self) -> QSize:  # noqa: D102  Qt's
        return QSize(640, 360)

    def show_graph(self, structure: GraphStructure, layout: Layout) -> None:
        """Show another graph, without values yet; the view goes to where reading begins."""
        self._structure, self._layout = structure, layout
        self._edges = Edges(structure, layout)
        kinds = np.array([kind.requires for kind in structure.kinds])
        self._has_gradient = kinds[structure.kind_index(np.arange(len(structure)))]
        self._values = self._gradients = np.empty(0)
        self._edge_layer = None
        self._hovered = None
        self.show_start()

    def show_numbers(self, values: np.ndarray, gradients: np.ndarray, scale: GradientScale) -> None:
        """Show values and gradients of all nodes, each of shape (nodes,)."""
        self._values, self._gradients, self._scale = values, gradients, scale
        bins = np.where(self._has_gradient, scale.bins(gradients), NONE)
        self._bins = np.where(np.isfinite(values), bins, NON_FINITE)
        if self._hovered is not None:
            self._show_hover_text()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Use the theme's colours."""
        self._brushes = Brushes(theme)
        self._edge_layer = None
        self.update()

    def texts(self, node: int) -> tuple[str, str, str]:
        """Return what is written on a node: title, value, gradient ("–" for none)."""
        assert self._structure is not None  # noqa: S101
        title = self._structure.kind(node).title
        if not len(self._values):
            return title, "–", "∂ –"
        gradient = _short(self._gradients[node], 7) if self._has_gradient[node] else "–"
        return title, _short(self._values[node], 7), f"∂ {gradient}"

    def describe(self, node: int) -> str:
        """Return a node's operation, sample, value and gradient with all digits."""
        assert self._structure is not None  # noqa: S101
        kind, sample = self._structure.kind(node), self._structure.sample(node)
        place = "" if sample is None else f", sample {sample}"
        has_numbers = len(self._values) > 0
        value = repr(float(self._values[node])) if has_numbers else "–"
        shown = has_numbers and self._has_gradient[node]
        gradient = repr(float(self._gradients[node])) if shown else "–"
        title = f"{kind.title}: " if kind.title else ""
        return f"{title}{kind.operation}{place}\nvalue {value}\ngradient {gradient}"

    # -- the camera -------------------------------------------------------------------------

    @property
    def camera(self) -> Camera:
        """Where the viewer is."""
        return self._camera

    def fit(self) -> None:
        """Show the whole graph."""
        if self._layout is not None:
            self._frame(self._layout.bounds, LARGEST_SCALE / 4)
            self._moved = True

    def show_start(self) -> None:
        """Show where reading begins: the parameters and the first samples."""
        if self._layout is not None:
            left, top, width, _ = self._layout.start
            enlarged = self.fontMetrics().height() / 15
            scale = min(enlarged, max(SMALLEST_START * enlarged, self.width() / width))
            self._set_camera(Camera(scale, -left * scale, -top * scale))
            self._moved = False

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom by a factor, keeping a pixel's content (without one, the centre's) in place."""
        at = QPointF(self.rect().center()) if at is None else at
        target = min(max(self._camera.scale * factor, SMALLEST_SCALE), LARGEST_SCALE)
        self._set_camera(self._camera.zoomed(target / self._camera.scale, at))
        self._moved = True

    def pan(self, dx: float, dy: float) -> None:
        """Move the content by so many pixels."""
        camera = self._camera
        self._set_camera(Camera(camera.scale, camera.dx + dx, camera.dy + dy))
        self._moved = True

    def node_at(self, at: QPointF) -> int | None:
        """Return the node at a pixel, or None."""
        if self._layout is None:
            return None
        x, y = self._camera.to_layout(at)
        hits = np.flatnonzero(
            (np.abs(self._layout.x - x) <= NODE_WIDTH / 2)
            & (np.abs(self._layout.y - y) <= NODE_HEIGHT / 2)
        )
        return int(hits[0]) if len(hits) else None

    def node_rectangle(self, node: int) -> QRectF:
        """Return where a node is drawn, in pixels."""
        assert self._layout is not None  # noqa: S101
        camera = self._camera
        width, height = NODE_WIDTH * camera.scale, NODE_HEIGHT * camera.scale
        x = camera.scale * float(self._layout.x[node]) + camera.dx
        y = camera.scale * float(self._layout.y[node]) + camera.dy
        return QRectF(x - width / 2, y - height / 2, width, height)

    def _frame(self, box: tuple[float, float, float, float], largest: float) -> None:
        left, top, width, height = box
        margin = 12
        scale = min(
            (self.width() - 2 * margin) / width, (self.height() - 2 * margin) / height, largest
        )
        scale = max(scale, SMALLEST_SCALE)
        dx = (self.width() - scale * width) / 2 - scale * left
        dy = (self.height() - scale * height) / 2 - scale * top
        self._set_camera(Camera(scale, dx, dy))

    def _set_camera(self, camera: Camera) -> None:
        self._camera = camera
        self.update()

    # -- painting ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, D102  Qt's
        painter = QPainter(self)
        try:
            self._paint(painter)
            if self.hasFocus() and self._brushes is not None:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(self._brushes.theme.accent, 2))
                painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        finally:
            painter.end()

    def _paint(self, painter: QPainter) -> None:
        if self._brushes is None:
            painter.fillRect(self.rect(), self.palette().base())
            return
        painter.fillRect(self.rect(), self._brushes.theme.base)
        if self._structure is None or self._layout is None:
            return
        painter.drawPixmap(0, 0, self._edge_picture())
        nodes = visible_nodes(self._layout, self._camera, self.width(), self.height())
        bins = self._bins[nodes] if len(self._bins) else np.full(len(nodes), NONE)
        visible = place_nodes(self._layout, nodes, bins, self._camera)
        if self._camera.scale < DOT_SCALE:
            draw_dots(painter, visible, self._brushes, (self.width(), self.height()))
            return
        draw_nodes(painter, visible, self._brushes)
        if self._camera.scale >= TEXT_SCALE:
            draw_texts(painter, visible, self._brushes, self.texts, self.font())
        if self._hovered is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._brushes.theme.text, 2))
            painter.drawRect(self.node_rectangle(self._hovered))

    def _edge_picture(self) -> QPixmap:
        """Return the edges for the present camera, drawn anew only when it has changed."""
        assert self._edges is not None  # noqa: S101
        assert self._brushes is not None  # noqa: S101
        ratio = self.devicePixelRatioF()
        key = (self._camera, self.size(), ratio)
        if self._edge_layer is None or self._edge_layer[0] != key:
            layer = QPixmap(self.size() * ratio)
            layer.setDevicePixelRatio(ratio)
            layer.fill(Qt.GlobalColor.transparent)
            painter = QPainter(layer)
            size = (self.width(), self.height())
            self._edges.draw(painter, self._camera, size, self._brushes.theme)
            painter.end()
            self._edge_layer = (key, layer)
        return self._edge_layer[1]

    # -- mouse and keys ---------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102  Qt's
        super().resizeEvent(event)
        if not self._moved:
            self.show_start()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and not self._moved:
            self.show_start()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: D102  Qt's
        self.zoom(ZOOM_STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._drag = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: ARG002, D102  Qt's
        self._drag = None
        self.unsetCursor()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102  Qt's
        if self._drag is not None:
            moved = event.position() - self._drag
            self._drag = event.position()
            self.pan(moved.x(), moved.y())
        else:
            self._hover(self.node_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: D102  Qt's
        super().leaveEvent(event)
        self._hover(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102  Qt's
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(ZOOM_STEP)
            case Qt.Key.Key_Minus:
                self.zoom(1 / ZOOM_STEP)
            case Qt.Key.Key_Left:
                self.pan(60, 0)
            case Qt.Key.Key_Right:
                self.pan(-60, 0)
            case Qt.Key.Key_Up:
                self.pan(0, 60)
            case Qt.Key.Key_Down:
                self.pan(0, -60)
            case Qt.Key.Key_Home:
                self.show_start()
            case _:
                super().keyPressEvent(event)

    def _hover(self, node: int | None) -> None:
        if node == self._hovered:
            return
        self._hovered = node
        self.node_hovered.emit(node)
        if node is None:
            QToolTip.hideText()
        else:
            self._show_hover_text()
        self.update()

    def _show_hover_text(self) -> None:
        """Show the hovered node's digits beside it."""
        assert self._hovered is not None  # noqa: S101
        box = self.node_rectangle(self._hovered)
        corner = QPoint(round(box.left()), round(box.bottom()) + 2)
        QToolTip.showText(self.mapToGlobal(corner), self.describe(self._hovered), self)


def _short(number: float, width: int) -> str:
    """Return a number in at most so many characters, with a minus sign that can be seen.

    It has four significant digits if they fit, at least two, and otherwise an exponent.
    """
    for form in (".4g", ".3g", ".2g"):
        text = f"{float(number):{form}}"
        if len(text) <= width and "e" not in text:
            break
    else:
        for form in (".2e", ".1e", ".0e"):
            mantissa, exponent = f"{float(number):{form}}".split("e")
            text = f"{mantissa}e{int(exponent)}"
            if len(text) <= width:
                break
    return text.replace("-", "−")
