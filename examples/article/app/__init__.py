"""A small user directory: FastAPI, SQLAlchemy's asyncio extension, SQLite."""
