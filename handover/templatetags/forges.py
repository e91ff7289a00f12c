"""The forges among the cards of the settings."""

from django import template
from django.template import Context

from handover.repositories.cards import Card, cards_of

register = template.Library()


@register.simple_tag(takes_context=True)
def forge_cards(context: Context) -> list[Card]:
    """How the member who looks at the page stands with each forge."""
    return cards_of(context["user"])
