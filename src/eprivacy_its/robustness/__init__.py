"""Does a finding survive other choices, other dates, other places? And how it is graded."""
