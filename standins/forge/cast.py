"""The people and repositories of every rehearsal and every test."""

from standins.forge.forge import StandInForge

LINKED = "lina-linde"
WITHOUT_ACCOUNT = "olga-ohm"
ATTACKER = "mallory"
WEB_APP = "Acme/web-app"
API = "Acme/api"

_CART = '''"""What a customer is about to buy."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True)
class Line:
    """So many of one article."""

    article: str
    price: Decimal
    quantity: int = 1


@dataclass
class Cart:
    """The lines that a customer has put in."""

    lines: list[Line] = field(default_factory=list)

    def add(self, article: str, price: str, quantity: int = 1) -> None:
        """Put so many of an article in."""
        if quantity < 1:
            raise ValueError("A quantity is at least 1.")
        self.lines.append(Line(article, Decimal(price), quantity))

    def total(self) -> Decimal:
        """What all lines cost together."""
        return sum((line.price for line in self.lines), Decimal(0))
'''
_TESTS = """import unittest
from decimal import Decimal

from shop.cart import Cart


class CartTest(unittest.TestCase):
    def test_an_empty_cart_costs_nothing(self):
        self.assertEqual(Cart().total(), Decimal(0))

    def test_the_total_adds_the_lines(self):
        cart = Cart()
        cart.add("tea", "4.20")
        cart.add("cup", "9.80")
        self.assertEqual(cart.total(), Decimal("14.00"))

    def test_the_total_counts_quantities(self):
        cart = Cart()
        cart.add("tea", "4.20", quantity=3)
        self.assertEqual(cart.total(), Decimal("12.60"))


if __name__ == "__main__":
    unittest.main()
"""
_README = """# web-app

Acme's shop. Standard library only.

Run the tests with `python3 -m unittest`.
"""
_WORKFLOW = """name: test
on: [push]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: python3 -m unittest
"""
WEB_APP_FILES = {
    "README.md": _README,
    ".gitignore": "__pycache__/\n*.pyc\n",
    ".github/workflows/test.yml": _WORKFLOW,
    "shop/__init__.py": '"""Acme\'s shop."""\n',
    "shop/cart.py": _CART,
    "tests/__init__.py": "",
    "tests/test_cart.py": _TESTS,
}
API_FILES = {
    "README.md": "# api\n\nAcme's HTTP interface.\n",
    "api.py": '"""Acme\'s HTTP interface."""\n\nVERSION = "1"\n',
}


def acme(forge: StandInForge) -> None:
    """Fill the forge: Lina may write to web-app and read api, Olga may only read, Mallory may see nothing."""
    forge.add_user(LINKED, "Lina Linde", "lina.linde@acme.example")
    forge.add_user(WITHOUT_ACCOUNT, "Olga Ohm", "olga.ohm@acme.example")
    forge.add_user(ATTACKER, "Mallory", "mallory@acme.example")
    forge.repository(WEB_APP, WEB_APP_FILES, access={LINKED: "write", WITHOUT_ACCOUNT: "read"})
    forge.repository(API, API_FILES, access={LINKED: "read"})
