import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

from handover.configuration.vault import vault
from handover.lib.environment import BadSetting, parsed_address
from handover.lib.secrets import SecretUnreadable


def respelled(address):
    """The address in the one spelling that it has from now on; as it is where it has none."""
    try:
        return parsed_address("An address", address)
    except BadSetting:
        return address


def resealed(sealed, *, before, after):
    """A secret that was given for this address, in its former spelling; as it is where no key of ours opens it."""
    try:
        return vault().seal(vault().open(sealed, address=before), address=after)
    except SecretUnreadable:
        return sealed


def in_one_spelling(apps, schema_editor):
    """Addresses were kept as they were written: capitals and default ports among them. Secrets are bound to them."""
    connections, accounts = apps.get_model("handover", "Connection"), apps.get_model("handover", "ForgeAccount")
    for row in connections.objects.all():
        before, after = row.base_url, respelled(row.base_url)
        if before != after and not connections.objects.filter(base_url=after).exists():
            row.base_url = after
            row.sealed_bot_token = resealed(row.sealed_bot_token, before=before, after=after)
            row.sealed_webhook_secret = resealed(row.sealed_webhook_secret, before=before, after=after)
            row.save()
    for row in accounts.objects.all():
        before, after = row.forge_url, respelled(row.forge_url)
        if before != after and not accounts.objects.filter(member_id=row.member_id, forge_url=after).exists():
            row.forge_url, row.sealed_token = after, resealed(row.sealed_token, before=before, after=after)
            row.save()
    runs = apps.get_model("handover", "Run").objects.exclude(forge_url="")
    for before in set(runs.values_list("forge_url", flat=True)):
        runs.filter(forge_url=before).update(forge_url=respelled(before))


def into_the_configuration(apps, schema_editor):
    """What was configured by commands becomes the first version of the configuration."""
    connections = list(apps.get_model("handover", "Connection").objects.order_by("created_at"))
    forges = apps.get_model("handover", "Forge").objects.order_by("id")
    document = {
        "jira": [
            {
                "base_url": one.base_url,
                "enabled": True,
                "linking": "email",
                "pat": {"sealed": one.sealed_bot_token, "for": one.base_url},
            }
            for one in connections
        ],
        "forges": [{"base_url": respelled(forge.base_url)} for forge in forges],
    }
    document = {name: entries for name, entries in document.items() if entries}
    if document:
        apps.get_model("handover", "Version").objects.create(
            number=1, at=timezone.now(), by="handover migrate", document=document
        )


def set_up_already(apps, schema_editor):
    """Connections of the former version have their webhook, and links and accounts their tokens."""
    apps.get_model("handover", "Connection").objects.update(webhook_state="active", activated_at=timezone.now())


