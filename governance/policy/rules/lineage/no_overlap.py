"""lineage.no_overlap: the model is not judged on what it was trained on."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from governance.canonical import Threshold, real
from governance.evidence.overlap import OverlapFacts
from governance.policy.finding import Limit, Looked, Verdict, plural, short
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class OverlapParams(Params):
    """`at_most`: share of the evaluation's rows that may also be in the training table. `repeated_at_most`: share that
    may repeat another row of the evaluation; not judged where left out. `min_columns`: with fewer columns, equal rows
    are too likely to be other people's to say anything."""

    at_most: Annotated[Threshold, Field(ge=0, lt=1), Tighten.DOWN] = Decimal(0)
    repeated_at_most: Annotated[Annotated[Threshold, Field(ge=0, lt=1)] | None, Tighten.DOWN] = None
    min_columns: Annotated[int, Tighten.NONE] = Field(2, ge=1)


def _facts(found: int, repeated: int = 0, columns: tuple[str, ...] = ("age", "income", "y")) -> OverlapFacts:
    return OverlapFacts(columns=columns, evaluation_rows=1000, training_rows=5000, found=found, repeated=repeated)


@rule(
    "lineage.no_overlap",
    controls=("eu-ai-act/art-10.3", "us-sr-26-2/mrm.val.outcomes"),
    examples=lambda: (
        passes("no row in common", _facts(0)),
        fails("one row in common", _facts(1)),
        passes("just as many as the policy lets pass", _facts(10), at_most="0.01"),
        fails("one more", _facts(11), at_most="0.01"),
        passes("repeated rows that nobody asked about", _facts(0, 500)),
        fails("too many repeated rows", _facts(0, 51), repeated_at_most="0.05"),
        inconclusive("too few columns to tell rows apart", _facts(900, columns=("y",))),
    ),
)
def no_overlap(evidence: OverlapFacts, params: OverlapParams) -> Verdict:
    """Rows of the evaluation are not among the rows that the model was trained on.

    What it checks: rows of both tables are digested over the features and the label; it counts the evaluation rows
    whose digest is also in the training table, and those that repeat another row of the evaluation. Where features are
    few and coarse, two people can have the same row: set a share that such chance allows.

    Why it matters: a model that is tested on what it has learned by heart looks better than it is, on every metric and
    for every group; repeated rows make a small test look like a large one.

    How to fix: remove the rows in common from the evaluation, or split again before training, by person and not by
    row; find out where repeated rows come from, such as a join that multiplies them.
    """
    rows, found, repeated = evidence.evaluation_rows, evidence.found, evidence.repeated
    limit = Limit(op="at_most", value=str(params.at_most))
    if rows == 0 or len(evidence.columns) < params.min_columns:
        columns = plural(len(evidence.columns), "column")
        why = f"{plural(rows, 'row')} compared by {columns}: too little to tell rows apart"
        fix = "name all features of the model under `features` in the manifest, and give tables with rows"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=fix)
    share, again = real(found / rows), real(repeated / rows)
    looked = (
        Looked(path="overlap.found", value=share, n=rows),
        Looked(path="overlap.repeated", value=again, n=rows),
    )
    said = [
        f"{found} of {rows} evaluation rows (a share of {short(share, params.at_most)}) are among the "
        f"{evidence.training_rows} training rows",
        f"{repeated} (a share of {short(again, params.repeated_at_most)}) repeat another row of the evaluation",
    ]
    wrong = []
    if Decimal(share) > params.at_most:
        wrong.append(f"{said[0]}, more than {params.at_most}")
    if params.repeated_at_most is not None and Decimal(again) > params.repeated_at_most:
        wrong.append(f"{said[1]}, more than {params.repeated_at_most}")
    outcome = Outcome.FAIL if wrong else Outcome.PASS
    return Verdict(outcome=outcome, why="; ".join(wrong or said), looked_at=looked, limit=limit)
