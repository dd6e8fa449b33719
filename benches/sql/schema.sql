-- The models' rules. Keys are SQLite's own row numbers; a code is its 64 bits, with a sign.

CREATE TABLE users (
    id INTEGER PRIMARY KEY,
    username TEXT NOT NULL UNIQUE CHECK (length(username) <= 50),
    email TEXT NOT NULL UNIQUE CHECK (length(email) <= 100),
    code INTEGER NOT NULL UNIQUE,
    score INTEGER NOT NULL,
    age INTEGER NOT NULL CHECK (age < 200),
    balance INTEGER NOT NULL,
    created INTEGER NOT NULL,
    flags INTEGER NOT NULL
) STRICT;

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users,
    amount INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    placed INTEGER NOT NULL
) STRICT;

CREATE TABLE categories (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    category_id INTEGER NOT NULL REFERENCES categories,
    name TEXT NOT NULL,
    price INTEGER NOT NULL,
    stock INTEGER NOT NULL
) STRICT;

CREATE TABLE items (
    id INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders,
    product_id INTEGER NOT NULL REFERENCES products,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    price INTEGER NOT NULL
) STRICT;
