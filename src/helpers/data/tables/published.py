"""Raw tables that are read as they are published: nothing in them is tidied."""

RAW = (
    # published interrupted-time-series studies, for verification
    "sicily-acute-coronary-events",
    "quetiapine-dispensings",
    "us-cigarette-sales",
    "uk-road-casualties",
    # providers' originals
    "microsoft-halfyear-original",
    "snap-by-country-halfyear",
    "tiktok-quarterly",
    # NCMEC's other lists
    "ncmec-referrals-by-country-2024-all",
    "ncmec-referrals-by-platform-2024",
    "ncmec-recipients-annual",
    "ncmec-contents-annual",
    # context, and denominators that may be used one day
    "hotlines-annual",
    "national-series-additions",
    "population-by-country",
    "internet-users-by-country",
)
