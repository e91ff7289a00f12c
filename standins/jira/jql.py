"""The JQL that connectors ask with, and Jira's complaints about all other.

Understood are `project`, `key` (also `issuekey`, `issue`, `id`), `labels`, `updated` and `created`, joined by AND, and
ORDER BY key, created or updated.
https://confluence.atlassian.com/jirasoftwareserver/advanced-searching-939938733.html
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from standins.jira.records import Issue

TOKEN = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(>=|<=|!=|!~|[=~<>(),])|([^\s"'=~!<>(),]+))""")
RELATIVE = re.compile(r"-(\d{1,6})([mhdw])")
SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
KEYS = ("key", "issuekey", "issue", "id")
MOMENTS = ("updated", "created")
OPERATORS = ("=", "!=", ">", ">=", "<", "<=", "~", "!~", "in")
Test = Callable[[Issue], bool]


class NotUnderstood(Exception):
    """What Jira says about a question that it cannot answer."""


@dataclass(frozen=True)
class Asked:
    """Around a question: when and where it is asked, and what the asker may see."""

    now: float
    time_zone: str
    projects: frozenset[str]
    issues: tuple[Issue, ...]


@dataclass(frozen=True)
class Question:
    """What issues must be, and their order: pairs of a field and whether it falls."""

    tests: tuple[Test, ...]
    order: tuple[tuple[str, bool], ...]

    def answer(self, issues: list[Issue]) -> list[Issue]:
        """The issues asked for, newest first where no order is given."""
        found = [issue for issue in issues if all(test(issue) for test in self.tests)]
        for field, falling in reversed(self.order or (("created", True),)):
            found.sort(key=lambda issue, field=field: _sort_value(issue, field), reverse=falling)  # type: ignore[misc]
        return found


@dataclass(frozen=True)
class Token:
    """A word, a sign or a text in quotes."""

    text: str
    quoted: bool = False

    def is_word(self, word: str) -> bool:
        """Whether it is this keyword."""
        return not self.quoted and self.text.lower() == word


def parsed(jql: str, asked: Asked) -> Question:
    """Read a question. Raises NotUnderstood."""
    return _Reader(list(_tokens(jql)), asked).question()


