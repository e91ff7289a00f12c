"""Projects and issues, and who may see them."""

from standins.jira.records import Comment, Issue, Project, User, Visibility


class Issues:
    """All projects and issues."""

    def __init__(self) -> None:
        self.projects: dict[str, Project] = {}
        self._issues: dict[str, Issue] = {}

    def put(self, issue: Issue) -> None:
        """Keep an issue."""
        self._issues[issue.id] = issue

    def drop(self, issue: Issue) -> None:
        """Forget an issue."""
        self._issues.pop(issue.id, None)

    def all(self) -> list[Issue]:
        """Every issue, oldest first."""
        return list(self._issues.values())

    def find(self, id_or_key: str) -> Issue | None:
        """The issue with this id or key; keys may be written in lower case."""
        if id_or_key.isdigit():
            return self._issues.get(id_or_key)
        return next((issue for issue in self._issues.values() if issue.key == id_or_key.upper()), None)

    def find_comment(self, comment_id: str) -> tuple[Issue, Comment] | None:
        """A comment and its issue."""
        for issue in self._issues.values():
            if comment_id in issue.comments:
                return issue, issue.comments[comment_id]
        return None

    def find_project(self, id_or_key: str) -> Project | None:
        """The project with this id or key."""
        found = self.projects.get(id_or_key.upper())
        return found or next((project for project in self.projects.values() if project.id == id_or_key), None)


def may_browse(user: User | None, project: Project) -> bool:
    """Whether the user, or nobody, may see the project's issues."""
    if project.public:
        return True
    return user is not None and (user.administrator or project.members is None or user.key in project.members)


def may_read(user: User | None, comment: Comment, project: Project) -> bool:
    """Whether a restricted comment is for this user."""
    return comment.visibility is None or (user is not None and belongs(user, comment.visibility, project))


def belongs(user: User, visibility: Visibility, project: Project) -> bool:
    """Whether the user is a member of the role or group. Being the author does not help, as in Jira."""
    if visibility.type == "group":
        return visibility.value in user.groups
    return user.key in project.roles.get(visibility.value, frozenset())
