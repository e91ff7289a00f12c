"""The pages' HTML. Whatever people or programs wrote goes through `escape` or the markup renderer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote, urlsplit

from standins.jira.issues import may_read
from standins.jira.markup import to_html
from standins.jira.oauth.records import Asked
from standins.jira.records import Comment, Issue, RemoteLink, User

# Drawn, since many machines have no font with emoji.
THUMB = (
    '<svg viewBox="0 0 16 16" width="14" height="14" role="img" aria-label="Thumbs up"><path fill="currentColor"'
    ' d="M1 7h3v7H1zM5 7l3-6c1.2 0 1.9.8 1.9 1.9V6h3.3c1 0 1.7.9 1.5 1.9l-1 4.8c-.2.8-.8 1.3-1.6 1.3H5z"/></svg>'
)


@dataclass(frozen=True)
class Around:
    """What every page has: the context path, who one says one is, and who one might be."""

    base_path: str
    user: User
    everyone: tuple[User, ...]


def issue_list(around: Around, issues: list[Issue]) -> str:
    """The list of issues, oldest first."""
    rows = "".join(_row(around, issue) for issue in issues)
    empty = '<li class="soft">There is no issue yet.</li>'
    return _page(around, "Issues", f'<h1>Issues</h1><ul class="rows sheet">{rows or empty}</ul>')


def issue_page(around: Around, issue: Issue) -> str:
    """One issue, with forms to comment and to label."""
    body = (
        f'<p class="path"><a href="{around.base_path}/">{escape(issue.project.name)}</a> / {escape(issue.key)}</p>'
        f"<h1>{escape(issue.summary)}</h1>"
        f'<div id="panel">{panel(around, issue)}</div>'
        f'<p id="news" class="unseen" role="status"></p>'
        f"{_comment_form(around, issue)}"
    )
    return _page(around, f"{issue.key} {issue.summary}", body, back={"issue": issue.key})


def panel(around: Around, issue: Issue) -> str:
    """What changes by itself: labels, description, links and comments."""
    description = to_html(issue.description) if issue.description else '<p class="soft">No description.</p>'
    links = "".join(_link(link) for link in issue.links)
    seen = [one for one in issue.comments.values() if may_read(around.user, one, issue.project)]
    comments = "".join(_comment(around, one) for one in seen) or '<p class="soft">Nobody has commented yet.</p>'
    return (
        f"{_facts(issue)}{_labels(around, issue)}"
        f'<section class="sheet text">{description}</section>'
        + (f'<h2>Links</h2><ul class="rows sheet">{links}</ul>' if links else "")
        + f"<h2>Comments</h2>{comments}"
    )


def consent(around: Around, asked: Asked, address: str) -> str:
    """An application asks; `address` is the page's own."""
    name, who = escape(asked.application.name), escape(around.user.display_name)
    rights = {"READ": "read what you can see", "WRITE": "read and change what you can"}
    may = rights.get(asked.scope, "read, change and administer what you can")
    body = (
        f"<h1>{name} wants to act for you</h1>"
        f'<form method="post" action="{escape(address)}" class="sheet write">'
        f'<p class="text">As <b>{who}</b>, {name} would {may} ({escape(asked.scope)}). '
        f"You then go on to <code>{escape(asked.redirect_uri)}</code>.</p>"
        '<p><button class="first" name="decision" value="allow">Allow</button> '
        '<button name="decision" value="deny">Deny</button></p></form>'
    )
    return _page(around, f"Allow {asked.application.name}?", body, back={"consent": urlsplit(address).query})


def told(base_path: str, title: str, sentence: str) -> str:
    """A page that only says something."""
    return _document(base_path, title, f"<main><h1>{escape(title)}</h1><p>{escape(sentence)}</p></main>")


def nothing(base_path: str) -> str:
    """There is no such page, or it is not for this person."""
    words = f'<p>Go to the <a href="{base_path}/">list of issues</a>.</p>'
    return _document(
        base_path, "Nothing here", f"<main><h1>This issue does not exist, or is not for you</h1>{words}</main>"
    )


def _row(around: Around, issue: Issue) -> str:
    labels = "".join(f'<span class="label">{escape(label)}</span>' for label in issue.labels)
    address = f"{around.base_path}/browse/{quote(issue.key)}"
    count = len([one for one in issue.comments.values() if may_read(around.user, one, issue.project)])
    said = f'<span class="soft">{count} comment{"" if count == 1 else "s"}</span>' if count else ""
    return (
        f'<li><span class="key">{escape(issue.key)}</span>'
        f'<a class="grow" href="{address}">{escape(issue.summary)}</a>{labels}{said}</li>'
    )


