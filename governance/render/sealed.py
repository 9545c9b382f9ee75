"""Where a decision was sealed, as the edge that sealed it says."""

from governance.canonical import Count, Document


class Sealed(Document):
    """`trail` is the log's origin, `index` the entry's place in it, `checkpoint` the signed note that covers it,
    `bundle` the path of the bundle file; null when none was written."""

    trail: str
    index: Count
    checkpoint: str
    bundle: str | None = None
