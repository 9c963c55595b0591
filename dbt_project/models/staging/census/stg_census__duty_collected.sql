{{
    census_products(
        "duty_collected",
        "i_commodity",
        2,
        {"consumption_import_usd": "con_val_mo", "duty_usd": "cal_dut_mo"},
        {
            "the import value does not parse": ["consumption_import_usd"],
            "the duty does not parse": ["duty_usd"],
        },
    )
}}
