{{ config(meta={"dagster": {"ref": {"name": "int_abnormal_returns"}}}) }}
-- Fails on: an estimation window whose abnormal returns do not average to zero, or that has fewer than 120 of them.
select event_id, asset_code, model_code, count(*) as estimation_count, avg(abnormal_return) as mean_abnormal_return
from {{ ref("int_abnormal_returns") }}
where is_estimation and abnormal_return is not null
group by event_id, asset_code, model_code
having abs(avg(abnormal_return)) > 1e-9 or count(*) < 120
