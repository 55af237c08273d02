"""The help: keyboard shortcuts, and what this program is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app import __version__

SHORTCUTS = (
    (
        "Training",
        (
            ("Space", "play or pause"),
            ("N", "one epoch"),
            ("R", "back to epoch 0, with the same initial values"),
            ("B", "branch: go on from the epoch looked at as a run of its own"),
            ("Ctrl + R", "race: other optimizers or learning rates at once"),
            ("Ctrl + Z, Ctrl + Y", "undo, redo an edit of the experiment"),
        ),
    ),
    (
        "Steps of an epoch",
        (
            ("→ ←  or  . ,", "one step forward, back"),
            ("Shift or Ctrl + → ←", "to the next, the previous stage"),
            ("Page ↓ ↑", "to the next, the previous epoch"),
            ("P", "play the steps, or pause"),
            ("Esc", "take back a what-if, the selection, then leave the steps"),
        ),
    ),
    (
        "Timeline",
        (
            ("drag, click", "look at another epoch, everywhere"),
            ("Shift + drag  or  [ ]", "mark a range, which is then played again and again"),
            ("H", "play the history, or stop"),
            ("← → Page ↑ ↓ Home End", "with the focus on it: another epoch"),
        ),
    ),
    (
        "Fields",
        (
            ("Enter", "take what was typed"),
            ("Esc", "back to the value before"),
            ("↑ ↓", "one more or less of the last digit"),
            ("← →, Page ↑ ↓", "on the scale: another learning rate"),
        ),
    ),
    (
        "Computation graph",
        (
            ("U", "unfold, or fold again"),
            ("F", "fit the whole graph"),
            ("Ctrl + F", "find a node"),
            ("F3, Shift + F3", "the next, the previous one found"),
            ("Home", "to where reading begins"),
            ("+ −, wheel; drag", "zoom; move"),
            ("← → ↑ ↓, Enter", "with the focus on the graph: walk along edges, select"),
            ("hover", "all digits of a node, and what it depends on"),
            ("click on a value", "another parameter or data point: what if?"),
        ),
    ),
    (
        "Formula",
        (
            ("+ − * / **", "and sin cos tanh exp log sqrt abs relu sigmoid max min"),
            ("x, pi, e", "are known; every other name is a parameter"),
            ("hover", "lights the nodes of a part, and a node its part"),
        ),
    ),
    (
        "Fit",
        (
            ("E", "edit points, or stop"),
            ("click; drag; right click, Del", "add; move; remove a point, while editing"),
            ("drag a handle", "bend the curve of a model with two parameters: what if?"),
        ),
    ),
    (
        "Landscape",
        (
            ("click; double click", "read the loss of a place; start a run there"),
            ("drag the point, ← → ↑ ↓", "move the parameters: what if?"),
            ("wheel, drag", "zoom, move"),
        ),
    ),
    (
        "Runs",
        (
            ("Enter, double click", "look at the selected run"),
            ("F2; Del; Space", "rename; delete; draw or hide it"),
        ),
    ),
    (
        "Loss curve",
        (
            ("← → Home End", "move the crosshair"),
            ("Enter, click", "look at that epoch"),
            ("wheel, drag", "zoom, move"),
        ),
    ),
    (
        "Window",
        (
            ("Ctrl + + / − / 0", "larger, smaller, normal text"),
            ("Ctrl + O / S", "open, save an experiment"),
            ("Ctrl + I, Ctrl + V, drop", "import a table with data of your own"),
            ("Ctrl + C", "copy the table"),
            ("F1", "this help"),
            ("Ctrl + Q", "quit"),
        ),
    ),
)


def shortcuts_dialog(parent: QWidget) -> QDialog:
    """Return a dialog that lists the keyboard shortcuts."""
    rows = "".join(
        f"<tr><th colspan=2 align=left style='padding-top:8px'>{title}</th></tr>"
        + "".join(
            f"<tr><td style='padding-right:24px'><b>{keys}</b></td><td>{what}</td></tr>"
            for keys, what in entries
        )
        for title, entries in SHORTCUTS
    )
    return _dialog(parent, "Keyboard shortcuts", f"<table>{rows}</table>")


def about_dialog(parent: QWidget) -> QDialog:
    """Return a dialog that says what this program is."""
    text = f"""
        <h2>Chainrule {__version__}</h2>
        <p>Shows reverse-mode automatic differentiation at work: the loss falls, the curve fits,
        and every node of the computation graph shows its value and its gradient. → and ← step
        through an epoch and back: forward, backward, update.</p>
        <p>The model is a formula that you type, or a small network; the data come from a true
        curve or are your own. Runs are kept side by side: drag the timeline to an epoch, change
        a training setting, and a branch goes on from there.</p>
        <p>The colour of a node is the gradient of the loss L with respect to it, ∂L/∂node. It
        arises on the way back from the loss, edge by edge, as <i>upstream gradient × local
        derivative</i>, summed over all edges that leave the node: the chain rule. What flows
        over an edge is its width, its sign the colour. The bars at the foot of a node show how
        all samples' values are spread; the mark is the selected sample.</p>
        <p>All of it is computed by Chainrule's own scalar autograd engine. MIT licence.</p>
    """
    return _dialog(parent, "About Chainrule", text)


def _dialog(parent: QWidget, title: str, text: str) -> QDialog:
    dialog = QDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    label = QLabel(text, wordWrap=True, objectName="help_text")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setMargin(6)
    pane = QScrollArea(widgetResizable=True, frameShape=QFrame.Shape.NoFrame)
    pane.setWidget(label)
    width = 72 * label.fontMetrics().averageCharWidth()
    height = label.heightForWidth(width) + 2 * label.margin()
    pane.setMinimumSize(width + pane.verticalScrollBar().sizeHint().width(), min(height, 440))
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    layout.addWidget(pane)
    layout.addWidget(buttons)
    return dialog
