"""A scene as it is drawn: nodes and edges with their numbers, and what is looked at among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPen, QPixmap

from app.training.moment import Moment
from app.views.graph.camera import Camera
from app.views.graph.cards import Card, Distribution, distribution, draw_cards
from app.views.graph.colours import NONE, ColourMode, ColourScale, mix
from app.views.graph.digits import short
from app.views.graph.dots import Dots
from app.views.graph.edge_lines import edge_lines
from app.views.graph.edges import Edges
from app.views.graph.folded import FoldedScene
from app.views.graph.lit import draw_lit
from app.views.graph.painting import (
    DOT_SCALE,
    TEXT_SCALE,
    Brushes,
    VisibleNodes,
    draw_nodes,
    draw_texts,
    place_nodes,
    visible_nodes,
)
from app.views.graph.ribbons import (
    MOST_RIBBONS,
    Ribbon,
    draw_backward_tip,
    draw_callout,
    draw_halo,
    draw_ribbons,
    make_ribbon,
    visible_middle,
)
from app.views.graph.scene import Flows, Numbers, Scene
from autograd.digits import all_digits


@dataclass(frozen=True, slots=True)
class Focus:
    """What is looked at, by number in the scene.

    Attributes:
        selected_node, selected_edge: what a person has selected.
        step_node, step_edge: what the step of the trace is about.
        hovered_node, hovered_edge: what is under the mouse.
        walked_node: where the keys have walked to.
        first_non_finite: where a number first became inf or nan.
        lit: which nodes are lit, of shape (nodes,); None for none.
        bright: which nodes are not dimmed, of shape (nodes,); None dims none.
    """

    selected_node: int | None = None
    selected_edge: int | None = None
    step_node: int | None = None
    step_edge: int | None = None
    hovered_node: int | None = None
    hovered_edge: int | None = None
    walked_node: int | None = None
    first_non_finite: int | None = None
    lit: np.ndarray | None = None
    bright: np.ndarray | None = None


class Picture:
    """Draws a scene at a moment.

    Attributes:
        scene: what is drawn.
        ribbons: the edges that were drawn one by one, to be hit by the mouse.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.ribbons: list[Ribbon] = []
        self._edges = Edges(scene)
        self._edge_layer: tuple[object, QPixmap] | None = None
        self._ribbons_for: object = None
        self._drawn_at: np.ndarray | None = None  # where the nodes were when edges were drawn
        self._moment: Moment | None = None
        self._numbers: Numbers | None = None
        self._bins = np.full(len(scene), NONE)
        self._nodes = np.arange(len(scene))
        self._dots: Dots | None = None
        self._spreads: dict[int, Distribution | None] = {}
        self._limit = 1.0
        self._tinted = True

    def show(self, moment: Moment, numbers: Numbers, scale: ColourScale, limit: float) -> None:
        """Draw other numbers from now on; ``limit`` is the contribution with the full width."""
        self._moment, self._numbers, self._limit = moment, numbers, limit
        self._bins = scale.bins(numbers)
        self._tinted = scale.mode is not ColourMode.VALUE  # of values the colours say nothing here
        self._spreads = {}

    @property
    def bins(self) -> np.ndarray:
        """Every node's colour, of shape (nodes,)."""
        return self._bins

    # -- what is written --------------------------------------------------------------------

    def texts(self, node: int) -> tuple[str, str, str]:
        """Return what is written on a node: title, value, gradient ("–" for none, or none yet)."""
        title = "constant" if self._is_constant(node) else self.scene.title(node)
        numbers = self._numbers
        if numbers is None:
            return title, "–", "∂ –"
        value = short(float(numbers.values[node])) if numbers.valued[node] else "–"
        gradient = short(float(numbers.gradients[node])) if numbers.graded[node] else "–"
        return title, value, f"∂ {gradient}"

    def _is_constant(self, node: int) -> bool:
        return self.scene.probe.names.is_constant(int(self.scene.places[node]))

    def describe(self, node: int) -> str:
        """Return a node's name, operation, sample, value and gradient with all digits."""
        names, place = self.scene.probe.names, int(self.scene.places[node])
        numbers, sample = self._numbers, self.scene.sample(node)
        if sample is None and self.scene.probe.tape.instructions[place].per_sample:
            sample = None if self._moment is None else self._moment.sample
        formula = names.formula(place)
        symbol = names.symbol(place)
        head = symbol if formula in ("", symbol) else f"{symbol} = {formula}"
        where = "" if sample is None else f", sample {self._number_in_data(sample)}"
        has_value = numbers is not None and numbers.valued[node]
        has_gradient = numbers is not None and numbers.graded[node]
        value = (
            all_digits(float(numbers.values[node])) if numbers is not None and has_value else "–"
        )
        gradient = (
            all_digits(float(numbers.gradients[node]))
            if numbers is not None and has_gradient
            else "–"
        )
        return f"{head}\n{names.kind(place)}{where}\nvalue {value}\ngradient {gradient}"

    def _number_in_data(self, sample: int) -> int:
        chosen = self.scene.probe.chosen
        return sample if chosen is None else int(chosen[sample])

    # -- drawing ----------------------------------------------------------------------------

    def draw(
        self,
        painter: QPainter,
        camera: Camera,
        size: QSize,
        ratio: float,
        brushes: Brushes,
        focus: Focus,
        font: QFont,
    ) -> None:
        """Draw what is in a view of that size."""
        extent = (size.width(), size.height())
        if self._drawn_at is not self.scene.x:
            self._drawn_at, self._edge_layer, self._ribbons_for = self.scene.x, None, None
        self._draw_plates(painter, camera, brushes, font)
        self._draw_sample(painter, camera, brushes)
        dotted = camera.scale < DOT_SCALE
        nodes = self._nodes[:0] if dotted else visible_nodes(self.scene, camera, *extent)
        near = None if dotted else self._few_edges(camera, extent, nodes)
        if near is None:
            self.ribbons, self._ribbons_for = [], None
            layer = self._layer(camera, size, ratio, brushes)
            painter.drawPixmap(0, 0, layer)
        else:
            self._draw_ribbons(painter, camera, near, brushes, focus)
        bins = self._bins
        if focus.bright is not None:
            bins = bins + np.where(focus.bright, 0, brushes.bins)
        if dotted:
            self._draw_dots(painter, camera, extent, bins, brushes)
        if focus.lit is not None:
            seen = np.flatnonzero(focus.lit) if dotted else nodes[focus.lit[nodes]]
            draw_lit(painter, place_nodes(self.scene, seen, bins[seen], camera), brushes.theme)
        if dotted:
            return
        visible = place_nodes(self.scene, nodes, bins[nodes], camera)
        draw_nodes(painter, visible, brushes)
        self._draw_marks(painter, camera, brushes, focus)
        if camera.scale >= TEXT_SCALE:
            if self.scene.detailed:
                draw_cards(painter, visible, self._cards(nodes), brushes, font)
            else:
                draw_texts(painter, visible, brushes, self.texts, font)
        if near is not None:
            self._draw_callouts(painter, size, brushes, focus, font, visible)

    def _draw_dots(
        self,
        painter: QPainter,
        camera: Camera,
        extent: tuple[int, int],
        bins: np.ndarray,
        brushes: Brushes,
    ) -> None:
        if self._dots is None or self._dots.key != (camera, extent, id(self.scene.x)):
            self._dots = Dots(self.scene, camera, extent)
        self._dots.draw(painter, bins, brushes.pixels)

    def _few_edges(
        self, camera: Camera, extent: tuple[int, int], nodes: np.ndarray
    ) -> np.ndarray | None:
        """Return the edges in view if they are few enough to be drawn one by one, else None."""
        if camera.scale < TEXT_SCALE or len(nodes) > MOST_RIBBONS:
            return None
        near = self._edges.near(camera, extent)
        return near if len(near) <= MOST_RIBBONS else None

    def _draw_plates(
        self, painter: QPainter, camera: Camera, brushes: Brushes, font: QFont
    ) -> None:
        theme = brushes.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        label_font = QFont(font)
        label_font.setPixelSize(max(4, round(12 * camera.scale)))
        painter.setFont(label_font)
        for depth, plate in enumerate(self.scene.plates):
            box = camera.rectangle(plate.box)
            painter.setPen(QPen(mix(theme.base, theme.edge, 0.6), 1.2, Qt.PenStyle.DashLine))
            painter.setBrush(mix(theme.base, theme.window, min(1.0, 0.9 + 0.3 * depth)))
            painter.drawRoundedRect(box, 10 * camera.scale, 10 * camera.scale)
            painter.setPen(theme.muted)
            header = QRectF(box.left(), box.top(), box.width(), 24 * camera.scale)
            inset = header.adjusted(10 * camera.scale, 0, -10 * camera.scale, 0)
            begin = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(inset, begin, self._plate_text(plate.label, plate.is_samples))

    def _draw_sample(self, painter: QPainter, camera: Camera, brushes: Brushes) -> None:
        """Draw a frame around the selected sample's own nodes, which can be found at any scale."""
        box = None if self._moment is None else self.scene.sample_box(self._moment.sample)
        if box is None:
            return
        frame, theme = camera.rectangle(box), brushes.theme
        small = max(0.0, 8.0 - frame.height()) / 2
        frame.adjust(-small, -small, small, small)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(theme.accent, 1.6))
        painter.setBrush(mix(theme.base, theme.accent, 0.14))
        painter.drawRoundedRect(frame, 6, 6)

    def _plate_text(self, label: str, is_samples: bool) -> str:
        if not is_samples or self._moment is None:
            return label
        return f"{label}, shown: sample {self._number_in_data(self._moment.sample)}"

    def _layer(self, camera: Camera, size: QSize, ratio: float, brushes: Brushes) -> QPixmap:
        """Return the edges for a camera, drawn anew only when it has changed."""
        key = (camera, size, ratio, brushes)
        if self._edge_layer is None or self._edge_layer[0] != key:
            layer = QPixmap(size * ratio)
            layer.setDevicePixelRatio(ratio)
            layer.fill(Qt.GlobalColor.transparent)
            painter = QPainter(layer)
            self._edges.draw(painter, camera, (size.width(), size.height()), brushes.theme)
            painter.end()
            self._edge_layer = (key, layer)
        return self._edge_layer[1]

    def _draw_ribbons(
        self, painter: QPainter, camera: Camera, near: np.ndarray, brushes: Brushes, focus: Focus
    ) -> None:
        """Draw the edges in view one by one, with what flows over them."""
        key = (camera, near.tobytes())
        if self._ribbons_for != key:
            routes = self.scene.routes(near)
            self.ribbons = [
                make_ribbon(edge, route, camera)
                for edge, route in zip(near.tolist(), routes, strict=True)
            ]
            self._ribbons_for = key
        for ribbon in self.ribbons:
            if ribbon.edge in (focus.selected_edge, focus.step_edge, focus.hovered_edge):
                draw_halo(painter, ribbon, brushes.theme, camera.scale)
        if self._moment is None:
            none = np.zeros(len(near))
            flows = Flows(none, none, none, none > 0)
        else:
            flows = self.scene.flows(self._moment, near)
        faint = np.zeros(len(near), dtype=bool)
        if focus.bright is not None:
            sources, targets = self.scene.sources[near], self.scene.targets[near]
            faint = ~(focus.bright[sources] & focus.bright[targets])
        draw_ribbons(
            painter,
            self.ribbons,
            flows,
            self._limit,
            camera.scale,
            brushes.theme,
            faint,
            self._tinted,
        )
        for number, ribbon in enumerate(self.ribbons):
            if ribbon.edge == focus.step_edge and flows.flowed[number]:
                draw_backward_tip(painter, ribbon, brushes.theme.accent, camera.scale)

    def _draw_marks(
        self, painter: QPainter, camera: Camera, brushes: Brushes, focus: Focus
    ) -> None:
        """Draw frames around the nodes that are looked at."""
        theme = brushes.theme
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        solid, dashed = Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine
        for node, colour, width, style in (
            (focus.hovered_node, theme.text, 2.0, solid),
            (focus.step_node, theme.accent, 4.0, solid),
            (focus.selected_node, theme.text, 3.0, solid),
            (focus.walked_node, theme.text, 2.0, dashed),
        ):
            if node is not None:
                gap = 1.0 if node != focus.step_node or colour is not theme.accent else 4.0
                box = camera.rectangle(self.scene.box(node)).adjusted(-gap, -gap, gap, gap)
                radius = 7 * camera.scale + gap
                painter.setPen(QPen(colour, width, style))
                painter.drawRoundedRect(box, radius, radius)

        if focus.first_non_finite is not None:
            self._draw_first_non_finite(painter, camera, brushes, focus.first_non_finite)

    def _draw_first_non_finite(
        self, painter: QPainter, camera: Camera, brushes: Brushes, node: int
    ) -> None:
        """Mark the node whose number was the first to become inf or nan."""
        theme = brushes.theme
        box = camera.rectangle(self.scene.box(node)).adjusted(-4, -4, 4, 4)
        painter.setPen(QPen(theme.non_finite, 2, Qt.PenStyle.DotLine))
        painter.drawRoundedRect(box, 9 * camera.scale, 9 * camera.scale)
        font = QFont(painter.font())
        font.setPixelSize(max(9, round(12 * camera.scale)))
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(theme.non_finite)
        label = QRectF(box.left() - 40, box.top() - 20, box.width() + 80, 18)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, "first not finite")

    def _draw_callouts(
        self,
        painter: QPainter,
        size: QSize,
        brushes: Brushes,
        focus: Focus,
        font: QFont,
        visible: VisibleNodes,
    ) -> None:
        """Write beside the edges that are looked at what flows over them."""
        view = QRectF(0, 0, size.width(), size.height())
        taken = [QRectF(*box) for box in visible.boxes.tolist()] if len(visible.boxes) < 60 else []
        by_edge = {ribbon.edge: ribbon for ribbon in self.ribbons}
        wanted = dict.fromkeys((focus.step_edge, focus.selected_edge, focus.hovered_edge))
        for edge in wanted:
            ribbon = by_edge.get(edge) if edge is not None else None
            if ribbon is not None and edge is not None:
                middle = visible_middle(ribbon, view)
                lines = [] if self._moment is None else edge_lines(self.scene, self._moment, edge)
                if lines and middle is not None:
                    box = draw_callout(painter, lines, middle, brushes.theme, font, taken, view)
                    taken.append(box)

    def _cards(self, nodes: np.ndarray) -> list[Card]:
        return [self._card(node) for node in nodes.tolist()]

    def _card(self, node: int) -> Card:
        title, value, gradient = self.texts(node)
        names, place = self.scene.probe.names, int(self.scene.places[node])
        below = self.scene.formula(node) or names.kind(place)
        return Card(title, "" if below == title else below, value, gradient, self._spread(node))

    def _spread(self, node: int) -> Distribution | None:
        """Return how a node's values are spread over the samples, if it has one for each."""
        moment, scene = self._moment, self.scene
        if moment is None or not isinstance(scene, FoldedScene):
            return None
        if node not in self._spreads:
            column = scene.column(node, moment)
            self._spreads[node] = None if column is None else distribution(column, moment.sample)
        return self._spreads[node]

    def draw_focus_frame(self, painter: QPainter, size: QSize, brushes: Brushes) -> None:
        """Show that the keys go to the graph."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(brushes.theme.accent, 2))
        right, bottom = size.width() - 1, size.height() - 1
        painter.drawLines(
            [
                QLineF(1, 1, right, 1),
                QLineF(right, 1, right, bottom),
                QLineF(right, bottom, 1, bottom),
                QLineF(1, bottom, 1, 1),
            ]
        )
