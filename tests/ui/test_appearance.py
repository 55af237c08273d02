"""Theme, size of text and layout: chosen, applied everywhere, remembered."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QByteArray, QSettings, QSize, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget

from app.theme import load_theme
from tests.conftest import close
from tests.ui.person import Person

CONTROL = Qt.KeyboardModifier.ControlModifier


def background(widget: QWidget) -> QColor:
    """Return the colour that most of a widget has, of every fifth row and column."""
    picture = widget.grab().toImage()
    columns, rows = range(0, picture.width(), 5), range(0, picture.height(), 5)
    pixels = Counter(picture.pixel(x, y) for x in columns for y in rows)
    return QColor(pixels.most_common(1)[0][0])


def differing(one: QImage, other: QImage) -> float:
    """Return the share of pixels that differ, of every fifth row and column."""
    places = [(x, y) for x in range(0, one.width(), 5) for y in range(0, one.height(), 5)]
    return sum(one.pixel(*place) != other.pixel(*place) for place in places) / len(places)


# -- the theme -------------------------------------------------------------------------------


def test_both_themes_are_painted_and_differ_nearly_everywhere(person):
    person.train(20)
    light = person.window.grab().toImage()
    person.choose_in_menu("View", "Theme", "Dark")
    dark = person.window.grab().toImage()
    assert light.size() == dark.size()
    assert differing(light, dark) > 0.9


@pytest.mark.parametrize(("theme", "other"), [("light", "Dark"), ("dark", "Light")])
def test_switching_the_theme_recolours_every_view(make_window, qtbot, theme, other):
    person = Person(make_window(theme=theme), qtbot)
    parts = ("loss_plot", "fit_plot", "graph_canvas")
    assert [background(person.find(name)) for name in parts] == [load_theme(theme).base] * 3
    person.choose_in_menu("View", "Theme", other)
    expected = load_theme(other.lower())
    assert [background(person.find(name)) for name in parts] == [expected.base] * 3
    assert background(person.find("experiment_panel")) == expected.window
    assert expected.fit.name() in person.find("fitted_formula").styleSheet()


def contrast(one: QColor, other: QColor) -> float:
    """Return WCAG 2.1's contrast of two colours."""

    def luminance(colour: QColor) -> float:
        channels = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in colour.getRgbF()[:3]
        ]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(name):
    theme = load_theme(name)
    for behind in (theme.window, theme.base, theme.raised):
        assert contrast(theme.text, behind) >= 7
        assert contrast(theme.muted, behind) >= 4.5
    for behind in (theme.notice, theme.warning, theme.error):
        assert contrast(theme.text, behind) >= 4.5
    for colour in (theme.fit, theme.loss, theme.accent):
        assert contrast(colour, theme.base) >= 3


def test_without_a_choice_the_systems_theme_is_used(make_window):
    window = make_window(theme=None)
    scheme = QApplication.styleHints().colorScheme()
    expected = "dark" if scheme is Qt.ColorScheme.Dark else "light"
    assert background(window.loss_view.plot) == load_theme(expected).base


# -- the size of text ------------------------------------------------------------------------


def heights(person: Person) -> list[int]:
    """Return the heights of what text is written on."""
    names = (
        "learning_rate",
        "notice_text",
        "formula",
        "fitted_formula",
        "speed_value",
        "fit_table",
    )
    return [person.find(name).fontMetrics().height() for name in names]


def test_ctrl_plus_enlarges_all_text_and_ctrl_0_takes_it_back(person):
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
        before = heights(person)
        for _ in range(3):
            person.press(key, CONTROL)
        assert all(now > old for now, old in zip(heights(person), before, strict=True))
        person.press(Qt.Key.Key_0, CONTROL)
        assert heights(person) == before


def test_ctrl_minus_makes_text_smaller(person):
    before = heights(person)
    for _ in range(2):
        person.press(Qt.Key.Key_Minus, CONTROL)
    assert all(now < old for now, old in zip(heights(person), before, strict=True))


def test_text_stays_within_limits_however_often_it_is_scaled(person):
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Minus):
        for _ in range(12):
            person.press(key, CONTROL)
        assert 6 < QApplication.font().pointSizeF() < 30


def test_large_text_makes_the_window_no_wider(person):
    for _ in range(5):  # 1.1⁵ = 1.61
        person.press(Qt.Key.Key_Plus, CONTROL)
    names = ("play", "speed_value", "epoch", "loss", "learning_rate", "loss_readout")

    def all_fit() -> bool:
        return person.window.size().toTuple() == (1280, 800) and all(
            right_of(person, name) < 1280 for name in names
        )

    person.wait(all_fit)
    assert person.window.minimumSizeHint().width() <= 1280
    for name in names:
        widget = person.find(name)
        assert widget.width() >= widget.minimumSizeHint().width(), name


def right_of(person: Person, name: str) -> int:
    """Return where something ends at the right, in the window's pixels."""
    widget = person.find(name)
    return widget.mapTo(person.window, widget.rect().topRight()).x()


# -- remembered ------------------------------------------------------------------------------


def test_the_next_window_looks_as_the_last_was_left(make_window, qtbot):
    first = Person(make_window(size=(1100, 750)), qtbot)
    first.choose_in_menu("View", "Theme", "Dark")
    first.press(Qt.Key.Key_Plus, CONTROL)
    for name in ("fit", "runs", "sweep"):  # one behind another
        first.find(f"{name}_dock").raise_()
        first.click(f"{name}_close")
    point_size = QApplication.font().pointSizeF()
    loss, graph = first.find("loss_curve_dock"), first.find("graph_dock")
    first.wait(lambda: loss.width() == graph.width())  # it has got the fit's room
    width, size = loss.width(), first.window.size()
    assert size != QSize(1280, 800)  # which a window has that nothing was remembered for
    close(first.window)
    second = Person(make_window(size=None, theme=None), qtbot)
    assert background(second.find("loss_plot")) == load_theme("dark").base
    assert QApplication.font().pointSizeF() == pytest.approx(point_size)
    assert not second.sees("fit_dock")
    assert second.sees("graph_dock")
    assert second.window.size() == size
    assert abs(second.find("loss_curve_dock").width() - width) < 20
    second.choose_in_menu("View", "Fit")
    assert second.sees("fit_dock")


@pytest.mark.parametrize(
    "junk", ["nonsense", 17, ["a", "b"], QByteArray(b"\x00\xff junk"), QByteArray(), 1e400, "nan"]
)
def test_settings_that_cannot_be_used_are_not_used(make_window, settings: QSettings, qtbot, junk):
    for key in ("window/geometry", "window/state", "appearance/theme", "appearance/text_scale"):
        settings.setValue(key, junk)
    settings.sync()
    person = Person(make_window(theme=None), qtbot)
    assert all(person.sees(f"{name}_dock") for name in ("experiment", "fit", "graph", "loss_curve"))
    assert 6 < QApplication.font().pointSizeF() < 30
    person.train(1)


def test_a_settings_file_of_noise_is_survived(make_window, settings: QSettings, qtbot):
    with open(settings.fileName(), "wb") as file:
        file.write(b"[window\ngeometry=@ByteArray(\\x1\xff\nstate=@Variant(\0\0)\n[[[=\n%%%")
    settings.sync()
    Person(make_window(theme=None), qtbot).train(1)
