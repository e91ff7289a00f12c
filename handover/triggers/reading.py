"""What a webhook body asks for. Pure.

It is only a hint: whoever acts on it reads author, text and labels from Jira first.
"""

from msgspec.structs import replace

from handover.jira import bodies
from handover.jira.bodies import CommentBody, Event, UserBody
from handover.jira.labels import Labels, before_and_after, folded
from handover.jira.lenient import NotJson
from handover.triggers.mentions import Watch, mentions
from handover.triggers.outcomes import Ignored, Lifecycle, Outcome, Probe, Trigger, as_json
from handover.triggers.probes import dedupe_key, token_in

__all__ = [
    "Ignored",
    "Lifecycle",
    "NotJson",
    "Outcome",
    "Probe",
    "Trigger",
    "Watch",
    "as_json",
    "judged",
    "mentions",
    "read",
]

# An edit has a trigger of its own only in name: its dedupe_key is the comment's, so it starts nothing twice.
EDITED = ("comment_updated", "issue_comment_edited")


def read(body: bytes, watch: Watch) -> Outcome:
    """What the body asks for. Raises NotJson."""
    return judged(bodies.event(body), watch)


def judged(event: Event, watch: Watch) -> Outcome:
    """What the event asks for."""
    match event.name:
        case "comment_created" | "comment_updated":
            return _comment(event, watch)
        case "comment_deleted":
            return _comment_deleted(event, watch)
        case "jira:issue_created":
            return _created(event, watch)
        case "jira:issue_updated":
            return _updated(event, watch)
        case "jira:issue_deleted":
            return _issue_deleted(event)
    named = f"Handover does not use the event {event.name[:100]}." if event.name else "The body names no event."
    return replace(_about(event), reason=named)


def _comment(event: Event, watch: Watch) -> Outcome:
    about = _about(event)
    comment = event.comment
    if comment is None:
        return replace(about, reason="The body carries no comment; the comment's own event brings it.")
    if about.issue_id is None or about.comment_id is None:
        return replace(about, reason="The body does not say which comment of which issue it is about.")
    if reason := _not_theirs(event, comment, watch):
        return _probe(event, comment, about, watch) or replace(about, reason=reason)
    instruction = mentions(comment.body or "", watch)
    if instruction is None:
        return replace(about, reason="No mention in the comment.")
    key = _comment_key(about.issue_id, about.comment_id)
    return Trigger("mention", about.issue_id, **_who(about), instruction=instruction, dedupe_key=key)


def _not_theirs(event: Event, comment: CommentBody, watch: Watch) -> str | None:
    """Why nobody asks with this comment, whatever it says."""
    author = _author(event, comment)
    if author is None or _anonymous(author):
        return "The comment is anonymous."
    if _is_bot(author, watch) or (_edits(event) and _is_bot(_editor(event, comment), watch)):
        return "The bot's own comment."
    return None


def _probe(event: Event, comment: CommentBody, about: Ignored, watch: Watch) -> Probe | None:
    """The test that the bot's new comment is, if it is one. Whoever else writes its mark tests nothing."""
    token = token_in(comment.body or "")
    if token is None or about.issue_id is None or _edits(event) or not _is_bot(_author(event, comment), watch):
        return None
    return Probe(
        about.issue_id,
        issue_key=about.issue_key,
        comment_id=about.comment_id,
        actor_key=about.actor_key,
        dedupe_key=dedupe_key(token),
    )


def _comment_deleted(event: Event, watch: Watch) -> Outcome:
    about = _about(event)
    if about.issue_id is None or about.comment_id is None:
        return replace(about, reason="The body does not say which comment of which issue was deleted.")
    if event.comment and _is_bot(event.comment.author, watch):
        return replace(about, reason="The bot's own comment.")
    key = f"comment-deleted:{about.issue_id}:{about.comment_id}"
    return Lifecycle(
        "comment-deleted", about.issue_id, **_who(about), dedupe_key=key, reason="The comment was deleted."
    )


def _created(event: Event, watch: Watch) -> Outcome:
    about = _about(event)
    labels = event.issue.fields.labels if event.issue and event.issue.fields else None
    if not Labels(labels).has(watch.label):
        return replace(about, reason="No label on the new issue. A mention counts in comments only.")
    return _labelled(event, watch, "created")


def _updated(event: Event, watch: Watch) -> Outcome:
    # One edit may both comment and label: the comment says more.
    outcome = _comment(event, watch)
    if isinstance(outcome, Ignored):
        return _label_change(event, watch) or _without_comment(event, outcome)
    return outcome


