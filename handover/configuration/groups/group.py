"""What every group of fields has."""

from collections.abc import Iterator
from typing import ClassVar

Problems = Iterator[tuple[str, str]]


class Group:
    """Fields that are configured together."""

    title: ClassVar[str]
    about: ClassVar[str]
    # What the address of the group's secrets is made of.
    address_fields: ClassVar[tuple[str, ...]] = ("base_url",)

    @property
    def address(self) -> str:
        """The address that the group's secrets belong to; "" where it has none."""
        return str(getattr(self, "base_url", ""))

    def problems(self) -> Problems:
        """What does not fit together: a field's name and a sentence."""
        yield from ()
