"""Small help for people: what an act did not do, and where the trail is looked for."""

from tests.cli.conftest import AS_ANN, AS_BO


def test_an_approval_that_lifts_nothing_says_so(project, check, run):
    check(*AS_ANN)
    ran = run("approve", "credit@1.10", *AS_BO, "--reason", "fine")
    assert ran.code == 0
    assert "prod: DENY" in ran.out
    assert ran.err.startswith("approved, and still denied in prod: an approval answers for what needs review")


def test_the_wrong_folder_is_told_the_way(bare, run):
    for argv in (("show", "credit@1.10"), ("trail", "show"), ("trail", "verify")):
        ran = run(*argv)
        assert ran.code == 2
        assert "--project DIR" in ran.err
