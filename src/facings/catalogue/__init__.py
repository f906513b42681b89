"""Product records: GTINs, the database that holds the truth, and how files get into it."""
