"""The manifest: `governance.yaml` beside a model says where everything is. Strict: unknown keys are errors."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from governance.canonical import MAX_INTEGER, Document, Instant, Sha256, Spelled
from governance.evidence.bias_audit import BiasAudit
from governance.evidence.licences import Component, Licence
from governance.evidence.lineage import Consent
from governance.evidence.operations import Monitoring, NoRollback, OnCall
from governance.evidence.purpose import Kpi, PurposeId
from governance.evidence.reasons import ReasonsSection
from governance.strictyaml import Misplaced

Commit = Annotated[
    str,
    Spelled(
        "(?:[0-9a-f]{40}|[0-9a-f]{64})",
        "a full commit id, 40 hex digits (64 with SHA-256), as `git rev-parse HEAD` prints it",
    ),
]
Seed = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Name = Annotated[
    str,
    Field(min_length=1, max_length=200),
    Spelled(r"[^\x00-\x1f\x7f]+", "a name without line ends and other control characters"),
]


def _seen(text: str) -> str:
    if hidden := next((char for char in text if not char.isprintable()), None):
        raise ValueError(f"holds U+{ord(hidden):04X}, which cannot be seen: two versions could look like one")
    if text != text.strip():
        raise ValueError("begins or ends with a space: two versions could look like one")
    return text


def _no_at(text: str) -> str:
    if "@" in text:
        raise ValueError("holds an `@`, which stands between name and version (NAME@VERSION)")
    return text


Identity = Annotated[Name, AfterValidator(_seen)]
Tag = Annotated[
    str, Spelled(r"[a-z0-9][a-z0-9._:-]{0,62}", "one word of small letters, digits, points, colons and hyphens")
]
MOST_ATTRIBUTES, MOST_INTERSECTIONS = 50, 100


def _again(names: Sequence[str]) -> int | None:
    """Where the first name stands that came before."""
    return next((index for index, name in enumerate(names) if name in names[:index]), None)


Format = Literal["skops", "onnx", "xgboost-json", "pickle", "joblib"]
FORMATS: tuple[Format, ...] = get_args(Format)
RISK_TIERS = ("low", "medium", "high")
"""Lowest first. Any other tier, or none, counts as the last."""


class Purpose(Document):
    """What the model is for. `objective`: in words. `category` is the purpose by its id, as sources name it in
    `purposes`. `kpi`: how its success is measured. `intended`: uses it is meant for. `prohibited`: uses it must not be
    put to."""

    objective: str | None = None
    category: PurposeId | None = None
    kpi: Kpi | Annotated[str, Field(max_length=1000)] | None = None
    intended: tuple[str, ...] = ()
    prohibited: tuple[str, ...] = ()


class ModelSection(Document):
    """The model version under audit. `name`: what all its versions have in common. `version`: this one; one version,
    one artifact. `owner`: the team or person that answers for it. `risk_tier`: low, medium or high; anything else, or
    none, counts as high. `tags`: words of your own, by which policies may choose. `trained_at`: when it was trained;
    documents must not be older."""

    name: Identity
    version: Annotated[Identity, AfterValidator(_no_at)]
    owner: Name | None = None
    risk_tier: str | None = None
    tags: Annotated[tuple[Tag, ...], Field(max_length=50)] | None = None
    trained_at: Instant | None = None
    purpose: Purpose = Purpose()


class Artifact(Document):
    """Either a file to hold and open, or `none` with the reason why there is none. `path`: the file or folder, from the
    manifest's own folder. `format`: what it is. `sha256`: its digest when it was trained. `none`: why there is no
    artifact; then the model can be audited, and never allowed by digest."""

    path: str | None = None
    format: Format | None = None
    sha256: Sha256 | None = None
    none: str | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.none is None) == (self.path is None):
            raise ValueError("give either `path` and `format`, or `none` with the reason why there is no artifact")
        if self.none is not None and (self.format is not None or self.sha256 is not None):
            raise ValueError("`none` stands alone: what is not there has no format and no sha256")
        if self.path is not None and self.format is None:
            raise ValueError("`format` is missing; expected one of " + ", ".join(FORMATS))
        return self


class Labels(Document):
    """Which values of a column count as positive and which as negative. Every value must be in one of the lists.
    `column`: of the table. `positive`: values, as text. `negative`: values, as text."""

    column: Name
    positive: tuple[str, ...] = Field(min_length=1)
    negative: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _disjoint(self) -> Self:
        if both := set(self.positive) & set(self.negative):
            value = sorted(both)[0]
            told = f"{value!r} is in both lists; a value is positive or negative, not both"
            raise Misplaced(told, "negative", self.negative.index(value))
        return self


class Score(Document):
    """A model's score for the positive class. `column`: of the table."""

    column: Name


