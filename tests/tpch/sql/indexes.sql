-- Every foreign key that no primary key begins with.
CREATE INDEX nation_region ON nation (n_regionkey);
CREATE INDEX supplier_nation ON supplier (s_nationkey);
CREATE INDEX partsupp_supplier ON partsupp (ps_suppkey);
CREATE INDEX customer_nation ON customer (c_nationkey);
CREATE INDEX orders_customer ON orders (o_custkey);
CREATE INDEX lineitem_part ON lineitem (l_partkey);
CREATE INDEX lineitem_supplier ON lineitem (l_suppkey);

-- The dates.
CREATE INDEX orders_order_date ON orders (o_orderdate);
CREATE INDEX lineitem_ship_date ON lineitem (l_shipdate);
CREATE INDEX lineitem_receipt_date ON lineitem (l_receiptdate);

ANALYZE;
