"""Points that a person imported or drew: the data of an experiment that has no recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.study.setting import SettingError

if TYPE_CHECKING:  # a window that waits for its views has no need of NumPy yet
    import numpy as np
    import numpy.typing as npt

    Column = npt.NDArray[np.float64]

MOST_POINTS = 1_000_000
"""How many points there may be."""

LARGEST = 1e100
"""The largest number of a point: beyond it not even what it takes to draw it can be computed."""

_HASHED = 16
"""How many points go into the hash; any more would be read at every edit of a million."""


class Points:
    """At least one point, in a fixed order; never changed, and compared by their numbers.

    Attributes:
        x, y: read-only columns of the same shape (points,), all finite.
    """

    __slots__ = ("__weakref__", "_hash", "_x", "_y")

    def __init__(self, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Copy two columns.

        Raises:
            SettingError: they are no columns of numbers, differ in length, hold numbers that
                are not finite, no point at all or more than ``MOST_POINTS``.
        """
        self._x, self._y = _column(x, "x"), _column(y, "y")
        if len(self._x) != len(self._y):
            raise SettingError(
                f"Points need as many numbers in y as in x; "
                f"there are {len(self._x):,} in x and {len(self._y):,} in y."
            )
        if not 1 <= len(self._x) <= MOST_POINTS:
            raise SettingError(
                f"There must be from 1 to {MOST_POINTS:,} points; there are {len(self._x):,}."
            )
        _check_finite(self._x, self._y)
        self._hash: int | None = None

    @property
    def x(self) -> Column:
        """The inputs."""
        return self._x

    @property
    def y(self) -> Column:
        """The targets."""
        return self._y

    def __len__(self) -> int:
        return len(self._x)

    def __repr__(self) -> str:
        return f"Points({len(self):,})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Points):
            return NotImplemented
        if self is other:
            return True
        same = len(self) == len(other)
        return same and bool((self._x == other._x).all() and (self._y == other._y).all())

    def __hash__(self) -> int:
        if self._hash is None:
            some = slice(None, None, max(1, len(self) // _HASHED))
            self._hash = hash((len(self), *self._x[some].tolist(), *self._y[some].tolist()))
        return self._hash

    def __reduce__(self) -> tuple[type[Points], tuple[Column, Column]]:
        return Points, (self._x, self._y)  # arrays forget on the way that they are read-only

    def added(self, x: float, y: float) -> Points:
        """Return these points and one more at the end.

        Raises:
            SettingError: there are ``MOST_POINTS`` already, or it is not finite.
        """
        import numpy as np

        return Points(np.append(self._x, x), np.append(self._y, y))

    def moved(self, index: int, x: float, y: float) -> Points:
        """Return these points, the one at an index at another place.

        Raises:
            SettingError: the place is not finite.
            IndexError: there is no such point.
        """
        xs, ys = self._x.copy(), self._y.copy()
        xs[index], ys[index] = x, y
        return Points(xs, ys)

    def removed(self, index: int) -> Points:
        """Return these points without the one at an index.

        Raises:
            SettingError: it is the only one.
            IndexError: there is no such point.
        """
        import numpy as np

        return Points(np.delete(self._x, index), np.delete(self._y, index))

    def to_plain(self) -> dict[str, list[float]]:
        """Return the points as a JSON object holds them."""
        return {"x": self._x.tolist(), "y": self._y.tolist()}

    @classmethod
    def from_plain(cls, plain: Any) -> Points:
        """Return the points of a JSON value.

        Raises:
            SettingError: it is no object with two lists of numbers, or not valid points.
        """
        if not isinstance(plain, dict) or set(plain) != {"x", "y"}:
            raise SettingError("Points must be an object with a list “x” and a list “y”.")
        for name, values in plain.items():
            if not isinstance(values, list):
                raise SettingError(f"Points must have a list of numbers as “{name}”.")
            if len(values) > MOST_POINTS:
                raise SettingError(
                    f"There must be from 1 to {MOST_POINTS:,} points; there are {len(values):,}."
                )
            if not set(map(type, values)) <= {int, float}:
                place = next(i for i, each in enumerate(values) if type(each) not in (int, float))
                raise SettingError(
                    f"Points must have numbers only; entry {place + 1:,} of “{name}” is no number."
                )
        return cls(plain["x"], plain["y"])


def _column(values: npt.ArrayLike, name: str) -> Column:
    """Return a read-only copy of a column of numbers."""
    import numpy as np

    try:
        column = np.array(values, dtype=np.float64)
    except OverflowError:
        raise SettingError(
            f"Points must be finite; {name} has a number that is too large."
        ) from None
    except (TypeError, ValueError):
        raise SettingError(f"Points need a list of numbers as {name}.") from None
    if column.ndim != 1:
        raise SettingError(f"Points need a list of numbers as {name}.")
    column.setflags(write=False)
    return column


def _check_finite(x: Column, y: Column) -> None:
    import numpy as np

    wrong = ~((np.abs(x) <= LARGEST) & (np.abs(y) <= LARGEST))  # nan, too
    if wrong.any():
        count, first = int(wrong.sum()), int(wrong.argmax())
        are = "is" if count == 1 else "are"
        raise SettingError(
            f"Points must be finite, and at most {LARGEST:g}; {count:,} of {len(x):,} {are} not, "
            f"the first is point {first + 1:,}."
        )
