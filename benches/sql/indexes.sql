-- Every foreign key, and the ordered column.
CREATE INDEX users_score ON users (score);
CREATE INDEX orders_user ON orders (user_id);
CREATE INDEX products_category ON products (category_id);
CREATE INDEX items_order ON items (order_id);
CREATE INDEX items_product ON items (product_id);
