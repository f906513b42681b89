"""Write the service's OpenAPI description to web/openapi.json, for `npm run api`."""

from __future__ import annotations

import json
from pathlib import Path

from facings.server.app import describe_service

if __name__ == "__main__":
    description = json.dumps(describe_service(), indent=1, sort_keys=True)
    (Path(__file__).parent / "openapi.json").write_text(description + "\n")
