{{ flash_rows("flash_partner_exports") }}
