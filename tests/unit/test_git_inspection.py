"""Which changes may be delivered, judged without any repository."""

import pytest

from handover.forges.ci_definitions import is_ci_definition
from handover.forges.differences import Pair, read_level
from handover.forges.inspection import Entry, Limits, WorkRefused, judge, judge_link, judge_sizes
from handover.forges.names import is_hostile, plain, shown

FILE, LINK, GONE = "100644", "120000", "000000"


def entry(path: str | bytes, *, before: str = GONE, mode: str = FILE) -> Entry:
    raw = path if isinstance(path, bytes) else path.encode("utf-8", "surrogateescape")
    return Entry(mode_before=before, mode=mode, content_before="0" * 40, content="1" * 40, path=raw)


CI = [
    ".github/workflows/test.yml",
    ".GitHub/Workflows/test.yml",
    ".github/workflows",
    ".github",
    ".github/actions/build/action.yml",
    ".gitlab-ci.yml",
    ".gitlab-ci.yaml",
    "services/api/.gitlab-ci.yml",
    "ci/build.gitlab-ci.yml",
    ".gitlab/ci/build.yml",
    "Jenkinsfile",
    "jenkinsfile.groovy",
    "deploy/Jenkinsfile",
    "deploy/release.jenkinsfile",
    "azure-pipelines.yml",
    "build/azure-pipelines-release.yaml",
    ".azure-pipelines/steps/build.yml",
    ".gitea/workflows/a.yml",
    ".forgejo/workflows/a.yml",
    ".circleci/config.yml",
    ".travis.yml",
    "bitbucket-pipelines.yml",
    ".drone.yml",
    ".drone.jsonnet",
    ".woodpecker.yml",
    ".woodpecker/test.yml",
    ".buildkite/pipeline.yml",
    ".teamcity/settings.kts",
    "bamboo-specs/bamboo.yml",
    "cloudbuild.yaml",
    "appveyor.yml",
    ".github/workflows./test.yml",
    ".git\u200chub/workflows/test.yml",
]
NOT_CI = [
    ".github/CODEOWNERS",
    ".github/pull_request_template.md",
    "docs/.github/workflows.md",
    "github/workflows/test.yml",
    ".gitlab/issue_templates/bug.md",
    ".gitignore",
    "shop/jenkins.py",
    "pipelines/azure.yml",
    "src/travis.yml",
    "docs/drone.yml",
]


@pytest.mark.parametrize("path", CI)
def test_ci_definition(path: str) -> None:
    assert is_ci_definition(plain(path))


@pytest.mark.parametrize("path", NOT_CI)
def test_no_ci_definition(path: str) -> None:
    assert not is_ci_definition(plain(path))


@pytest.mark.parametrize(("before", "mode"), [(GONE, FILE), (FILE, FILE), (FILE, GONE), (FILE, LINK)])
def test_a_ci_definition_is_neither_added_nor_changed_nor_deleted(before: str, mode: str) -> None:
    with pytest.raises(WorkRefused, match=r"\.github/workflows/a\.yml tells the build server"):
        judge([entry(".github/workflows/a.yml", before=before, mode=mode)], Limits())


HOSTILE = {
    "a new line": "a\nb",
    "an escape": "a\x1b[31mb",
    "delete": "a\x7f",
    "a C1 control": "a\u0085b",
    "a line separator": "a\u2028b",
    "right to left": "a\u202etxt.exe",
    "an isolate": "a\u2066b",
    "git": ".git/config",
    "Git": "sub/.GIT/config",
    "git with a dot": ".git./config",
    "git with a blank": ".git /config",
    "git as a stream": ".git::$INDEX_ALLOCATION/config",
    "git as a short name": "GIT~1/config",
    "git on HFS": ".g\u200cit/config",
    "git in full width": "\uff0egit/config",
    "a backslash": "a\\..\\b",
    "dots": "a/../b",
    "one dot": "./a",
    "nothing": "a//b",
    "a long name": "x" * 256,
    "a long path": "x/" * 600 + "y",
}


@pytest.mark.parametrize("path", HOSTILE.values(), ids=HOSTILE)
def test_hostile_name(path: str) -> None:
    assert is_hostile(path)
    with pytest.raises(WorkRefused):
        judge([entry(path)], Limits())


@pytest.mark.parametrize(
    "path", ["größe.py", "docs/été/日本.md", "a b.txt", ".gitignore", "git/x", "legit", b"caf\xe9.txt"]
)
def test_harmless_name(path: str | bytes) -> None:
    judge([entry(path)], Limits())


