"""A form for each group of the configuration, made from its declaration."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from django import forms

from handover.configuration import network
from handover.configuration.declared import Group, kind_of
from handover.configuration.documents import Document, Entry, written
from handover.configuration.fields import declared, default_of
from handover.configuration.secret import Secret
from handover.configuration.vault import vault

FORGET = "forget-"


class GroupForm(forms.Form):
    """A group's fields. After `is_valid`, `stored` is the group as the document keeps it.

    An empty secret keeps the one that is there, as long as the address is the same: `cleared` names those that went
    with their address.
    """

    group: ClassVar[type[Group]]

    def __init__(self, data: Mapping[str, Any] | None, entry: Entry, **options: Any) -> None:
        super().__init__(data, initial=_initial(self.group, entry), **options)
        self.entry = entry
        self.cleared: list[str] = []
        self.bot: Any = None
        self.value: Any = entry.value
        kept = [name for name, what in declared(self.group).items() if what.once and entry.stored.get(name)]
        for name in (*entry.locks, *kept):
            self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        """Bind the secrets to the address, and hold the fields against each other."""
        cleaned = super().clean() or {}
        what = declared(self.group)
        self._check_addresses(cleaned)
        if self.errors:
            return cleaned
        plain = {name: self._plain(name, cleaned[name]) for name, one in what.items() if one.kind != "secret"}
        group = self.group(**plain)
        secrets = {name: self._secret(name, group.address) for name, one in what.items() if one.kind == "secret"}
        self.value = replace(group, **secrets)  # type: ignore[type-var]
        for name, sentence in self.value.problems():
            self.add_error(name, sentence)
        return cleaned

    @property
    def stored(self) -> Document:
        """The group as the document keeps it: what differs from the defaults, secrets sealed."""
        return {name: value for name in declared(self.group) if (value := self._stored(name)) is not None}

    def _check_addresses(self, cleaned: Mapping[str, Any]) -> None:
        """Only those that are new: each is looked up, and each connection is held against the same rules again."""
        for name, what in declared(self.group).items():
            given = cleaned.get(name)
            if what.kind not in ("address", "host") or not given or given == getattr(self.entry.value, name):
                continue
            refusal = network.refusal_of(given) if what.kind == "address" else network.refusal_of_host(given)
            if refusal:
                self.add_error(name, refusal)

    def _plain(self, name: str, cleaned: Any) -> Any:
        if name in self.entry.locks:
            return getattr(self.entry.value, name)
        # A text, number or choice that is left empty is what it is without anybody's word.
        return default_of(self.group, name) if cleaned is None or cleaned == "" else cleaned

    def _secret(self, name: str, address: str) -> Secret:
        typed = self.cleaned_data.get(name)
        kept = self.entry.stored.get(name)
        if name in self.entry.locks:
            found: Secret = getattr(self.entry.value, name)
            return found
        if typed and not address:
            self.add_error(name, "A secret belongs to an address. Fill in the address first.")
            return Secret()
        if typed:
            return Secret.given(typed.strip(), address=address)
        if kept is None or self.data.get(self.add_prefix(FORGET + name)):
            return Secret()
        if kept["for"] != address:
            self.cleared.append(declared(self.group)[name].label)
            return Secret()
        return Secret.stored(kept["sealed"], address=address)

    def _stored(self, name: str) -> Any:
        if name in self.entry.locks:
            # What the environment fixes stands there; the address is kept, so that the rest is found again by it.
            return written(getattr(self.value, name)) if name == "base_url" else self.entry.stored.get(name)
        value = getattr(self.value, name)
        if isinstance(value, Secret):
            return self._sealed(name, value)
        return None if value == default_of(self.group, name) else written(value)

    def _sealed(self, name: str, secret: Secret) -> Document | None:
        if not secret:
            return None
        if not self.cleaned_data.get(name):
            return dict(self.entry.stored[name])
        return {"sealed": vault().seal(secret.clear(), address=secret.address), "for": secret.address}


def form_of(group: str) -> type[GroupForm]:
    """The form of a group, by its name in the document."""
    kind = kind_of(group)
    made: dict[str, Any] = {name: _form_field(what) for name, what in declared(kind).items()}
    return type(f"{kind.__name__}Form", (GroupForm,), {"group": kind, **made})


def _form_field(what: Any) -> forms.Field:
    made: forms.Field = what.form()
    made.label, made.help_text = what.label, what.help
    if what.kind == "secret":
        made.widget.attrs["autocomplete"] = "new-password"
    return made


def _initial(kind: type[Group], entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry.value, name) for name, what in declared(kind).items() if what.kind != "secret"}
