"""From embeddings to the nearest products: one Protocol, a fast index and a plain one."""
