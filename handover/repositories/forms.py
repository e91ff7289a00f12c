"""What members type about their forge accounts."""

from django import forms

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
