{{
    census_products(
        "subheading_imports",
        "i_commodity",
        6,
        {
            "import_customs_usd": "gen_val_mo",
            "import_charges_usd": "gen_cha_mo",
            "consumption_import_usd": "con_val_mo",
            "consumption_charges_usd": "con_cha_mo",
            "dutiable_usd": "dut_val_mo",
            "duty_usd": "cal_dut_mo",
        },
        {
            "the import value does not parse": ["import_customs_usd", "consumption_import_usd"],
            "the charges do not parse": ["import_charges_usd", "consumption_charges_usd"],
            "the duty does not parse": ["dutiable_usd", "duty_usd"],
        },
    )
}}
