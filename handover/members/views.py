"""Signing in and out with a local account."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView

sign_in = LoginView.as_view(template_name="members/sign_in.html", redirect_authenticated_user=True)

# Open to all: whose session has already ended is simply signed out.
sign_out = login_not_required(LogoutView.as_view())
