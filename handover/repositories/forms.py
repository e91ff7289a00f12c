"""What members type about their forge accounts."""

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from handover.configuration.declared import ForgeHost
from handover.repositories.standing import site_of

MOST_TOKEN = 255


class TokenForm(forms.Form):
    """A personal access token."""

    token = forms.CharField(
        label="Personal access token",
        max_length=MOST_TOKEN,
        # Never written into a page again, not even after a mistake.
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}, render_value=False),
        error_messages={
            "required": "Paste the token.",
            "max_length": f"That is too long for a token. It has at most {MOST_TOKEN} characters.",
        },
    )

    def clean_token(self) -> str:
        """Something that can stand in a header."""
        token: str = self.cleaned_data["token"]
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise forms.ValidationError("A token is one word of letters, digits and underscores. Copy it once more.")
        return token


def token_help(host: ForgeHost) -> SafeString:
    """Where a token is made, and what it needs."""
    return format_html(
        'Make one on {site}: either <a href="{url}/settings/tokens/new?scopes=repo&amp;description=Handover" '
        'rel="noreferrer">a classic one with the scope repo</a>, or '
        '<a href="{url}/settings/personal-access-tokens/new" rel="noreferrer">a fine-grained one</a> with Contents and '
        "Pull requests, both read and write. It is tested, sealed, and never shown again.",
        site=site_of(host.base_url),
        url=host.base_url,
    )
