"""Evidence: what speaks for or against a candidate besides its vector."""
