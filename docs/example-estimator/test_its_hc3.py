from eprivacy_its.testing import check_estimator


def test_the_contract():
    check_estimator("hc3")
