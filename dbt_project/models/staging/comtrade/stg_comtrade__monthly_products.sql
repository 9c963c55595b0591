{{ comtrade_rows("monthly_products", "period_month", comtrade_month(), "^([0-9]{2}|[0-9]{6})$", "two or six digits") }}
