{{
    census_products(
        "chapter_exports",
        "e_commodity",
        2,
        {"export_fas_usd": "all_val_mo"},
        {"the export value does not parse": ["export_fas_usd"]},
    )
}}
