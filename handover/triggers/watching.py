"""What to watch for on a connection."""

from handover.connections.models import Connection
from handover.triggers.reading import Watch


def watch_of(connection: Connection) -> Watch:
    """The mention, the label, and the bot whose own words ask for nothing."""
    host = connection.host
    return Watch(mention=host.mention, label=host.label, bot_name=connection.bot_name, bot_key=connection.bot_key)
