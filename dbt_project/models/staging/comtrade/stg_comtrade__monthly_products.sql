{{ comtrade_rows("monthly_products", "period_month", comtrade_month(), "^[0-9]{2}$", "two digits") }}
