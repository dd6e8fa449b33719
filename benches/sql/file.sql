-- What makes it fastest with a file: a log in which it appends, and memory for everything.
PRAGMA journal_mode = WAL;
PRAGMA cache_size = -2000000;
PRAGMA mmap_size = 8000000000;
