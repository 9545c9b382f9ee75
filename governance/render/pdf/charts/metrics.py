"""The rates that groups are compared by, in words, and the rules that compare them."""

COMPARING = frozenset({"fairness.disparity", "fairness.reference"})
"""Rules that hold two groups against each other."""

METRICS = {
    "selection_rate": ("Selection rate", "share of the group's rows that are selected"),
    "prevalence": ("Prevalence", "share of the group's rows whose true label is positive"),
    "accuracy": ("Accuracy", "share of the group's rows that are predicted right"),
    "tpr": ("True positive rate", "share selected of the group's true positives"),
    "fpr": ("False positive rate", "share selected of the group's true negatives"),
    "tnr": ("True negative rate", "share not selected of the group's true negatives"),
    "fnr": ("False negative rate", "share not selected of the group's true positives"),
    "ppv": ("Positive predictive value", "share of true positives among the group's selected rows"),
    "npv": ("Negative predictive value", "share of true negatives among the group's rows not selected"),
}
"""Name and meaning of each of `governance.evidence.counts.RATES`."""
