"""Counts further down the line than reports: offences that the police recorded, hotlines, national series."""
