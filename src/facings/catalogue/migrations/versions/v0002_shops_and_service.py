"""Shops, prices, targeted offers, moderated reviews, sources, imports, and the service's tables."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Offers and reviews get an id of their own; what there was keeps its place."""
    op.add_column("products", sa.Column("gpc_brick", sa.String(8)))
    op.add_column("products", sa.Column("declared", sa.JSON, server_default="{}", nullable=False))
    op.create_index("ix_products_category", "products", ["category"])
    op.rename_table("offers", "offers_0001")
    op.rename_table("reviews", "reviews_0001")
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("expires_at", sa.String(32)),
        sa.Column("revoked_at", sa.String(32)),
        sa.Column("last_used_at", sa.String(32)),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("prefix"),
    )
    op.create_index("ix_api_keys_tenant", "api_keys", ["tenant"])
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("request_id", sa.String(64)),
        sa.Column("key_id", sa.String(64)),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.JSON),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("session_id", sa.String(64)),
        sa.Column("frame_id", sa.String(64), nullable=False),
        sa.Column("box_xyxy", sa.JSON, nullable=False),
        sa.Column("gtin_given", sa.String(14)),
        sa.Column("gtin_corrected", sa.String(14)),
        sa.Column("vector", sa.LargeBinary),
        sa.Column("embedder_name", sa.String(64)),
        sa.Column("embedder_version", sa.Integer),
        sa.Column("embedder_sha256", sa.String(64)),
        sa.Column("state", sa.String(16), server_default="new", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("feedback_by_state", "feedback", ["state", "id"])
    op.create_table(
        "imports",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("started_at", sa.String(32), nullable=False),
        sa.Column("finished_at", sa.String(32)),
        sa.Column("read", sa.Integer, nullable=False),
        sa.Column("added", sa.Integer, nullable=False),
        sa.Column("updated", sa.Integer, nullable=False),
        sa.Column("unchanged", sa.Integer, nullable=False),
        sa.Column("rejected", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "retailers",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("country", sa.String(2)),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), server_default="waiting", nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("updated_at", sa.String(32)),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, server_default="0", nullable=False),
        sa.Column("result", sa.JSON),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_runs_tenant", "runs", ["tenant"])
    op.create_table(
        "shopping_sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("ended_at", sa.String(32)),
        sa.Column("store", sa.String(64)),
        sa.Column("person", sa.String(64)),
        sa.Column("segments", sa.JSON, server_default="[]", nullable=False),
        sa.Column("profile", sa.JSON),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_shopping_sessions_tenant", "shopping_sessions", ["tenant"])
    op.create_table(
        "sources",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("licence", sa.Text, nullable=False),
        sa.Column("attribution", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "offers",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        sa.Column("position", sa.Integer),
        sa.Column("headline", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("value_cents", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("valid_from", sa.String(10)),
        sa.Column("valid_until", sa.String(10), nullable=False),
        sa.Column("campaign", sa.String(64)),
        sa.Column("quantity", sa.Integer, server_default="1", nullable=False),
        sa.Column("segments", sa.JSON, server_default="[]", nullable=False),
        sa.Column("retailers", sa.JSON, server_default="[]", nullable=False),
        sa.Column("stores", sa.JSON, server_default="[]", nullable=False),
        sa.Column("bought", sa.JSON),
        sa.Column("limit_per_person", sa.Integer),
        sa.Column("budget_cents", sa.BigInteger),
        sa.Column("stacking", sa.String(16), server_default="one_of_kind", nullable=False),
        sa.ForeignKeyConstraint(["gtin"], ["products.gtin"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_offers_campaign", "offers", ["campaign"])
    op.create_index("ix_offers_gtin", "offers", ["gtin"])
    op.create_table(
        "restricted_numbers",
        sa.Column("retailer", sa.String(64), nullable=False),
        sa.Column("number", sa.String(14), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("gtin", sa.String(14)),
        sa.ForeignKeyConstraint(["gtin"], ["products.gtin"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["retailer"], ["retailers.name"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("retailer", "number"),
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        sa.Column("position", sa.Integer),
        sa.Column("rating", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), server_default="approved", nullable=False),
        sa.Column("created_at", sa.String(32)),
        sa.Column("tenant", sa.String(64)),
        sa.ForeignKeyConstraint(["gtin"], ["products.gtin"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_reviews_state", "reviews", ["state"])
    op.create_index("reviews_by_product", "reviews", ["gtin", "state", "id"])
    op.create_table(
        "session_products",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        sa.Column("first_seen_at", sa.String(32), nullable=False),
        sa.Column("last_seen_at", sa.String(32), nullable=False),
        sa.Column("frames", sa.Integer, server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["shopping_sessions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("session_id", "gtin"),
    )
    op.create_table(
        "stores",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("retailer", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("address", sa.Text),
        sa.Column("country", sa.String(2)),
        sa.ForeignKeyConstraint(["retailer"], ["retailers.name"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "offer_uses",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("offer_id", sa.Integer, nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("value_cents", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["offer_id"], ["offers.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("offer_uses_by_person", "offer_uses", ["offer_id", "person"])
    op.create_table(
        "prices",
        sa.Column("id", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("gtin", sa.String(14), nullable=False),
        sa.Column("retailer", sa.String(64), nullable=False),
        sa.Column("store", sa.String(64)),
        sa.Column("price_cents", sa.Integer, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("valid_until", sa.String(10)),
        sa.ForeignKeyConstraint(["gtin"], ["products.gtin"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["retailer"], ["retailers.name"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["store"], ["stores.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("prices_by_product", "prices", ["gtin", "retailer", "store", "valid_from"])
    op.execute(
        "INSERT INTO offers (gtin, position, headline, kind, value_cents, currency, valid_until) "
        "SELECT gtin, position, headline, kind, value_cents, currency, valid_until "
        "FROM offers_0001 ORDER BY gtin, position"
    )
    op.execute(
        "INSERT INTO reviews (gtin, position, rating, text, author) "
        "SELECT gtin, position, rating, text, author FROM reviews_0001 ORDER BY gtin, position"
    )
    op.drop_table("offers_0001")
    op.drop_table("reviews_0001")
