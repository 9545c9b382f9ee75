"""Who may do what, and with which token, from the one table that is asked."""

from generating.markdown import code, sentence, table

from governance.permissions import ACCOUNT_ROLES, TABLE, Does, Permission, Scope, may

_ANN = "local|ann"


def pages() -> dict[str, str]:
    return {"permissions.md": _page()}


def _answer(permission: Permission) -> str:
    return "**yes**" if permission.allowed else "no"


def _page() -> str:
    head = ("To", *map(code, ACCOUNT_ROLES), "with a token")
    rows = [
        (
            f"{code(does)}: {row.means}",
            *(_answer(may(does, _ANN, (role,))) for role in ACCOUNT_ROLES),
            f"scope {code(row.scope)}" if row.scope else "no",
        )
        for does, row in TABLE.items()
    ]
    reasons = [
        may(Does.APPROVE, _ANN, ("reviewer",)),
        may(Does.SUBMIT, _ANN, ("submitter",), [Scope.READ]),
        may(Does.INVITE, _ANN, ("admin",), list(Scope)),
        may(Does.GRANT, _ANN, ("admin",), to=_ANN),
    ]
    return "\n".join(
        [
            "# Permissions",
            "",
            "What each role may do in the service, and which scope a token needs for it.",
            "",
            table(head, rows),
            "",
            "Somebody may hold several roles. A token does what its scopes say of what its owner may do at the moment",
            "it is used:",
            "",
            *(f"- {code(scope)}: {sentence(scope.means)}" for scope in Scope),
            "",
            "The table is the first question. About the case at hand more is asked, and again by whoever verifies: who",
            "submitted a version, or measured its evidence, neither approves it nor excuses a finding of it; nobody",
            "excuses or approves what an unverified person submitted. An admin grants nothing to themselves. What is",
            "refused says why:",
            "",
            "```text",
            *(permission.reason for permission in reasons),
            "```",
        ]
    )
