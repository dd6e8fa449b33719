-- For each connection, be it to memory or to a file: rules are kept, nobody else asks, and nothing is waited for.
PRAGMA foreign_keys = ON;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA synchronous = OFF;
PRAGMA temp_store = MEMORY;