def _facts(issue: Issue) -> str:
    reporter = escape(issue.reporter.display_name)
    return f'<p class="about">{escape(issue.type_name)} · To Do · reported by {reporter} {_when(issue.created)}</p>'


def _labels(around: Around, issue: Issue) -> str:
    address = f"{around.base_path}/browse/{quote(issue.key)}/labels"
    chips = "".join(
        f'<form method="post" action="{address}" class="label">{escape(label)}'
        f'<button name="remove" value="{escape(label)}" aria-label="Remove the label {escape(label)}">×</button></form>'
        for label in issue.labels
    )
    none = '<span class="soft">No labels.</span>'
    return f'<div class="labels"><span class="soft">Labels</span>{chips or none}</div>'


def _link(link: RemoteLink) -> str:
    status = link.object.get("status")
    done = isinstance(status, dict) and status.get("resolved") is True
    summary = escape(str(link.object.get("summary") or ""))
    title = escape(link.title)
    words = f"<s>{title}</s>" if done else title
    web = urlsplit(link.url).scheme in ("http", "https")
    name = f'<a href="{escape(link.url)}" rel="nofollow noreferrer">{words}</a>' if web else words
    return f'<li><span class="grow">{name}</span><span class="soft">{summary}</span></li>'


def _comment(around: Around, comment: Comment) -> str:
    edited = ' <span class="soft">edited</span>' if comment.updated > comment.created else ""
    secret = comment.visibility
    restricted = f'<span class="restricted">only {escape(secret.value)}</span>' if secret else ""
    return (
        f'<article class="sheet" id="comment-{escape(comment.id)}"><header>'
        f'<span class="face">{_initials(comment.author)}</span>'
        f"<b>{escape(comment.author.display_name)}</b> {_when(comment.created)}{edited}{restricted}</header>"
        f'<div class="text">{to_html(comment.body)}</div>{_reactions(around, comment)}</article>'
    )


def _reactions(around: Around, comment: Comment) -> str:
    names = {user.key: user.display_name for user in around.everyone}
    chips = "".join(
        f'<span class="reaction" title="{escape(", ".join(names.get(key, key) for key in keys))}">'
        f"{THUMB if emoji == '1f44d' else escape(chr(int(emoji, 16)))} {len(keys)}</span>"
        for emoji, keys in comment.reactions.items()
    )
    return f"<footer>{chips}</footer>" if chips else ""


def _comment_form(around: Around, issue: Issue) -> str:
    address = f"{around.base_path}/browse/{quote(issue.key)}"
    return (
        f'<form method="post" action="{address}/comment" class="sheet write"><label for="body">Comment as '
        f"{escape(around.user.display_name)}</label>"
        '<textarea id="body" name="body" rows="4" required placeholder="@openhands please fix this"></textarea>'
        '<button class="first">Comment</button></form>'
        f'<form method="post" action="{address}/labels" class="sheet write row"><label for="add">Add a label</label>'
        '<input id="add" name="add" required maxlength="255" pattern="\\S+" title="Labels have no spaces"'
        ' placeholder="openhands" autocomplete="off"><button>Add</button></form>'
    )


def _page(around: Around, title: str, body: str, *, back: Mapping[str, str] | None = None) -> str:
    """`back` says which page it is, for coming back to it as somebody else."""
    options = "".join(_option(user, chosen=around.user) for user in around.everyone)
    where = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in (back or {}).items()
    )
    head = (
        f'<header class="top"><div><strong><a href="{around.base_path}/">Acme Jira</a></strong>'
        '<span class="soft">a stand-in to rehearse with</span>'
        f'<form method="post" action="{around.base_path}/you-are"><label for="you-are">You are</label>'
        f'<select id="you-are" name="key">{options}</select>{where}<button>Change</button></form></div></header>'
    )
    return _document(around.base_path, title, f"{head}<main>{body}</main>")


def _option(user: User, *, chosen: User) -> str:
    selected = " selected" if user == chosen else ""
    return f'<option value="{escape(user.key)}"{selected}>{escape(user.display_name)}</option>'


def _document(base_path: str, title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} · Acme Jira</title><link rel="stylesheet" href="{base_path}/stand-in.css">'
        f'<script src="{base_path}/stand-in.js" defer></script></head><body>{body}</body></html>'
    )


def _initials(user: User) -> str:
    return escape("".join(word[0] for word in user.display_name.split()[:2]).upper())


def _when(at: float) -> str:
    then = datetime.fromtimestamp(at, UTC)
    return f'<time class="soft" datetime="{then:%Y-%m-%dT%H:%M:%SZ}">{then:%d %b, %H:%M:%S} UTC</time>'
