"""Statements of reasons: the European Commission's daily dumps, counted and compared with the committed table.

A statement of reasons is a provider's notice that it restricted content or an account, filed in the DSA Transparency
Database. It is not a report to NCMEC, not a private message and not a case.

`python -m helpers.moderation count FILES --out TABLE` reads the dumps; `compare` and `merge` set the result against
another vintage.
"""