class Migration(migrations.Migration):

    dependencies = [
        ('handover', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DoorTally',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('connection_id', models.UUIDField(default=uuid.UUID('00000000-0000-0000-0000-000000000000'), help_text='Zero where nobody knows the address delivered to.')),
                ('outcome', models.CharField(choices=[('refused', 'Refused'), ('ignored', 'Ignored')], max_length=10)),
                ('event', models.CharField(default='', max_length=100)),
                ('reason', models.CharField(max_length=200)),
                ('count', models.PositiveBigIntegerField(default=0)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('email', models.EmailField(default='', help_text='Empty for the link of the first administrator.', max_length=254)),
                ('administrator', models.BooleanField(default=False)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('mailed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Process',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=255)),
                ('pid', models.PositiveIntegerField()),
                ('started_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(help_text='Of the configuration that it works with.')),
            ],
        ),
        migrations.CreateModel(
            name='Told',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('issue_id', models.CharField(max_length=40)),
                ('user_key', models.CharField(max_length=255)),
                ('sentence', models.CharField(max_length=40)),
                ('day', models.DateField(help_text='In UTC.')),
                ('run_id', models.UUIDField(help_text='The run that said it.')),
            ],
        ),
        migrations.CreateModel(
            name='Version',
            fields=[
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('by', models.CharField(help_text="A member's name, or the command that wrote it.", max_length=255)),
                ('document', models.JSONField()),
                ('sealing', models.PositiveIntegerField(default=0, help_text='Grows when its secrets are sealed anew, so that processes read it again.')),
            ],
        ),
        migrations.RunPython(in_one_spelling, migrations.RunPython.noop),
        migrations.RunPython(into_the_configuration, migrations.RunPython.noop),
        migrations.DeleteModel(
            name='Forge',
        ),
        migrations.RemoveField(
            model_name='connection',
            name='sealed_bot_token',
        ),
        migrations.AddField(
            model_name='connection',
            name='activated_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='bot_of',
            field=models.CharField(default='', help_text='The mark of the token that bot_key was learned by.', max_length=64),
        ),
        migrations.AddField(
            model_name='connection',
            name='former_secret_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='connection',
            name='sealed_former_secret',
            field=models.TextField(default='', help_text='Holds until former_secret_until, or the new is used.'),
        ),
        migrations.AddField(
            model_name='connection',
            name='webhook_id',
            field=models.CharField(default='', help_text="Jira's id of it, where we installed it.", max_length=40),
        ),
        migrations.AddField(
            model_name='connection',
            name='webhook_state',
            field=models.CharField(choices=[('none', 'Not set up'), ('prepared', 'Not active yet'), ('active', 'Active'), ('paused', 'Paused')], default='none', max_length=10),
        ),
        migrations.RunPython(set_up_already, migrations.RunPython.noop),
        migrations.AddField(
            model_name='forgeaccount',
            name='checked_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='forgeaccount',
            name='how',
            field=models.CharField(choices=[('token', 'Personal access token'), ('oauth', 'OAuth')], default='token', max_length=10),
        ),
        migrations.AddField(
            model_name='forgeaccount',
            name='last_four',
            field=models.CharField(default='', max_length=4),
        ),
        migrations.AddField(
            model_name='forgeaccount',
            name='lost_at',
            field=models.DateTimeField(help_text='Since when the forge no longer takes the credential.', null=True),
        ),
        migrations.AddField(
            model_name='forgeaccount',
            name='refresh_lease_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='forgeaccount',
            name='scopes',
            field=models.TextField(default='', help_text="What the token may do, in the forge's words; empty: unknown."),
        ),
        migrations.AddField(
            model_name='forgeaccount',
            name='sealed_refresh_token',
            field=models.TextField(default=''),
        ),
        migrations.AddField(
            model_name='forgeaccount',
            name='token_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='forgeaccount',
            name='user_id',
            field=models.CharField(default='', help_text="The forge's id of the user, which never changes.", max_length=64),
        ),
        migrations.AddField(
            model_name='jiralink',
            name='access_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='jiralink',
            name='display_name',
            field=models.CharField(default='', max_length=255),
        ),
        migrations.AddField(
            model_name='jiralink',
            name='how',
            field=models.CharField(choices=[('oauth', 'OAuth'), ('email', 'E-mail match'), ('administrator', "An administrator's word")], default='administrator', max_length=15),
        ),
        migrations.AddField(
            model_name='jiralink',
            name='lost_at',
            field=models.DateTimeField(help_text='Since when Jira no longer takes the token: linked anew.', null=True),
        ),
        migrations.AddField(
            model_name='jiralink',
            name='refresh_lease_until',
            field=models.DateTimeField(help_text='Whoever holds the lease refreshes; others wait.', null=True),
        ),
        migrations.AddField(
            model_name='jiralink',
            name='scope',
            field=models.CharField(default='', max_length=100),
        ),
        migrations.AddField(
            model_name='jiralink',
            name='sealed_access_token',
            field=models.TextField(default='', help_text='Serves to read an issue as the member sees it.'),
        ),
        migrations.AddField(
            model_name='jiralink',
            name='sealed_refresh_token',
            field=models.TextField(default=''),
        ),
        migrations.AddField(
            model_name='jiralink',
            name='user_name',
            field=models.CharField(default='', max_length=255),
        ),
        migrations.AlterField(
            model_name='connection',
            name='base_url',
            field=models.URLField(help_text='Context path included, no trailing slash.', max_length=500, unique=True),
        ),
        migrations.AlterField(
            model_name='connection',
            name='bot_key',
            field=models.CharField(default='', help_text="The bot's immutable Jira user key; empty until its token was checked.", max_length=255),
        ),
        migrations.AlterField(
            model_name='connection',
            name='bot_name',
            field=models.CharField(default='', max_length=255),
        ),
        migrations.AlterField(
            model_name='connection',
            name='sealed_webhook_secret',
            field=models.TextField(default=''),
        ),
        migrations.AlterField(
            model_name='forgeaccount',
            name='forge_url',
            field=models.URLField(max_length=500),
        ),
        migrations.AddField(
            model_name='run',
            name='quiet',
            field=models.BooleanField(default=False, help_text='The same was said to the asker on this issue today.'),
        ),
        migrations.AlterField(
            model_name='run',
            name='forge_url',
            field=models.URLField(default='', max_length=500),
        ),
        migrations.AlterField(
            model_name='run',
            name='pull_request_url',
            field=models.URLField(default='', max_length=500),
        ),
        migrations.AddConstraint(
            model_name='doortally',
            constraint=models.UniqueConstraint(fields=('connection_id', 'outcome', 'event', 'reason'), name='one_tally_per_kind'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='invited_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='invitations', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='told',
            name='connection',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='handover.connection'),
        ),
        migrations.AddConstraint(
            model_name='told',
            constraint=models.UniqueConstraint(fields=('connection', 'issue_id', 'user_key', 'sentence', 'day'), name='told_once_a_day'),
        ),
    ]
