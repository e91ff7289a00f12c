"""What the Admin Console's templates need."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def rows(form: Any) -> Any:
    """The form's fields with all that is shown of them."""
    from handover.console.rows import rows_of

    return rows_of(form)
