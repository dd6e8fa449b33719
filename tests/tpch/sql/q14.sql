SELECT 100.0
    * sum(CASE WHEN p_type LIKE 'PROMO%' THEN l_extendedprice * (100 - l_discount) ELSE 0 END)
    / sum(l_extendedprice * (100 - l_discount))
FROM lineitem, part
WHERE l_partkey = p_partkey
    AND l_shipdate >= '1995-09-01'
    AND l_shipdate < '1995-10-01'
