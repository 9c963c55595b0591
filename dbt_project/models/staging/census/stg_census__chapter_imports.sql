{{
    census_products(
        "chapter_imports",
        "i_commodity",
        2,
        {"import_customs_usd": "gen_val_mo"},
        {"the import value does not parse": ["import_customs_usd"]},
    )
}}
