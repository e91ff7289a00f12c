"""The signature over a delivery's exact bytes."""

import pytest

from handover.jira.signature import signed, verify

SECRET = "s3cret"
BODY = b'{"timestamp":1}'
RIGHT = signed(SECRET, BODY)


def test_the_signature_is_that_of_rfc_4231() -> None:
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signed("Jefe", b"what do ya want for nothing?") == f"sha256={expected}"


@pytest.mark.parametrize(
    ("secret", "body", "header", "right"),
    [
        pytest.param(SECRET, BODY, RIGHT, True, id="right"),
        pytest.param("s3crët", BODY, signed("s3crët", BODY), True, id="a secret outside ASCII"),
        pytest.param(SECRET, BODY + b" ", RIGHT, False, id="a byte more"),
        pytest.param("other", BODY, RIGHT, False, id="another secret"),
        pytest.param("", BODY, signed("", BODY), False, id="no secret at all"),
        pytest.param(SECRET, BODY, None, False, id="no header"),
        pytest.param(SECRET, BODY, "", False, id="an empty header"),
        pytest.param(SECRET, BODY, RIGHT.removeprefix("sha256="), False, id="without the method"),
        pytest.param(SECRET, BODY, RIGHT.replace("sha256", "sha1"), False, id="another method"),
        pytest.param(SECRET, BODY, RIGHT.upper(), False, id="upper case"),
        pytest.param(SECRET, BODY, f"{RIGHT}\n", False, id="a line feed after it"),
        pytest.param(SECRET, BODY, "sha256=\udcff\u00e9", False, id="bytes outside ASCII"),
    ],
)
def test_only_the_right_signature_verifies(*, secret: str, body: bytes, header: str | None, right: bool) -> None:
    assert verify(secret, body, header) is right