class ChampionColumns(Labels):
    """What the version that this one would replace predicts for the same rows. `score`: the column of its scores."""

    score: Score | None = None


class Attribute(Document):
    """A sensitive attribute. `column`: of the table, or of the one that is joined. `bins` cut a numeric column at these
    points: [40, 60] gives <40, 40-60 and >=60."""

    column: Name
    bins: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _increasing(self) -> Self:
        if list(self.bins) != sorted(set(self.bins)) or any(b != b or abs(b) == float("inf") for b in self.bins):
            raise Misplaced("bins must be finite numbers in increasing order, each once", "bins")
        return self


class Join(Document):
    """A table with the sensitive attributes, where they live elsewhere. `path`: the table. `sha256`: its recorded
    digest. `key`: the column that both tables have; rows without a partner are counted."""

    path: str
    sha256: Sha256 | None = None
    key: Name


class Evaluation(Document):
    """The table that performance and fairness are measured on. `path`: a Parquet or CSV file. `sha256`: its recorded
    digest. `dataset`, `version` and `collected_until` as for `Training`. `label`: the column of true classes.
    `prediction`: the column of predicted classes, or `rescore` to run the model. `score`: the column of its scores.
    `champion` has the columns with the predictions of the version that this one would replace, on the same rows.
    `sensitive`: attributes by name, whose groups are compared; a null is the counted category "unknown".
    `intersections`: lists of these names, whose combined groups are compared too. `join`: where sensitive attributes
    live elsewhere."""

    path: str
    sha256: Sha256 | None = None
    dataset: str | None = None
    version: Name | None = None
    collected_until: Instant | None = None
    label: Labels
    prediction: Literal["rescore"] | Labels
    score: Score | None = None
    champion: ChampionColumns | None = None
    sensitive: dict[Name, Attribute] = Field({}, max_length=MOST_ATTRIBUTES)
    intersections: tuple[tuple[Name, ...], ...] = Field((), max_length=MOST_INTERSECTIONS)
    join: Join | None = None

    @model_validator(mode="after")
    def _own_answer(self) -> Self:
        if isinstance(self.prediction, Labels) and self.prediction.column == self.label.column:
            told = f"prediction and label are one column, {self.label.column!r}: that is right every time"
            raise Misplaced(told, "prediction", "column")
        if self.champion and self.champion.score and self.champion.score == self.score:
            told = f"this model's scores and the champion's are one column, {self.champion.score.column!r}"
            raise Misplaced(told, "champion", "score", "column")
        return self

    @model_validator(mode="after")
    def _known_attributes(self) -> Self:
        for name in self.sensitive:
            # Policies and findings call an intersection sex*race: an attribute of that name would answer for it.
            if "*" in name:
                told = f"attribute {name!r} has a `*` in its name, which stands for intersections only"
                raise Misplaced(told, "sensitive", name)
        for index, group in enumerate(self.intersections):
            if len(set(group)) < 2 or len(set(group)) != len(group):
                told = f"intersection {list(group)} needs at least two different attributes"
                raise Misplaced(told, "intersections", index)
            for number, name in enumerate(group):
                if name not in self.sensitive:
                    told = f"intersection names {name!r}, which is not under `sensitive`"
                    raise Misplaced(told, "intersections", index, number)
        return self


class Training(Document):
    """The table that the model was trained on. `path`: a Parquet or CSV file. `sha256`: its recorded digest. `dataset`
    is the name that lineage events use for this table; its path where not given. `version` is the version that they
    record for it. `collected_until`: when the last of its rows was collected."""

    path: str
    sha256: Sha256 | None = None
    dataset: str | None = None
    version: Name | None = None
    collected_until: Instant | None = None


class Data(Document):
    """The tables. `evaluation`: what it is measured on. `training`: what it was trained on."""

    evaluation: Evaluation | None = None
    training: Training | None = None