def _without_comment(event: Event, outcome: Ignored) -> Ignored:
    if event.comment is not None:
        return outcome
    match event.type_name:
        case "issue_commented" | "issue_comment_edited":
            return outcome
        case "issue_comment_deleted":
            return replace(outcome, reason="The body does not say which comment was deleted; its own event does.")
    return replace(outcome, reason="No mention and no label.")


def _label_change(event: Event, watch: Watch) -> Outcome | None:
    """What becomes of our label by this edit; None where it stays as it was."""
    before, after = before_and_after(event.changelog)
    if before.has(watch.label) == after.has(watch.label):
        return None
    change_id = bodies.id_of(event.changelog.id) if event.changelog else None
    return _labelled(event, watch, change_id) if after.has(watch.label) else _unlabelled(event, watch, change_id)


def _labelled(event: Event, watch: Watch, change_id: str | None) -> Outcome:
    about = replace(_about(event), comment_id=None, dedupe_key=None)
    if about.issue_id is None:
        return replace(about, reason="The label was added, but the body does not say to which issue.")
    if event.user is None or _anonymous(event.user):
        return replace(about, reason="The label was added by nobody who is known.")
    if _is_bot(event.user, watch):
        return replace(about, reason="The bot's own change of the label.")
    if change_id is None:
        return replace(about, reason="The label was added, but by a change without an id to know it by.")
    key = f"label:{about.issue_id}:{change_id}"
    return Trigger("label", about.issue_id, **_who(about), instruction="", dedupe_key=key)


def _unlabelled(event: Event, watch: Watch, change_id: str | None) -> Outcome:
    about = replace(_about(event), comment_id=None, dedupe_key=None)
    if about.issue_id is None:
        return replace(about, reason="The label was removed, but the body does not say from which issue.")
    if _is_bot(event.user, watch):
        return replace(about, reason="The bot's own change of the label.")
    key = f"label-removed:{about.issue_id}:{change_id or ''}"
    return Lifecycle("label-removed", about.issue_id, **_who(about), dedupe_key=key, reason="The label was removed.")


def _issue_deleted(event: Event) -> Outcome:
    about = _about(event)
    if about.issue_id is None:
        return replace(about, reason="The body does not say which issue was deleted.")
    key = f"issue-deleted:{about.issue_id}"
    return Lifecycle("issue-deleted", about.issue_id, **_who(about), dedupe_key=key, reason="The issue was deleted.")


def _who(about: Ignored) -> dict[str, str | None]:
    return {"issue_key": about.issue_key, "comment_id": about.comment_id, "actor_key": about.actor_key}


def _about(event: Event) -> Ignored:
    """What the body says of issue, comment and actor."""
    issue, comment = event.issue, event.comment
    issue_id = (bodies.id_of(issue.id) if issue else None) or (bodies.issue_id_of(comment.link) if comment else None)
    comment_id = bodies.id_of(comment.id) if comment else None
    author = comment.author if comment else None
    return Ignored(
        reason="",
        issue_id=issue_id,
        issue_key=bodies.key_of(issue.key) if issue else None,
        comment_id=comment_id,
        actor_key=(event.user.key if event.user else None) or (author.key if author else None) or None,
        dedupe_key=_comment_key(issue_id, comment_id) if issue_id and comment_id else None,
    )


def _comment_key(issue_id: str, comment_id: str) -> str:
    return f"comment:{issue_id}:{comment_id}"


def _edits(event: Event) -> bool:
    return event.name in EDITED or event.type_name in EDITED


def _author(event: Event, comment: CommentBody) -> UserBody | None:
    # Who edits a comment is not who wrote it; who comments is.
    return comment.author or (None if _edits(event) else event.user)


def _editor(event: Event, comment: CommentBody) -> UserBody | None:
    return event.user or comment.update_author


def _anonymous(user: UserBody) -> bool:
    names = [name for name in (user.key, user.name) if name]
    return not names or names[0].lower() == "anonymous"


def _is_bot(user: UserBody | None, watch: Watch) -> bool:
    """By key or by name: too careful rather than a bot that answers itself."""
    if user is None:
        return False
    return _same(user.key, watch.bot_key) or _same(user.name, watch.bot_name)


def _same(theirs: str | None, mine: str) -> bool:
    return bool(theirs and mine) and folded(theirs or "") == folded(mine)
