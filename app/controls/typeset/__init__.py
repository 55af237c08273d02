"""Formulas as a textbook prints them.

A formula's parts are written as boxes (:mod:`writing`, by the rules of TeX), put on a page as
wide as there is room (:mod:`page`), and shown by a widget (:mod:`picture`).
"""

from app.controls.typeset.picture import FormulaPicture

__all__ = ["FormulaPicture"]
