"""governance show"""

from governance.cli.context import Context, model_version
from governance.errors import ExitCode


def run(context: Context) -> int:
    from governance.evidence.evidence import EvidenceSet
    from governance.operations.export import latest
    from governance.operations.sealing import read_decision
    from governance.render.json import decision_json
    from governance.render.text import decision_text

    model, version = model_version(context.args.model)
    workspace = context.workspace()
    digest = latest(workspace, model=model, version=version)
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        decision = read_decision(snapshot, digest)
        evidence = EvidenceSet.from_bytes(snapshot.document(decision.evidence[0]).data)
    sealed = context.sealed_at(workspace, digest)
    if context.as_json:
        context.say(decision_json(decision, evidence, sealed))
    else:
        context.say(
            decision_text(
                decision, evidence, environment=None, colour=context.colour, width=context.width, sealed=sealed
            )
        )
    return ExitCode.ALLOW
