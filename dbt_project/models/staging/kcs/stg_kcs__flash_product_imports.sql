{{ flash_rows("flash_product_imports") }}
