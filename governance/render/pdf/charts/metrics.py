"""The metrics that groups are compared by, in words, and the rules that compare them."""

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
    "jaccard": ("Jaccard index", "share of true positives among the group's rows that are positive or selected"),
    "balanced_accuracy": ("Balanced accuracy", "mean of the true positive rate and the true negative rate"),
    "informedness": ("Informedness", "true positive rate less false positive rate"),
    "f0_5": ("F0.5 score", "mean of precision and recall that weighs precision more"),
    "f1": ("F1 score", "harmonic mean of precision and recall"),
    "f2": ("F2 score", "mean of precision and recall that weighs recall more"),
    "matthews_corrcoef": ("Matthews correlation", "correlation of prediction and true label"),
    "cohen_kappa": ("Cohen's kappa", "agreement of prediction and true label beyond chance"),
    "positive_likelihood_ratio": ("Positive likelihood ratio", "true positive rate over false positive rate"),
    "negative_likelihood_ratio": ("Negative likelihood ratio", "false negative rate over true negative rate"),
}
"""Name and meaning of each of `governance.evidence.counts.GROUP_METRICS`."""
