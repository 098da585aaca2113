"""The HTTP API under /api/v1; the fixed calls stand in docs/api.md and in /openapi.json."""
