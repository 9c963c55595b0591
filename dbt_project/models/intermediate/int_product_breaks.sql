-- Six-digit codes whose goods changed when a revision came in: a comparison with the revision before would mix them.
with conversions as (select * from {{ ref("product_conversions") }})

select hs_revision, product_code
from conversions
union
select hs_revision, earlier_code
from conversions
