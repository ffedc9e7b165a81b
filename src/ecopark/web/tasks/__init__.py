"""Tasks of the park: made from clauses, kept as events; `ecopark.casework.tasks` says what they amount to."""
