"""Emoji on comments: internal to Jira, undocumented."""

from starlette.responses import Response

from standins.jira.issues import may_browse, may_read
from standins.jira.records import Comment, User
from standins.jira.refusals import refused
from standins.jira.rest.call import Call, answered, nothing, number
from standins.jira.shapes import Json

# Of Jira's palette only the thumbs-up is known to be in it, and the eyes (1f440) not to be.
PALETTE = frozenset({"1f44d"})


def add(call: Call) -> Response:
    """React. Doing so twice changes nothing."""
    user = call.someone()
    emoji = str(call.body.get("emojiId", ""))
    comment = _comment(call, call.body.get("commentId"))
    if emoji not in PALETTE:
        raise refused(400, f"The emoji '{emoji}' is not supported.")
    keys = comment.reactions.setdefault(emoji, [])
    if user.key not in keys:
        keys.append(user.key)
    return answered(_shown(comment, emoji, user))


def remove(call: Call) -> Response:
    """Take a reaction back."""
    user = call.someone()
    comment, emoji = _comment(call, call.query.get("commentId")), call.query.get("emojiId", "")
    keys = comment.reactions.get(emoji, [])
    if user.key not in keys:
        raise refused(404, "There is no such reaction.")
    keys.remove(user.key)
    if not keys:
        del comment.reactions[emoji]
    return nothing()


def view(call: Call) -> Response:
    """The reactions of several comments."""
    user = call.someone()
    wanted = call.body.get("commentIds")
    if not isinstance(wanted, list):
        raise refused(400, "The field commentIds is required.")
    comments = [_comment(call, comment_id) for comment_id in wanted]
    return answered([_shown(comment, emoji, user) for comment in comments for emoji in comment.reactions])


def _comment(call: Call, comment_id: object) -> Comment:
    found = call.jira.issues.find_comment(str(number(comment_id, 0)))
    if found and may_browse(call.user, found[0].project) and may_read(call.user, found[1], found[0].project):
        return found[1]
    raise refused(404, f"Can not find a comment for the id: {comment_id}.")


def _shown(comment: Comment, emoji: str, user: User) -> Json:
    keys = comment.reactions[emoji]
    return {"commentId": int(comment.id), "emojiId": emoji, "count": len(keys), "reacted": user.key in keys}
