"""What evidence to give where it is missing or thin: the sentences that several rules say."""

from collections.abc import Iterable

SOURCES = "name each data source under `lineage.sources` in the manifest, with its id, owner, licence and sha256"
EVENTS = (
    "have the jobs that make the training table write OpenLineage events with column lineage, and name the files under "
    "`lineage.events` in the manifest"
)
FEATURES = "name the model's features under `features` in the manifest, in the order that it expects them"
GRANTS = (
    "export who may do what as a CSV file with the header principal,permission,resource, and name it under "
    "`access.grants` in the manifest"
)
ATTRIBUTES = (
    "declare the attribute under `data.evaluation.sensitive` in the manifest (name: {column: ...}), and the table that "
    "holds it under `data.evaluation.join` where it is another one"
)
KNOWN = (
    "bring the attribute in from where it is known (`data.evaluation.join`), or evaluate on people for whom it is; "
    "guess it for nobody"
)
DIGESTS = "record the `sha256` of each file that is named in the manifest (sha256sum prints it)"
AGAIN = "run `governance check` again under this policy: it measures what its rules ask for"
NOTHING = (
    "look at why the model gives this answer to nobody of the group; a ratio of nothing is not defined, so compare by "
    "`measure: difference`, or evaluate on more rows"
)
BOTH_LABELS = "evaluate on rows of both labels, of which the model predicts some positive and some negative"
SCORES = f"{BOTH_LABELS}; name a column of probabilities under `data.evaluation.score`, or let the audit run the model"
MORE_ROWS = "evaluate on more rows: an interval narrows with the root of their number"
MORE_EXPLAINED = "have more rows explained: raise `rows` of this rule in the policy, or evaluate on more rows"


def at_least(rows: int) -> str:
    return f"evaluate on more rows: the metric must rest on at least {rows:,}"


def together(advice: Iterable[str]) -> str:
    """Each once, in their order."""
    return "; ".join(dict.fromkeys(one for one in advice if one))
