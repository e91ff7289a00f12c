"""One provider for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.configured import configured
from tests.oidc.provider import RealProvider, running


@pytest.fixture(scope="session")
def _provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvider]:
    with running(tmp_path_factory.mktemp("oidc")) as provider:
        yield provider


@pytest.fixture
def acme(django_db: Path, _provider: RealProvider) -> RealProvider:
    """The provider `acme`, configured: a first sign-in makes an account. Nobody is known there yet."""
    _provider.accounts.write_text("{}")
    configured(oidc=[_provider.entry(sign_up=True)])
    return _provider
