"""Makes a database with one connection and prints the path to deliver to. Arguments: base URL, secret."""

import os
import sys


def main() -> None:
    """Make them in the data folder of the environment."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handover.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from handover.configuration.vault import vault
    from handover.connections.models import Connection
    from tests.configured import add_jira

    call_command("migrate", verbosity=0)
    address, secret = sys.argv[1:]
    add_jira(address)
    connection = Connection.objects.create(
        base_url=address,
        bot_name="openhands",
        bot_key="JIRAUSER10001",
        webhook_state=Connection.Webhook.ACTIVE,
        sealed_webhook_secret=vault().seal(secret, address=address),
    )
    print(connection.events_path)


if __name__ == "__main__":
    main()
