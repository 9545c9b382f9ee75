"""The verbs: check, review, export, gate, report. Each that writes is one transaction on the trail."""
