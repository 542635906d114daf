"""Published results that the estimators must give again."""
