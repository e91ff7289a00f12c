"""A secret of the configuration: shown to nobody, and bound to the address that it was given for."""

from dataclasses import dataclass, field

from handover.configuration.vault import vault


@dataclass(frozen=True)
class Secret:
    """A secret, or none. `address` is the only one that it may be sent to."""

    address: str = ""
    _sealed: str = field(default="", repr=False)
    _given: str = field(default="", repr=False)

    @classmethod
    def stored(cls, sealed: str, *, address: str) -> "Secret":
        """One from the database."""
        return cls(address=address, _sealed=sealed)

    @classmethod
    def given(cls, clear: str, *, address: str) -> "Secret":
        """One from the environment."""
        return cls(address=address, _given=clear)

    def __bool__(self) -> bool:
        return bool(self._sealed or self._given)

    def clear(self) -> str:
        """The secret itself; "" where there is none. Raises SecretUnreadable."""
        return vault().open(self._sealed, address=self.address) if self._sealed else self._given
