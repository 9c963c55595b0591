{#- One row per claim and ledger: why the verdict is what it is, in a sentence with the figures that decided. -#}
{%- set unit = "case placed.unit_code when 'pct' then ' %' else ' billion USD' end" -%}
with

    placed as (select * from {{ ref("int_claims_placed") }}),

    judged as (select * from {{ ref("int_claims_judged") }}),

    figures as (select * from {{ ref("int_claim_figures") }}),

    drivers as (select * from {{ ref("int_claim_drivers") }}),

    regimes as (select * from {{ ref("int_claim_regimes") }}),

    sentences as (
        select
            judged.claim_id,
            judged.ledger_code,
            judged.reason_code,
            placed.question_code,
            placed.claim_type,
            placed.is_own_side,
            judged.latest_value is not null and judged.claim_day_value is null as is_known_only_now,
            case
                when placed.question_code = 'drivers'
                then drivers.explanation
                when placed.question_code = 'regimes'
                then regimes.explanation
                when placed.claim_type = 'record'
                then
                    concat(
                        'Held: ',
                        {{ in_words("judged.latest_value") }},
                        ' billion USD, ',
                        {{ billions_in_words("abs(figures.record_margin_usd)") }},
                        case when figures.record_margin_usd > 0 then ' above' else ' below' end,
                        ' the highest before it since ',
                        cast(cast(extract(year from figures.first_figure_start) as integer) as {{ dbt.type_string() }})
                    )
                else
                    concat(
                        'Held: ',
                        {{ in_words("judged.latest_value") }},
                        {{ unit }},
                        ', ',
                        {{ in_words("abs(judged.difference_value)") }},
                        ' from the claim, where ',
                        {{ in_words("placed.tolerance") }},
                        ' is allowed'
                    )
            end as figures_text
        from judged
        inner join placed on placed.claim_id = judged.claim_id and placed.ledger_code = judged.ledger_code
        left join figures on figures.claim_id = judged.claim_id and figures.ledger_code = judged.ledger_code
        left join drivers on drivers.claim_id = judged.claim_id and drivers.ledger_code = judged.ledger_code
        left join regimes on regimes.claim_id = judged.claim_id and regimes.ledger_code = judged.ledger_code
    )

select
    claim_id,
    ledger_code,
    concat(
        case
            reason_code
            when 'not_held'
            then
                case
                    question_code
                    when 'duties'
                    then 'The duties that customs collected in that year are not held in this release'
                    when 'drivers'
                    then 'The goods of this flow are not held for both periods in this release'
                    when 'regimes'
                    then 'The list of tariffs holds nothing set for that day, or ends before it'
                    else 'The months it is about are not all held in this release'
                end
            when 'nothing_before'
            then 'No earlier period is held to compare with'
            when 'no_measure'
            then
                case
                    claim_type
                    when 'causal'
                    then 'Figures show what happened, not what a government thinks or why'
                    when 'policy_date'
                    then 'Duties are held by the days they applied, not treaties by the days they were signed'
                    else 'No mart measures this'
                end
            when 'within_rounding'
            then concat(figures_text, '; as it was rounded it is right')
            when 'behind_unmapped'
            then concat(figures_text, ', so it neither shows nor excludes the claim')
            when 'record_fragile'
            then concat(figures_text, ', less than such figures are usually revised by')
            when 'true_only_now'
            then concat(figures_text, '; by the printing of that day it was not so')
            when 'true_only_then'
            then concat(figures_text, '; by the printing of that day it was right')
            else figures_text
        end,
        '.',
        case
            when is_own_side
            then ''
            else ' This is the other side''s ledger, which values and times the same trade in its own way.'
        end,
        case when is_known_only_now then ' No printing of it was held by the day of the claim.' else '' end
    ) as explanation
from sentences
