"""Makes a database with one connection and prints the path to deliver to. Arguments: base URL, secret."""

import os
import sys


def main() -> None:
    """Make them in the data folder of the environment."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "handover.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from handover.connections.models import Connection
    from handover.connections.vault import vault

    call_command("migrate", verbosity=0)
    address, secret = sys.argv[1:]
    connection = Connection.objects.create(
        base_url=address,
        bot_name="openhands",
        bot_key="JIRAUSER10001",
        sealed_bot_token=vault().seal("unused", address=address),
        sealed_webhook_secret=vault().seal(secret, address=address),
    )
    print(connection.events_path)


if __name__ == "__main__":
    main()
