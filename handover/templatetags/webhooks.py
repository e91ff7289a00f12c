"""The webhook of a connection, for the pages that tell of the connection."""

from typing import Any

from django import template

from handover.connections.models import Connection
from handover.connections.panel import panel_of

register = template.Library()


@register.inclusion_tag("connections/_webhook.html", takes_context=True)
def webhook(context: template.Context, connection: Connection) -> dict[str, Any]:
    """How the connection's webhook stands, for an administrator; nothing for anybody else."""
    request = context["request"]
    return {**panel_of(request, connection), "user": request.user}
