"""Which files tell a build server what to run. They would run with the organisation's secrets."""

import re

# Against the whole path, lower-case. A folder is named with and without what is in it: a link may stand in its place.
_INSIDE = r"(/.*)?"
_ANYWHERE = r"(.*/)?"
_DEFINITIONS = re.compile(
    "|".join(
        (
            # GitHub, Gitea, Forgejo: the folder itself too, since a link there would stand for both.
            rf"\.(github|gitea|forgejo)(/(workflows|actions){_INSIDE})?",
            # GitLab; files of the second form are what such definitions include.
            rf"{_ANYWHERE}([^/]*\.)?gitlab-ci\.ya?ml",
            rf"\.gitlab(/ci{_INSIDE})?",
            # Jenkins
            rf"{_ANYWHERE}jenkinsfile[^/]*",
            rf"{_ANYWHERE}[^/]*\.jenkinsfile",
            # Azure
            rf"{_ANYWHERE}azure-pipelines[^/]*\.ya?ml",
            rf"\.?azure-pipelines{_INSIDE}",
            # Bitbucket, Bamboo, TeamCity
            r"bitbucket-pipelines\.ya?ml",
            rf"bamboo-specs{_INSIDE}",
            rf"\.teamcity{_INSIDE}",
            # The smaller ones
            rf"\.(circleci|buildkite|semaphore|tekton|harness|builds){_INSIDE}",
            rf"\.woodpecker[^/]*{_INSIDE}",
            r"\.travis\.ya?ml",
            r"\.drone\.(ya?ml|star|jsonnet)",
            r"\.cirrus\.(ya?ml|star)",
            r"\.?appveyor\.ya?ml",
            r"\.build\.ya?ml",
            r"(buildspec|cloudbuild|codefresh|wercker)\.ya?ml",
        )
    ),
    re.DOTALL,
)


def is_ci_definition(path: str) -> bool:
    """Whether a build server takes orders from the file at `path`."""
    return _DEFINITIONS.fullmatch(path.lower()) is not None
