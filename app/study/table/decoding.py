"""The text of a file, whatever its encoding."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from app.study.setting import SettingError

LARGEST_FILE = 256 * 1024 * 1024
"""Bytes of the largest file that is read; a million rows of a dozen columns have fewer."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""What a file begins with if it says its encoding itself."""


class TableError(SettingError):
    """A table that cannot be read; the text is a sentence for the person who chose it."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text, and where it is from.

    Attributes:
        text: what was read.
        name: the file's name; "" for none.
        note: a sentence if the encoding had to be guessed, else "".
    """

    text: str
    name: str = ""
    note: str = ""


def read_source(path: Path) -> Source:
    """Return the text of a file.

    Raises:
        TableError: it cannot be read, or is larger than ``LARGEST_FILE``.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TableError(f"{path} could not be read: {reason}.") from error
    if len(content) > LARGEST_FILE:
        raise TableError(
            f"{path} is larger than {LARGEST_FILE // 1024**2} MB. Choose a smaller file."
        )
    text, note = decode(content)
    return Source(text, path.name, note)


def decode(content: bytes) -> tuple[str, str]:
    """Return the text that some bytes are, and a sentence if that is a guess.

    The encoding is the one that a byte order mark names; else UTF-8; else Windows-1252, of
    which any bytes are a text.
    """
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding), ""
    except UnicodeDecodeError:
        if encoding != "utf-8":
            damaged = f"The text is damaged: not all of it is {encoding.upper()}."
            return content.decode(encoding, errors="replace"), damaged
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return text, "The text is not UTF-8; it is read as Western European (Windows-1252)."
