//! Diagrams of a schema: entities, their columns, and a line for each foreign key.
//!
//! A line goes from the parent to the child. At the parent's end stands whether a child must have one; at the child's end how many
//! there may be: one where the foreign key is unique. It is called as the parent calls it, where it has a relation to that
//! table and there is one foreign key between the two; else after the column.

use std::fmt::Write;

use super::{ColumnSchema, ForeignKeySchema, Schema, TableSchema};

impl Schema {
    /// The schema as an entity-relationship diagram of [Mermaid](https://mermaid.js.org), which many pages and editors show
    /// from a block of code. The columns' documentation comments are in it.
    ///
    /// What Mermaid has no letters for is written with others: `opt<text>` becomes `opt(text)`. Names stand in quotes, since some would
    /// mean something (`style`, `many`).
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut text = String::from("erDiagram\n");
        for table in self.tables() {
            add(&mut text, format_args!("    {} {{", mermaid_name(table.name)));
            for column in &table.columns {
                let keys = mermaid_keys(table, column);
                let type_name = mermaid_type(&column.type_info.name);
                let name = mermaid_word(column.name);
                let comment = mermaid_comment(column.doc);
                add(&mut text, format_args!("        {type_name} {name}{keys}{comment}"));
            }
            add(&mut text, format_args!("    }}"));
        }
        for line in self.lines() {
            let parent = if line.key.nullable { "|o" } else { "||" };
            let child = if line.is_one { "o|" } else { "o{" };
            let (from, to) = (mermaid_name(line.key.target), mermaid_name(line.child.name));
            let name = mermaid_name(line.name);
            add(&mut text, format_args!("    {from} {parent}--{child} {to} : {name}"));
        }
        text
    }

    /// The schema as a graph for [Graphviz](https://graphviz.org): `dot -Tsvg`.
    #[must_use]
    pub fn to_graphviz(&self) -> String {
        let mut text = String::from(
            "digraph schema {\n    rankdir=LR;\n    node [shape=plaintext];\n    edge [dir=both];\n",
        );
        for table in self.tables() {
            add(
                &mut text,
                format_args!(
                    "    {} [label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\">",
                    quoted(table.name)
                ),
            );
            add(
                &mut text,
                format_args!(
                    "        <tr><td bgcolor=\"lightgrey\"><b>{}</b></td></tr>",
                    html(table.name)
                ),
            );
            for column in &table.columns {
                let name = if column.key {
                    format!("<u>{}</u>", html(column.name))
                } else {
                    html(column.name)
                };
                let type_name = html(&column.type_info.name);
                add(
                    &mut text,
                    format_args!(
                        "        <tr><td align=\"left\" port=\"{}\">{name}: {type_name}</td></tr>",
                        html(column.name)
                    ),
                );
            }
            add(&mut text, format_args!("    </table>>];"));
        }
        for line in self.lines() {
            let (parent, child) = (quoted(line.key.target), quoted(line.child.name));
            let column = quoted(line.key.column);
            let tail = if line.key.nullable { "teeodot" } else { "teetee" };
            let head = if line.is_one { "teeodot" } else { "crowodot" };
            let name = quoted(line.name);
            add(
                &mut text,
                format_args!(
                    "    {parent} -> {child}:{column} [arrowtail={tail}, arrowhead={head}, label={name}];"
                ),
            );
        }
        text.push_str("}\n");
        text
    }

    /// The foreign keys, table by table.
    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.tables().iter().flat_map(move |child| {
            child.foreign_keys.iter().map(move |key| {
                let parent = self.tables().iter().find(|table| table.name == key.target);
                let is_one = child.column(key.column).is_some_and(|column| column.unique);
                Line { child, key, is_one, name: name_of(parent, child, key) }
            })
        })
    }
}

/// A foreign key to be drawn.
struct Line<'a> {
    child: &'a TableSchema,
    key: &'a ForeignKeySchema,
    /// A parent has one such child at most.
    is_one: bool,
    name: &'a str,
}

fn name_of<'a>(
    parent: Option<&'a TableSchema>,
    child: &TableSchema,
    key: &'a ForeignKeySchema,
) -> &'a str {
    let between = child.foreign_keys.iter().filter(|other| other.target == key.target).count();
    let mut relations = parent.into_iter().flat_map(|parent| &parent.relations);
    let relation =
        relations.find(|relation| relation.target == child.name && relation.via.is_none());
    relation.filter(|_| between == 1).map_or(key.column, |relation| relation.name)
}

fn add(text: &mut String, line: std::fmt::Arguments<'_>) {
    // A text takes everything.
    let _ = writeln!(text, "{line}");
}

/// A name in quotes, of what may stand in them.
fn mermaid_name(name: &str) -> String {
    format!("\"{}\"", one_line(name).replace(['%', '\\'], "-"))
}

fn mermaid_type(name: &str) -> String {
    let name = mermaid_word(&name.replace('<', "(").replace('>', ")"));
    // A type begins with a letter.
    if name.starts_with(['(', '[']) { format!("tuple{name}") } else { name }
}

/// A word inside of an entity; that of a key means the key, in whatever case.
fn mermaid_word(name: &str) -> String {
    let is_letter = |letter: &char| letter.is_ascii_alphanumeric() || *letter >= '\u{c0}';
    let is_plain = |letter: &char| is_letter(letter) || "_[]()".contains(*letter);
    let word: String = name.chars().map(|one| if is_plain(&one) { one } else { '-' }).collect();
    match word.to_ascii_lowercase().as_str() {
        "pk" | "fk" | "uk" => word + "_",
        _ if word.starts_with('-') => format!("_{word}"),
        _ => word,
    }
}

fn mermaid_keys(table: &TableSchema, column: &ColumnSchema) -> String {
    let foreign = table.foreign_key(column.name).is_some();
    let keys = [(column.key, "PK"), (foreign, "FK"), (column.unique && !column.key, "UK")];
    let keys: Vec<&str> = keys.iter().filter(|(is, _)| *is).map(|(_, key)| *key).collect();
    if keys.is_empty() { String::new() } else { format!(" {}", keys.join(", ")) }
}

fn mermaid_comment(doc: &str) -> String {
    if doc.is_empty() { String::new() } else { format!(" \"{}\"", one_line(doc)) }
}

/// A text in one line, without quotes.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('"', "'")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
