-- Of tables of all partners. The world tells which months are held: complete years for every partner, months for the
-- world.
{{
    product_periods(
        ["chapter", "subheading"],
        ["ledger_code", "reporter_iso3", "flow_code", "product_kind"],
        "partner_iso3 = 'WLD'",
    )
}}
