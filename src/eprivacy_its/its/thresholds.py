"""How many periods a model needs."""

#: Below this, autocorrelation can't be estimated: least squares does best (Turner et al. 2021).
SHORT = 12
#: Below this, terms must be few and a season isn't free.
MEDIUM = 24
