"""Artwork beside each gallery vector."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Pictures embedded before have none: they are found as before, look-alikes less surely."""
    op.add_column("embeddings", sa.Column("artwork", sa.LargeBinary))
