"""The tables of before there were versions: made where they lack, completed where columns lack."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateColumn

revision = "0001"
down_revision = None

TABLES = sa.MetaData()
sa.Table(
    "products",
    TABLES,
    sa.Column("gtin", sa.String(14), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("brand", sa.Text),
    sa.Column("variant", sa.Text),
    sa.Column("net_content", sa.Text),
    sa.Column("category", sa.Text),
    sa.Column("retailers", sa.JSON, server_default="[]", nullable=False),
    sa.Column("countries", sa.JSON, server_default="[]", nullable=False),
    sa.Column("active", sa.Boolean, server_default=sa.true(), nullable=False),
    sa.Column("ingredients", sa.Text),
    sa.Column("allergens", sa.JSON, nullable=False),
    sa.Column("nutrition_per_100", sa.JSON, nullable=False),
    sa.Column("price_cents", sa.Integer),
    sa.Column("currency", sa.String(3)),
    sa.Column("width_mm", sa.Double),
    sa.Column("height_mm", sa.Double),
    sa.Column("source", sa.Text),
)
sa.Table(
    "offers",
    TABLES,
    sa.Column("gtin", sa.ForeignKey("products.gtin", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("headline", sa.Text, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("value_cents", sa.Integer, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("valid_until", sa.String(10), nullable=False),
)
sa.Table(
    "reviews",
    TABLES,
    sa.Column("gtin", sa.ForeignKey("products.gtin", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("rating", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
)
sa.Table(
    "pictures",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("gtin", sa.ForeignKey("products.gtin", ondelete="CASCADE"), nullable=False),
    sa.Column("view", sa.String(32), nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("valid_from", sa.String(10)),
    sa.Column("valid_until", sa.String(10)),
    sa.UniqueConstraint("gtin", "sha256"),
)
sa.Table(
    "embeddings",
    TABLES,
    sa.Column("picture_id", sa.ForeignKey("pictures.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("embedder_name", sa.String(64), primary_key=True),
    sa.Column("embedder_version", sa.Integer, primary_key=True),
    sa.Column("embedder_sha256", sa.String(64), primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.Index(
        "embeddings_by_embedder",
        "embedder_name",
        "embedder_version",
        "embedder_sha256",
        "picture_id",
    ),
)


def upgrade() -> None:
    """Columns are only ever added."""
    connection = op.get_bind()
    TABLES.create_all(connection)
    for table in TABLES.sorted_tables:
        known = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                ddl = str(CreateColumn(column).compile(dialect=connection.dialect))
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {ddl}")