def test_a_hostile_name_may_be_deleted() -> None:
    judge([entry("a\nb", before=FILE, mode=GONE)], Limits())


def test_names_are_shown_escaped() -> None:
    assert shown("a\u202eb\x1b".encode() + b"\xff\xe9") == "a\\u202eb\\u001b\\xff\\xe9"


TARGETS_WITHIN = [
    ("a/link", "../b"),
    ("link", "a/b"),
    ("a/b/link", "../../c"),
    ("a/b/link", "c"),
    ("link", "."),
    ("link", ""),
]
TARGETS_OUTSIDE = [
    ("link", "/etc/passwd"),
    ("link", "../b"),
    ("a/link", "../../b"),
    ("a/link", "../b/../../c"),
    ("a/link", "b/.."),
    ("link", "a/../../b"),
    ("link", "a\nb"),
    ("link", "a\0b"),
]


@pytest.mark.parametrize(("path", "target"), TARGETS_WITHIN)
def test_link_within(path: str, target: str) -> None:
    judge_link(entry(path, mode=LINK), target.encode())


@pytest.mark.parametrize(("path", "target"), TARGETS_OUTSIDE)
def test_link_outside(path: str, target: str) -> None:
    with pytest.raises(WorkRefused, match="leads out of the repository"):
        judge_link(entry(path, mode=LINK), target.encode())


@pytest.mark.parametrize("target", [".git", ".git/config", ".GIT/hooks", "sub/.git", ".git ", "git~1/config"])
def test_link_into_git(target: str) -> None:
    with pytest.raises(WorkRefused, match="Git's own folder"):
        judge_link(entry("link", mode=LINK), target.encode())


@pytest.mark.parametrize(
    ("before", "mode"), [(GONE, "160000"), ("160000", "160000"), ("160000", GONE), ("160000", FILE)]
)
def test_submodule(before: str, mode: str) -> None:
    with pytest.raises(WorkRefused, match="submodule"):
        judge([entry("vendor", before=before, mode=mode)], Limits())


@pytest.mark.parametrize("path", [".gitmodules", ".GitModules", ".gitmodules.", "GITMOD~1"])
def test_list_of_submodules(path: str) -> None:
    with pytest.raises(WorkRefused, match="submodule"):
        judge([entry(path, before=FILE, mode=GONE)], Limits())


@pytest.mark.parametrize("mode", ["100664", "100600", "040000", "100777"])
def test_odd_mode(mode: str) -> None:
    with pytest.raises(WorkRefused, match=f"mode {mode}"):
        judge([entry("a", mode=mode)], Limits())


def test_too_many_files() -> None:
    with pytest.raises(WorkRefused, match="changes 3 files; 2 at most"):
        judge([entry(f"{number}") for number in range(3)], Limits(files=2))


def test_sizes() -> None:
    sizes = {"1" * 40: 60}
    judge_sizes([entry("a")], sizes, Limits(file_bytes=60, total_bytes=60))
    judge_sizes([entry("a", before=FILE, mode=GONE)], {}, Limits(file_bytes=1))
    with pytest.raises(WorkRefused, match="a weighs 60 bytes"):
        judge_sizes([entry("a")], sizes, Limits(file_bytes=59))
    with pytest.raises(WorkRefused, match="changed files weigh 120 bytes"):
        judge_sizes([entry("a"), entry("b")], sizes, Limits(file_bytes=60, total_bytes=119))


PAIR, SAME = Pair("a" * 40, "b" * 40, b""), Pair("c" * 40, "c" * 40, b"folder/")
NAMES = [f"{pair.before} {pair.after}\n".encode() for pair in (PAIR, SAME)]
ADDED = b":000000 100644 " + b"0" * 40 + b" " + b"1" * 40 + b" A\0a b\n:\xff\0"


def test_a_level_is_read_with_any_byte_in_a_name() -> None:
    found = list(read_level(NAMES[0] + ADDED + NAMES[1] + ADDED, [PAIR, SAME]))
    assert [entry.path for entry in found] == [b"a b\n:\xff", b"folder/a b\n:\xff"]
    assert (found[0].mode, found[0].content, found[0].deleted) == (FILE, "1" * 40, False)
    assert list(read_level(b"".join(NAMES), [PAIR, SAME])) == []


@pytest.mark.parametrize("answer", [b"", NAMES[0], NAMES[1] + ADDED, NAMES[0] * 2, NAMES[0] + b":x"])
def test_a_level_with_a_folder_left_out_is_refused(answer: bytes) -> None:
    with pytest.raises(WorkRefused, match="folders that are none"):
        list(read_level(answer, [PAIR, SAME]))
