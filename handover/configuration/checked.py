"""Form fields for what Django has none: our addresses, lists of words, certificates."""

import re
from collections.abc import Callable
from typing import Any

import httpx
from cryptography import x509
from django import forms
from django.core.exceptions import ValidationError

from handover.lib.environment import BadSetting, parsed_address

MOST_CERTIFICATES = 100
MOST_PEM = 1_000_000
MOST_NAMES = 500
MOST_TEXT = 50_000


class AddressField(forms.CharField):
    """An http(s) address with its port and its context path, without the trailing slash."""

    widget = forms.URLInput

    def __init__(self, *, example: str, **options: Any) -> None:
        super().__init__(max_length=500, **options)
        self.example = example

    def clean(self, value: Any) -> str:
        """The address. Raises ValidationError."""
        given = str(super().clean(value)).strip()
        if not given:
            return ""
        try:
            address = parsed_address("This", given, example=self.example)
            # What no request could be made to ends nothing later on: names in other scripts among them.
            _ = httpx.URL(address).host
        except BadSetting as error:
            raise ValidationError(str(error)) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise ValidationError(f"No request can be made to {given!r}. Write it like {self.example}.") from error
        return address


class NamesField(forms.CharField):
    """Names, separated by commas or new lines: a group's name may have spaces in it."""

    widget = forms.Textarea(attrs={"rows": 2})

    def __init__(self, *, each: Callable[[str], None], **options: Any) -> None:
        super().__init__(max_length=MOST_TEXT, **options)
        self.each = each

    def to_python(self, value: Any) -> Any:
        """The names as a tuple, each once. Raises ValidationError."""
        parts = [str(one) for one in value] if isinstance(value, list | tuple) else re.split(r"[,\n]", str(value or ""))
        found = tuple(dict.fromkeys(name for part in parts if (name := " ".join(part.split()))))
        if len(found) > MOST_NAMES:
            raise ValidationError(f"More than {MOST_NAMES} names. Use a group instead.")
        for name in found:
            self.each(name)
        return found

    def prepare_value(self, value: Any) -> Any:
        """As it stands in the page."""
        return ", ".join(value) if isinstance(value, list | tuple) else value


class CertificatesField(forms.CharField):
    """Certificates in PEM. Private keys are refused: nobody needs them here."""

    widget = forms.Textarea(attrs={"rows": 8, "spellcheck": "false"})

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MOST_PEM, **options)

    def to_python(self, value: Any) -> Any:
        """The certificates alone, without what stood between them."""
        text = str(value or "").strip()
        if not text:
            return ""
        if "PRIVATE KEY-----" in text:
            raise ValidationError("This holds a private key. Upload only the certificate of the authority.")
        return "".join(_pem(found) for found in _found(text))


def _found(text: str) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        raise ValidationError(
            "This is no certificate in PEM form. It begins with -----BEGIN CERTIFICATE-----."
        ) from error
    if len(found) > MOST_CERTIFICATES:
        raise ValidationError(f"More than {MOST_CERTIFICATES} certificates.")
    return found


def _pem(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM).decode()
