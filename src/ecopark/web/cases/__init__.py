"""Cases of the park: reported on a phone, kept as events; `ecopark.casework.cases` says what they amount to."""
