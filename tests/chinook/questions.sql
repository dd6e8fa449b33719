-- Who spent most?
SELECT c.FirstName || ' ' || c.LastName, ifnull(c.Country, '—'), count(*), printf('%.2f', sum(cents) / 100.0)
FROM (SELECT *, CAST(round(100 * Total) AS INTEGER) AS cents FROM Invoice) AS i JOIN Customer AS c USING (CustomerId)
GROUP BY c.CustomerId ORDER BY sum(cents) DESC, CAST(c.CustomerId AS INTEGER) LIMIT 8;

-- What did each genre bring in?
SELECT ifnull(g.Name, '—'), sum(l.Quantity), printf('%.2f', sum(l.Quantity * round(100 * l.UnitPrice)) / 100.0)
FROM InvoiceLine AS l JOIN Track AS t USING (TrackId) LEFT JOIN Genre AS g USING (GenreId)
GROUP BY g.Name ORDER BY sum(l.Quantity * round(100 * l.UnitPrice)) DESC, g.Name LIMIT 8;

-- And each country?
SELECT ifnull(BillingCountry, '—'), count(DISTINCT CustomerId), printf('%.2f', sum(round(100 * Total)) / 100.0)
FROM Invoice GROUP BY BillingCountry ORDER BY sum(round(100 * Total)) DESC, BillingCountry LIMIT 8;

-- How does each year compare?
SELECT substr(InvoiceDate, 1, 4), count(*), printf('%.2f', sum(round(100 * Total)) / 100.0),
    printf('%.2f', max(CAST(Total AS REAL)))
FROM Invoice GROUP BY 1 ORDER BY 1;

-- Who works under Andrew Adams, at any depth?
WITH RECURSIVE below(id, depth) AS (
    SELECT EmployeeId, 0 FROM Employee WHERE LastName = 'Adams'
    UNION ALL SELECT e.EmployeeId, depth + 1 FROM Employee AS e JOIN below ON e.ReportsTo = below.id)
SELECT FirstName || ' ' || LastName, Title, (SELECT count(*) FROM (
    WITH RECURSIVE above(id) AS (
        SELECT e.ReportsTo UNION ALL SELECT a.ReportsTo FROM Employee AS a JOIN above ON a.EmployeeId = above.id)
    SELECT id FROM above WHERE id IS NOT NULL))
FROM Employee AS e JOIN below ON EmployeeId = id WHERE depth > 0 ORDER BY LastName, CAST(EmployeeId AS INTEGER);

-- Which playlists share a track with “Grunge”?
SELECT p.Name, (SELECT count(*) FROM PlaylistTrack AS x WHERE x.PlaylistId = p.PlaylistId)
FROM Playlist AS p WHERE p.Name <> 'Grunge' AND EXISTS (
    SELECT 1 FROM PlaylistTrack AS mine JOIN PlaylistTrack AS theirs USING (TrackId)
    JOIN Playlist AS grunge ON grunge.PlaylistId = theirs.PlaylistId
    WHERE mine.PlaylistId = p.PlaylistId AND grunge.Name = 'Grunge')
ORDER BY CAST(p.PlaylistId AS INTEGER);

-- Which artists with an album never sold a track?
SELECT a.Name, count(*) FROM Artist AS a JOIN Album USING (ArtistId)
WHERE a.ArtistId NOT IN (
    SELECT ArtistId FROM Album JOIN Track USING (AlbumId) JOIN InvoiceLine USING (TrackId))
GROUP BY a.ArtistId ORDER BY count(*) DESC, a.Name LIMIT 8;

-- Which albums mix three genres or more?
SELECT b.Title, a.Name, count(DISTINCT t.GenreId), count(*)
FROM Track AS t JOIN Album AS b USING (AlbumId) JOIN Artist AS a USING (ArtistId)
GROUP BY b.AlbumId HAVING count(DISTINCT t.GenreId) >= 3 ORDER BY b.Title, a.Name, CAST(b.AlbumId AS INTEGER);

-- Who bought jazz in the year of the last invoice, and lives outside the USA?
SELECT c.FirstName || ' ' || c.LastName, c.Country FROM Customer AS c
WHERE c.Country <> 'USA' AND c.CustomerId IN (
    SELECT i.CustomerId FROM Invoice AS i JOIN InvoiceLine USING (InvoiceId) JOIN Track USING (TrackId)
    JOIN Genre AS g USING (GenreId)
    WHERE g.Name = 'Jazz' AND substr(i.InvoiceDate, 1, 4) = (SELECT max(substr(InvoiceDate, 1, 4)) FROM Invoice))
ORDER BY c.Country, c.LastName;

-- How long are tracks with a composer called Harris, by medium?
SELECT m.Name, count(*), sum(t.Milliseconds) / 1000, max(CAST(t.Milliseconds AS INTEGER)) / 1000
FROM Track AS t JOIN MediaType AS m USING (MediaTypeId) WHERE t.Composer LIKE '%harris%' GROUP BY m.Name ORDER BY m.Name;
