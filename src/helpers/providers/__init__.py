"""The providers' own series: which quarters the interruption touches, who fell, and the study's fits."""
