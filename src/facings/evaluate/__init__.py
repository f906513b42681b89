"""How good the detector and the embedder are, measured on pictures with a known truth."""
