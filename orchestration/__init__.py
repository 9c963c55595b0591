"""Fetches, keeps, loads, schedules and publishes trade statistics. Holds no trade rule: those are SQL, in dbt_project/."""