class SourceSection(Document):
    """Data from elsewhere, at the beginning of the lineage. `id`: what approvals call it, as `data:ID`. `sha256`: its
    recorded digest. `path`: the file, where it is at hand. `dataset` is the name that lineage events use for it; its id
    where not given. `version` and `collected_until` as for `Training`; `owner`: who answers for it. `licence`: under
    which it may be used. `expires`: when that ends. `purposes`: ids of what it may be used for. `consent`: what the
    people in it agreed to. `region` is where the data was collected. `forbidden`: columns that must reach no
    feature."""

    id: Name
    sha256: Sha256 | None = None
    path: str | None = None
    dataset: str | None = None
    version: Name | None = None
    collected_until: Instant | None = None
    owner: Name | None = None
    licence: Name | None = None
    expires: Instant | None = None
    purposes: tuple[PurposeId, ...] = ()
    consent: Consent | None = None
    region: Name | None = None
    forbidden: tuple[str, ...] = ()


class LineageSection(Document):
    """Where the data comes from. `sources`: what it begins with. `events`: OpenLineage events, files of JSON, that lead
    from the sources to the tables, column by column."""

    sources: tuple[SourceSection, ...] = ()
    events: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _unique(self) -> Self:
        if (index := _again([source.id for source in self.sources])) is not None:
            raise Misplaced("two sources have the same id", "sources", index, "id")
        return self


class AccessSection(Document):
    """Who may do what, in CSV files. `grants`: who holds which permission (principal, permission, resource; and
    granted_at, last_used). `approvals`: who approved data and code (item, principal, role, at). `people`: who is known
    (principal, status, team)."""

    grants: str | None = None
    approvals: str | None = None
    people: str | None = None


class EnvironmentSection(Document):
    """What it takes to train the same model again. `lock`: the lock file of the packages. `commit`: of the code that
    trained it, in full. `seeds`: of the training run. `parameters`: of the training run, by name."""

    lock: str | None = None
    commit: Commit | None = None
    seeds: tuple[Seed, ...] = ()
    parameters: dict[Name, str] = {}


class LicencesSection(Document):
    """SPDX expressions. `model`: the licence of the model itself. `components` is what the model was built from; an
    empty list says that it was built from nothing else. `packages`: the licence of a package of the lock file by its
    name, where no metadata tells it."""

    model: Licence | None = None
    components: tuple[Component, ...] | None = None
    packages: dict[Name, Licence] = {}


class OperationsSection(Document):
    """What happens once it runs. `rollback` is the version to go back to, or `none` with the reason. `monitoring`: what
    is watched. `on_call`: who is called. Both are also taken in plain words, of which a rule can check little."""

    rollback: NoRollback | Name | None = None
    monitoring: Monitoring | str | None = None
    on_call: OnCall | Name | None = None


class Manifest(Document):
    """What the submitter says about one model version. It never picks the policy. `schema`: the type of this
    document. `features`: columns that the model reads, in its order. `bias_audit`: by somebody from outside.
    `reasons`: what people are told who are refused. `documents`: files by kind, such as model_card or dpia; one
    says its day in a line `Date: 2026-01-31`, or as `date:` in its front matter."""

    schema_: Literal["governance.manifest/v1"] = Field(alias="schema")
    model: ModelSection
    artifact: Artifact
    features: tuple[Name, ...] = ()
    data: Data = Data()
    lineage: LineageSection = LineageSection()
    access: AccessSection = AccessSection()
    environment: EnvironmentSection = EnvironmentSection()
    licences: LicencesSection = LicencesSection()
    operations: OperationsSection = OperationsSection()
    bias_audit: BiasAudit = BiasAudit()
    reasons: ReasonsSection | None = None
    documents: dict[Name, str] = {}

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError("expected a mapping of keys such as schema, model, artifact, data")
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (index := _again(self.features)) is not None:
            raise Misplaced("a feature is named twice", "features", index)
        evaluation = self.data.evaluation
        if evaluation and evaluation.label.column in self.features:
            told = f"the label {evaluation.label.column!r} is among the features: the model is told the answer"
            raise Misplaced(told, "features", self.features.index(evaluation.label.column))
        if evaluation and evaluation.prediction == "rescore":
            at = ("data", "evaluation", "prediction")
            if self.artifact.path is None:
                raise Misplaced(
                    "`rescore` needs an artifact to run; give {column: ..., positive: [...], negative: [...]}", *at
                )
            if not self.features:
                raise Misplaced("`rescore` needs `features`, in the order the model expects them", *at)
        return self
