"""Shared parts of `migrate_users.py` and `migrate_users_dask.py`."""
