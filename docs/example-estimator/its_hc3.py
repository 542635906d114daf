"""Least squares with HC3 errors (MacKinnon & White 1985) for `eprivacy_its.its.fit(…, estimator="hc3")`."""

import numpy as np

from eprivacy_its.its import Batch, Estimator


def fit(Y, X, links):
    """Y has a row for each series, X a column for each term; `links` says which rows follow one another."""
    inverse = np.linalg.inv(X.T @ X)
    beta = Y @ X @ inverse
    leverage = np.einsum("ij,jk,ik->i", X, inverse, X)
    u = (Y - beta @ X.T) / (1 - leverage)
    cov = inverse @ np.einsum("mi,ij,ik->mjk", u**2, X, X) @ inverse
    return Batch(beta, cov, np.full(len(Y), X.shape[0] - X.shape[1]))


HC3 = Estimator("hc3", "least squares with HC3 errors", "identity", fit, independent=True, least_squares=True)
