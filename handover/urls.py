"""Every URL."""

from allauth.account import views as accounts
from allauth.mfa.base import views as factor
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as app
from allauth.socialaccount import views as social
from django.urls import URLPattern, path, re_path

from handover.connections import views as webhook
from handover.console import certificates, people, versions
from handover.console import views as console
from handover.doctor import views as doctor
from handover.members import account, jira_page, providing, settings_page
from handover.members.welcome import welcome
from handover.repositories import oauth as forges_oauth
from handover.repositories import views as forges
from handover.runs import live
from handover.runs import views as runs

WEBHOOK = "settings/integrations/jira-dc/<uuid:connection_id>/webhook"

urlpatterns: list[URLPattern] = [
    path("", runs.runs, name="runs"),
    path("runs/<uuid:run_id>", runs.run, name="run"),
    path("runs/<uuid:run_id>/live", live.live, name="run-live"),
    path("runs/<uuid:run_id>/stop", runs.stop, name="run-stop"),
    # Signing in. Names with an underscore are those that allauth asks for.
    path("sign-in", accounts.login, name="sign-in"),
    path("sign-in", accounts.login, name="account_login"),
    path("sign-in/code", factor.authenticate, name="mfa_authenticate"),
    path("sign-in/closed", accounts.account_inactive, name="account_inactive"),
    path("sign-in/no-sign-up", accounts.signup, name="account_signup"),
    path("sign-in/forgotten", account.ForgottenPassword.as_view(), name="account_reset_password"),
    path("sign-in/forgotten/sent", accounts.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^sign-in/new-password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)$",
        accounts.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("sign-in/new-password", accounts.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("sign-in/with/<slug:slug>", providing.begin, name="openid_connect_login"),
    path("sign-in/with/<slug:slug>/callback", providing.callback, name="openid_connect_callback"),
    path("sign-in/cancelled", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("sign-out", accounts.logout, name="sign-out"),
    path("sign-out", accounts.logout, name="account_logout"),
    path("welcome/<str:token>", welcome, name="welcome"),
    # One's own account.
    path("account", account.overview, name="account"),
    path("account/confirm", accounts.reauthenticate, name="account_reauthenticate"),
    path("account/confirm/code", factor.reauthenticate, name="mfa_reauthenticate"),
    path("account/addresses", account.Addresses.as_view(), name="account_email"),
    path("account/addresses/sent", accounts.email_verification_sent, name="account_email_verification_sent"),
    path("account/addresses/<str:key>", accounts.confirm_email, name="account_confirm_email"),
    path("account/password", accounts.password_change, name="account_change_password"),
    path("account/password/first", accounts.password_set, name="account_set_password"),
    path("account/second-factor", factor.index, name="mfa_index"),
    path("account/second-factor/app", app.activate_totp, name="mfa_activate_totp"),
    path("account/second-factor/app/off", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/second-factor/codes", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/second-factor/codes/new", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/sessions", account.sessions, name="usersessions_list"),
    path("account/sessions/<int:session_id>/end", account.end_session, name="session-end"),
    path("account/sessions/end-others", account.end_other_sessions, name="sessions-end-others"),
    path("account/connected", social.connections, name="socialaccount_connections"),
    # Settings: the member's links with other systems.
    path("settings", settings_page.settings, name="settings"),
    path("settings/integrations/jira-dc", jira_page.page, name="jira-dc"),
    path("settings/integrations/jira-dc/confirm", jira_page.confirm, name="jira-dc-confirm"),
    path("settings/integrations/jira-dc/<uuid:connection_id>/connect", jira_page.begin, name="jira-dc-connect"),
    path("settings/integrations/jira-dc/<uuid:connection_id>/match", jira_page.match, name="jira-dc-match"),
    path(
        "settings/integrations/jira-dc/<uuid:connection_id>/disconnect", jira_page.disconnect, name="jira-dc-disconnect"
    ),
    path("integration/jira-dc/callback", jira_page.callback, name="jira-dc-callback"),
    # The webhook of a Jira, for administrators.
    path(WEBHOOK, webhook.page, name="jira-dc-webhook"),
    path(f"{WEBHOOK}/install", webhook.install_in_jira, name="jira-dc-webhook-install"),
    path(f"{WEBHOOK}/prepare", webhook.prepare, name="jira-dc-webhook-prepare"),
    path(f"{WEBHOOK}/activate", webhook.activate, name="jira-dc-webhook-activate"),
    path(f"{WEBHOOK}/pause", webhook.pause, name="jira-dc-webhook-pause"),
    path(f"{WEBHOOK}/resume", webhook.resume, name="jira-dc-webhook-resume"),
    path(f"{WEBHOOK}/rotate", webhook.rotate, name="jira-dc-webhook-rotate"),
    path(f"{WEBHOOK}/rotate-in-jira", webhook.rotate_in_jira, name="jira-dc-webhook-rotate-in-jira"),
    # One's own accounts on forges.
    path("settings/integrations/forges/<str:name>", forges.account, name="forge-account"),
    path("settings/integrations/forges/<str:name>/test", forges.test, name="forge-test"),
    path("settings/integrations/forges/<str:name>/connect", forges_oauth.connect, name="forge-connect"),
    path("settings/integrations/forges/<str:name>/confirm", forges.confirm, name="forge-confirm"),
    path("settings/integrations/forge-accounts/<int:account_id>/remove", forges.remove, name="forge-remove"),
    path("integration/forge/callback", forges_oauth.callback, name="forge-callback"),
    # Members and invitations.
    path("console/people", people.people, name="people"),
    path("console/people/<int:member_id>/<slug:deed>", people.change, name="person"),
    path("console/invitations/<int:invitation_id>/withdraw", people.withdraw, name="invitation-withdraw"),
    # The Admin Console.
    path("console", console.overview, name="console"),
    path("console/history", versions.history, name="console-history"),
    path("console/history/<int:number>/back", versions.back, name="console-history-back"),
    path("console/trust", certificates.certificates, name="console-certificates"),
    path("console/doctor", doctor.page, name="doctor"),
    path("console/doctor/checks", doctor.checks, name="doctor-checks"),
    path("console/doctor/explanation", doctor.explanation, name="doctor-explanation"),
    path("console/doctor/test", doctor.test, name="doctor-test"),
    path("doctor/seen", doctor.seen, name="doctor-seen"),
    path("console/<slug:slug>", console.group, name="console-group"),
    path("console/<slug:slug>/new", console.entry_new, name="console-entry-new"),
    path("console/<slug:slug>/<int:position>", console.entry, name="console-entry"),
    path("console/<slug:slug>/<int:position>/remove", console.entry_remove, name="console-entry-remove"),
]
