"""A mailbox with one place: whoever looks finds the newest, and only that."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Hands the newest of many items from one thread to another, without either waiting.

    Putting replaces what was not taken yet: a window that draws 60 times a second has no use
    for the thousand epochs between two frames.
    """

    def __init__(self) -> None:
        self._place: deque[T] = deque(maxlen=1)

    def put(self, item: T) -> None:
        """Leave an item, in place of the one before."""
        self._place.append(item)

    def take(self) -> T | None:
        """Return the newest item and empty the mailbox; None if it is empty."""
        try:
            return self._place.popleft()
        except IndexError:
            return None
