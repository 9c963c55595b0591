select
    abnormal.event_id,
    abnormal.asset_code,
    cast(abnormal.session_offset as integer) as session_offset,
    cast(abnormal.session_date as date) as session_date,
    abnormal.model_code,
    assets.return_type,
    abnormal.return_value,
    abnormal.expected_return,
    abnormal.abnormal_return,
    abnormal.abnormal_return_se,
    {{ ratio("abnormal.abnormal_return", "abnormal.abnormal_return_se") }} as standardised_abnormal_return
from {{ ref("int_abnormal_returns") }} as abnormal
inner join
    {{ ref("int_assets_known") }} as assets
    on assets.asset_code = abnormal.asset_code
    and assets.main_model_code = abnormal.model_code
where not abnormal.is_estimation
