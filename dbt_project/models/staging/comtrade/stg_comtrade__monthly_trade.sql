{{ comtrade_rows("monthly_trade", "period_month", comtrade_month(), "^TOTAL$", "TOTAL") }}
