"""Fetches, keeps, loads, schedules and publishes trade statistics. Holds no trade rule: those are SQL, in dbt_project/."""

import os

# The matrices here are small: threads of the linear algebra library cost more than they give, tenfold on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
