"""Form fields for what Django has none: our addresses, lists of words, certificates."""

from typing import Any

from cryptography import x509
from django import forms
from django.core.exceptions import ValidationError

from handover.lib.environment import BadSetting, parsed_address

MOST_CERTIFICATES = 100
MOST_PEM = 1_000_000
MOST_WORDS = 500


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
            return parsed_address("This", given, example=self.example)
        except BadSetting as error:
            raise ValidationError(str(error)) from error


class WordsField(forms.CharField):
    """Words, separated by commas, spaces or new lines."""

    widget = forms.Textarea(attrs={"rows": 2})

    def to_python(self, value: Any) -> Any:
        """The words as a tuple, each once."""
        text = " ".join(value) if isinstance(value, list | tuple) else str(value or "")
        found = tuple(dict.fromkeys(text.replace(",", " ").split()))
        if len(found) > MOST_WORDS:
            raise ValidationError(f"More than {MOST_WORDS} names. Use a group instead.")
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