class _Reader:
    def __init__(self, tokens: list[Token], asked: Asked) -> None:
        self._tokens = tokens
        self._asked = asked

    def question(self) -> Question:
        tests: list[Test] = []
        if self._tokens and not self._next_is("order"):
            tests.append(self._clause())
            while self._next_is("and"):
                self._tokens.pop(0)
                tests.append(self._clause())
        order = self._order() if self._next_is("order") else ()
        if self._tokens:
            raise _unexpected(self._tokens[0], "either 'AND' or the end of the query")
        return Question(tuple(tests), order)

    def _clause(self) -> Test:
        name = self._take("a field name")
        field, operator = name.text.lower(), self._take("operator").text.lower()
        if name.quoted or operator not in OPERATORS:
            raise _unexpected(name if name.quoted else Token(operator), "operator")
        values = self._values() if operator == "in" else [self._take("a value")]
        return self._test(field, operator, [value.text for value in values])

    def _test(self, field: str, operator: str, values: list[str]) -> Test:
        equal = operator in ("=", "in")
        if field == "project" and equal:
            return self._in_projects(values)
        if field in KEYS and equal:
            return self._in_keys(field, values)
        if field == "labels" and equal:
            return lambda issue: bool(set(values) & set(issue.labels))
        if field in MOMENTS and operator in (">", ">=", "<", "<="):
            return self._since(field, operator, values[0])
        if field in ("project", "labels", *KEYS, *MOMENTS):
            raise NotUnderstood(f"The operator '{operator}' is not supported by the '{field}' field.")
        raise NotUnderstood(f"Field '{field}' does not exist or you do not have permission to view it.")

    def _in_projects(self, values: list[str]) -> Test:
        wanted = {value.upper() for value in values}
        for value in values:
            if value.upper() not in self._asked.projects:
                raise NotUnderstood(f"The value '{value}' does not exist for the field 'project'.")
        return lambda issue: issue.project.key in wanted

    def _in_keys(self, field: str, values: list[str]) -> Test:
        known = {name for issue in self._asked.issues for name in (issue.key, issue.id)}
        for value in values:
            if value.upper() not in known:
                raise NotUnderstood(f"An issue with key '{value}' does not exist for field '{field}'.")
        wanted = {value.upper() for value in values}
        return lambda issue: issue.key in wanted or issue.id in wanted

    def _since(self, field: str, operator: str, value: str) -> Test:
        limit = self._moment(field, value)
        tests: dict[str, Test] = {
            ">": lambda issue: _at(issue, field) > limit,
            ">=": lambda issue: _at(issue, field) >= limit,
            "<": lambda issue: _at(issue, field) < limit,
            "<=": lambda issue: _at(issue, field) <= limit,
        }
        return tests[operator]

    def _moment(self, field: str, value: str) -> float:
        if found := RELATIVE.fullmatch(value):
            return self._asked.now - int(found[1]) * SECONDS[found[2]]
        for form in FORMATS:
            try:
                return datetime.strptime(value, form).replace(tzinfo=ZoneInfo(self._asked.time_zone)).timestamp()
            except ValueError:
                continue
        raise NotUnderstood(
            f"Date value '{value}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        )

    def _values(self) -> list[Token]:
        self._sign("(")
        values = [self._take("a value")]
        while self._next_is(","):
            self._tokens.pop(0)
            values.append(self._take("a value"))
        self._sign(")")
        return values

    def _order(self) -> tuple[tuple[str, bool], ...]:
        self._tokens.pop(0)
        if not self._next_is("by"):
            raise _unexpected(self._tokens[0] if self._tokens else None, "'BY'")
        self._tokens.pop(0)
        order = [self._ordered()]
        while self._next_is(","):
            self._tokens.pop(0)
            order.append(self._ordered())
        return tuple(order)

    def _ordered(self) -> tuple[str, bool]:
        field = self._take("a field name").text.lower()
        if field not in (*KEYS, *MOMENTS):
            raise NotUnderstood(f"Not able to sort using field '{field}'.")
        falling = self._next_is("desc")
        if falling or self._next_is("asc"):
            self._tokens.pop(0)
        return field, falling

    def _next_is(self, word: str) -> bool:
        return bool(self._tokens) and self._tokens[0].is_word(word)

    def _sign(self, sign: str) -> None:
        token = self._tokens[0] if self._tokens else None
        if token is None or not token.is_word(sign):
            raise _unexpected(token, f"'{sign}'")
        self._tokens.pop(0)

    def _take(self, what: str) -> Token:
        if not self._tokens:
            raise _unexpected(None, what)
        token = self._tokens.pop(0)
        if not token.quoted and token.text in "(),":
            raise _unexpected(token, what)
        return token


def _tokens(jql: str) -> Iterator[Token]:
    at, text = 0, jql.rstrip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None:
            raise NotUnderstood(f"Error in the JQL Query: The quoted string '{text[at:].strip()}' is not completed.")
        quoted = found[1] if found[1] is not None else found[2]
        if quoted is not None:
            yield Token(re.sub(r"\\(.)", r"\1", quoted), quoted=True)
        else:
            yield Token(found[3] or found[4])
        at = found.end()


def _unexpected(token: Token | None, wanted: str) -> NotUnderstood:
    met = f"got '{token.text}'" if token else "the query ended"
    return NotUnderstood(f"Error in the JQL Query: Expecting {wanted} but {met}.")


def _at(issue: Issue, field: str) -> float:
    return issue.created if field == "created" else issue.updated


def _sort_value(issue: Issue, field: str) -> tuple[str, float]:
    if field in MOMENTS:
        return "", _at(issue, field)
    return issue.project.key, float(issue.key.rpartition("-")[2])
