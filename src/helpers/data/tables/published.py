"""Raw tables that are read as they are published: nothing in them is tidied."""

RAW = (
    "sicily-acute-coronary-events",
    "quetiapine-dispensings",
    "us-cigarette-sales",
    "uk-road-casualties",
)
