{{
    census_products(
        "subheading_exports",
        "e_commodity",
        6,
        {"export_fas_usd": "all_val_mo"},
        {"the export value does not parse": ["export_fas_usd"]},
    )
}}
