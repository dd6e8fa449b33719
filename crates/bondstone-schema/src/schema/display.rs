//! A schema for people: table by table, a line for each column and for each rule.

use std::fmt;

use super::{ColumnSchema, ForeignKeySchema, IndexSchema, RelationSchema, Schema, TableSchema};
use crate::definition::{IndexKind, KeyKind, RelationKind};

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, table) in self.tables().iter().enumerate() {
            if place > 0 {
                writeln!(f)?;
            }
            write!(f, "{table}")?;
        }
        Ok(())
    }
}

impl fmt::Display for TableSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})", self.name, self.rust_name)?;
        for line in self.doc.lines() {
            writeln!(f, "  {}", line.trim())?;
        }
        let width = self.columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
        for column in &self.columns {
            writeln!(f, "  {:width$}  {}", column.name, self.about(column))?;
        }
        for index in self.indexes.iter().filter(|index| !self.is_said(index)) {
            writeln!(f, "  {index}")?;
        }
        for check in &self.checks {
            writeln!(f, "  check {}: {}", check.name, check.text)?;
        }
        self.relations.iter().try_for_each(|relation| writeln!(f, "  {relation}"))
    }
}

impl TableSchema {
    /// What there is to say about a column, from its type to its documentation.
    fn about(&self, column: &ColumnSchema) -> String {
        let mut parts = vec![column.type_info.name.clone()];
        if column.key {
            parts.push(match self.key.kind {
                KeyKind::Auto => "key, numbered".to_owned(),
                KeyKind::Uuid(version) => format!("key, a UUID of version {version}"),
                KeyKind::Natural => "key".to_owned(),
            });
        } else if column.unique {
            parts.push("unique".to_owned());
        }
        let alone = |index: &&IndexSchema| index.columns == [column.name];
        let secondary = |index: &&IndexSchema| index.kind != IndexKind::Unique;
        parts.extend(self.indexes.iter().filter(alone).filter(secondary).map(|index| {
            let kind = if index.kind == IndexKind::Hash { " by hash" } else { "" };
            format!("indexed{kind}")
        }));
        parts.extend(column.limit.map(|limit| limit.to_string()));
        parts.extend(column.default.map(|default| format!("default {default}")));
        parts.extend(column.immutable.then(|| "immutable".to_owned()));
        parts.extend(column.private.then(|| "private".to_owned()));
        parts.extend(self.foreign_key(column.name).map(ToString::to_string));
        let about = parts.join(", ");
        match column.doc.lines().next() {
            Some(doc) => format!("{about}: {}", doc.trim()),
            None => about,
        }
    }

    /// Is all about an index said with its column?
    fn is_said(&self, index: &IndexSchema) -> bool {
        index.hybrid.is_none() && index.columns.len() == 1
    }
}

impl fmt::Display for IndexSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            IndexKind::Unique => "unique",
            IndexKind::Hash => "index by hash",
            IndexKind::Ordered => "index",
        };
        let over = self.hybrid.map_or_else(|| self.columns.join(", "), ToOwned::to_owned);
        write!(f, "{kind} {}: {over}", self.name)
    }
}

impl fmt::Display for ForeignKeySchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "→ {}", self.target)?;
        if self.acyclic {
            write!(f, " acyclic")?;
        }
        write!(f, " (on delete {}, on update {})", self.on_delete.name(), self.on_update.name())
    }
}

impl fmt::Display for RelationSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.kind == RelationKind::One { "has one" } else { "has many" };
        write!(f, "{kind} {}: {}", self.name, self.target)?;
        self.via.map_or(Ok(()), |via| write!(f, " via {via}"))
    }
}
