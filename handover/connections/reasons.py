"""Why the door refuses a delivery, or lets it rest. What is counted and journaled carries these words."""

# Refused: answered 403, or 400 where the body is nothing that can be read.
UNKNOWN = "unknown connection"
UNSIGNED = "no signature"
EMPTY = "no signature and no body"
SEVERAL = "several signatures"
ANOTHER_SECRET = "signature made with another secret"  # noqa: S105  a sentence
FORMER_SECRET = "signed with an old secret (expired)"  # noqa: S105  a sentence
NOT_JSON = "the body is no JSON object"

# Rightly signed, answered 200, and nothing starts.
NOT_ACTIVE = "not active yet"
DISABLED = "integration disabled"
