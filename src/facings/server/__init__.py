"""The HTTP service: what phones and partners call. `facings serve` runs it."""
